//! The `query` service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    query::service().main().await
}
