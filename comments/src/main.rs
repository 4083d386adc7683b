//! The comments service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::service::main::<comments::Comments>().await
}
