//! Measures the documentation's claims about performance, each against a reference in the same run:
//!
//! - `events`: the command, against a bare consumer and publishing single events;
//! - `visibility`: from the POST of a comment until it is public, against one publish, consume and write;
//! - `render`: Markdown to HTML, against comrak alone;
//! - `rules`: checking a text against ten thousand phrases, against its normalisation alone.
//!
//! `cargo xtask bench`, or: `cargo build --release -p events -p bench && target/release/bench`. Arguments select
//! parts by name. The exit code is an error if a claim does not hold.

mod command;
mod events;
mod log;
mod render;
mod rules;
mod visibility;

use std::env;

use anyhow::bail;

const PARTS: [&str; 4] = ["render", "rules", "visibility", "events"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut parts: Vec<String> = env::args().skip(1).collect();
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).to_vec();
    }
    for part in parts {
        match part.as_str() {
            "render" => render::run()?,
            "rules" => rules::run()?,
            "visibility" => visibility::run().await?,
            "events" => events::run().await?,
            _ => bail!("unknown part {part}; known parts: {}", PARTS.join(", ")),
        }
    }
    Ok(())
}
