//! The auth service's process.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main::<auth::Auth>().await
}
