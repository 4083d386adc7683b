//! The `web` service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::service::main::<web::Web>().await
}
