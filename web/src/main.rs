//! The `web` service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    web::service().main().await
}
