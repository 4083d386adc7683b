//! secantusd-rs, a MongoDB-wire server over WiredTiger: built from crates.io with CMake from a Python package.
//!
//! It is GPL-2.0. It runs as its own process in development and tests; nothing links it.

use super::python;
use crate::{
    cargo,
    paths::Paths,
    progress::{Progress, Step},
};
use anyhow::bail;
use std::{
    env, fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

const CMAKE: &str = "cmake==4.4.4";

pub(super) async fn install(
    pin: &str,
    tools: &Path,
    folder: &Path,
    paths: &Paths,
    progress: &Progress,
) -> anyhow::Result<()> {
    check_c_compiler().await?;
    // Kept after a failure: crates that are compiled by then need not be compiled again.
    let build = tools.join("secantusd-build");
    let cmake = build.join("cmake");
    if !cmake.join("bin/cmake").exists() {
        python::install(CMAKE, &cmake, paths, progress).await?;
    }
    let mut path = vec![cmake.join("bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let (package, version) = pin.split_once(' ').unwrap_or_default();
    let mut install = cargo::command();
    install
        .args(["install", package, "--version", version])
        .args(["--ignore-rust-version", "--force", "--root"])
        .arg(folder)
        .arg("--target-dir")
        .arg(build.join("target"))
        // Not in the checkout, whose `.cargo/config.toml` does not apply to this build.
        .current_dir(&build)
        .env("PATH", env::join_paths(path)?)
        .env_remove("RUSTFLAGS");
    let step = Step {
        what: "building the MongoDB-wire server (once, about five minutes on two cores)",
        log: paths.log("fetch-secantusd"),
        remedy: "Run the command again to continue; or set MONGODB_URI to a MongoDB server of your own",
    };
    progress.step(step, install).await?;
    fs::remove_dir_all(build).ok();
    Ok(())
}

async fn check_c_compiler() -> anyhow::Result<()> {
    let compiler = env::var_os("CC").map_or_else(|| PathBuf::from("cc"), PathBuf::from);
    match Command::new(&compiler).arg("--version").output().await {
        Ok(output) if output.status.success() => Ok(()),
        _ => bail!(
            "no C compiler ({}): the MongoDB-wire server is built from source. On Debian, apt install gcc; or set \
             MONGODB_URI to a MongoDB server of your own",
            compiler.display()
        ),
    }
}
