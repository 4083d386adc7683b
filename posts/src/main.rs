//! The posts service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::service::main::<posts::Posts>().await
}
