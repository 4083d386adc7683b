//! The `query` service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main::<query::Query>().await
}
