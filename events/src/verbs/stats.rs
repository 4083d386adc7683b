//! stub
use crate::{failure::Failure, session::Session};
/// Count events
#[derive(Debug, clap::Args)]
pub struct Args {}
/// stub
pub async fn run(_: Args, _: &Session) -> Result<(), Failure> {
    Ok(())
}
