//! The moderation service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::service::main::<moderation::Moderation>().await
}
