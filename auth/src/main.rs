//! The auth service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth::service().main().await
}
