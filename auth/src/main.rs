//! The auth service's process.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth::service().main().await
}
