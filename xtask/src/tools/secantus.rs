//! secantusd-rs, a MongoDB-wire server over WiredTiger: built from crates.io with CMake from a Python wheel.
//!
//! It is GPL-2.0. It runs as a process of its own in development and tests; nothing links it.

use super::{Tool, python_packages};
use crate::{
    places::Places,
    progress::{Progress, Step},
};
use anyhow::bail;
use std::{
    env, fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

const VERSION: &str = "0.5.3-beta.196";
const CMAKE: &str = "cmake==4.4.4";
pub(super) const TOOL: Tool = Tool {
    name: "secantusd",
    pin: "secantus-mdb 0.5.3-beta.196",
    program: "secantusd-rs",
};

pub(super) async fn fetch(places: &Places, tools: &Path, progress: &Progress) -> anyhow::Result<()> {
    c_compiler().await?;
    TOOL.clear(tools)?;
    // Kept after a failure: what cargo has compiled by then need not be compiled again.
    let build = tools.join("secantusd-build");
    let cmake = build.join("cmake");
    if !cmake.join("bin").join("cmake").exists() {
        python_packages("CMake", &[CMAKE], &cmake, places.log("fetch-cmake"), progress).await?;
    }
    let step = Step {
        what: "building the MongoDB-wire server (once, about five minutes on two cores)",
        log: places.log("fetch-secantusd"),
        remedy: "Run the command again to take it up where it stopped; or set MONGODB_URI to a MongoDB of your own",
    };
    progress.step(step, install(tools, &build, &cmake)?).await?;
    TOOL.approve(tools).await?;
    fs::remove_dir_all(build).ok();
    Ok(())
}

fn install(tools: &Path, build: &Path, cmake: &Path) -> anyhow::Result<Command> {
    let mut paths = vec![cmake.join("bin")];
    paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut cargo = crate::up::cargo();
    cargo.args([
        "install",
        "secantus-mdb",
        "--version",
        VERSION,
        "--ignore-rust-version",
        "--force",
    ]);
    cargo
        .arg("--root")
        .arg(TOOL.folder(tools))
        .arg("--target-dir")
        .arg(build.join("target"));
    // Not from the checkout: its `.cargo/config.toml` is no business of this build.
    cargo
        .current_dir(build)
        .env("PATH", env::join_paths(paths)?)
        .env_remove("RUSTFLAGS");
    Ok(cargo)
}

async fn c_compiler() -> anyhow::Result<()> {
    let compiler = env::var_os("CC").map_or_else(|| PathBuf::from("cc"), PathBuf::from);
    match Command::new(&compiler).arg("--version").output().await {
        Ok(output) if output.status.success() => Ok(()),
        _ => bail!(
            "no C compiler ({}): the MongoDB-wire server is built from source. On Debian, apt install gcc; \
             or set MONGODB_URI to a MongoDB of your own",
            compiler.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_names_the_version_that_is_installed() {
        assert!(TOOL.pin.ends_with(VERSION));
    }
}
