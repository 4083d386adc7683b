//! The `query` service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::service::main::<query::Query>().await
}
