//! The contract's files: what is generated is up to date, and what was released is as it was.
//!
//! `UPDATE_CONTRACT=1 cargo test -p common --test contract_files` writes what is generated and adds what is new to
//! `contract/released.txt`; it never changes what was released.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod evolution;
mod generated;
mod golden;
mod manifest;

use std::{
    env,
    path::{Path, PathBuf},
};

/// `common/contract`.
fn contract_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract")
}

fn is_update() -> bool {
    env::var_os("UPDATE_CONTRACT").is_some_and(|value| value == "1")
}

const HOW: &str = "UPDATE_CONTRACT=1 cargo test -p common --test contract_files";
