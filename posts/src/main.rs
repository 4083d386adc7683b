//! The posts service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    posts::service().main().await
}
