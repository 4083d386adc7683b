//! Measures the documentation's claims about performance, each against a reference in the same run:
//!
//! - `events`: the command, against a bare consumer and publishing single events;
//! - `visibility`: from the POST of a comment until it is public, against one publish, consume and write;
//! - `render`: Markdown to HTML, against comrak alone;
//! - `projection`: the read side's projection and rebuild, against a bare consumer and bulk inserts;
//! - `rules`: checking a text against ten thousand phrases, against its normalisation alone.
//!
//! `cargo xtask bench`, or, with `INKSTREAM_BIN_DIR=target/release`: `cargo build --release -p events -p query -p bench &&
//! target/release/bench`. Arguments select parts by name. The exit code is an error if a claim does not hold.

mod command;
mod dataset;
mod events;
mod log;
mod projection;
mod render;
mod rules;
mod visibility;

use std::env;

use anyhow::bail;

const PARTS: [&str; 5] = ["render", "rules", "visibility", "projection", "events"];

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
            "projection" => projection::run().await?,
            "events" => events::run().await?,
            _ => bail!("unknown part {part}; known parts: {}", PARTS.join(", ")),
        }
    }
    Ok(())
}
