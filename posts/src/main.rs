//! The posts service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main::<posts::Posts>().await
}
