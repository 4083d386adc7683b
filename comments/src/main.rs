//! The comments service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    comments::service().main().await
}
