//! The comments service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main::<comments::Comments>().await
}
