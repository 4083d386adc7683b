//! Measures what the documentation claims about speed, each claim against a yardstick in the same run:
//!
//! - `events`: the command of that name, against a bare consumer and publishing one by one;
//! - `visibility`: from posting a clean comment to every reader's sight, against one publish, consume and write;
//! - `rules`: judging a text by ten thousand phrases, against reading its letters alone.
//!
//! `cargo xtask bench`, or: `cargo build --release -p events -p bench && target/release/bench`. Names of parts as
//! arguments run these alone. It ends with an error if a claim does not hold.

mod command;
mod events;
mod log;
mod rules;
mod visibility;

use std::env;

use anyhow::bail;

const PARTS: [&str; 3] = ["rules", "visibility", "events"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut parts: Vec<String> = env::args().skip(1).collect();
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).to_vec();
    }
    for part in parts {
        match part.as_str() {
            "rules" => rules::run()?,
            "visibility" => visibility::run().await?,
            "events" => events::run().await?,
            _ => bail!("no part is called {part}; there are {}", PARTS.join(", ")),
        }
    }
    Ok(())
}
