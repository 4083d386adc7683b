//! `events asyncapi`: the whole contract as one AsyncAPI document.

use common::event::asyncapi;

use crate::{failure::Failure, output::pretty, session::Session};

/// Print the AsyncAPI 3.0 document of the platform: channels, operations, messages, and JetStream's settings
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the verb, without a server.
pub async fn run(_: Args, session: &Session) -> Result<(), Failure> {
    let document = asyncapi::document();
    let mut output = session.output()?;
    output.document(&document, |_| {
        format!("{}\n", pretty(document.to_string().as_bytes()))
    })?;
    output.finish()
}
