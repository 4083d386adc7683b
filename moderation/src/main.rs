//! The moderation service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main::<moderation::Moderation>().await
}
