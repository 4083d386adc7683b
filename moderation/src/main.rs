//! The moderation service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    moderation::service().main().await
}
