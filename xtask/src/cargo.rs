//! Builds with the cargo that runs this program.

use crate::{assets, paths::Paths, progress::Progress, signals::Signals};
use anyhow::{Context, bail};
use std::{env, process::Stdio};
use tokio::process::Command;

/// Builds the pages' assets and the programs of the platform.
pub async fn build_programs(paths: &Paths, progress: &Progress, release: bool) -> anyhow::Result<()> {
    assets::build(paths, progress).await?;
    // Without this crate: with the features of others it would be built a second time.
    let mut what = vec!["--workspace", "--exclude", "xtask", "--bins"];
    what.extend(release.then_some("--release"));
    build(paths, progress, &what).await
}

/// Builds; cargo shows its own progress.
pub async fn build(paths: &Paths, progress: &Progress, what: &[&str]) -> anyhow::Result<()> {
    progress.report("building");
    let mut child = command()
        .arg("build")
        .args(what)
        .current_dir(&paths.root)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run cargo")?;
    let mut signals = Signals::catch()?;
    let status = tokio::select! {
        status = child.wait() => status?,
        _ = signals.next() => bail!("interrupted while building"),
    };
    if !status.success() {
        bail!("the build failed; cargo's message above says why");
    }
    Ok(())
}

/// The cargo that runs this program, without the variables it has set for it: they make build scripts run again.
pub fn command() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    for (name, _) in env::vars() {
        if own.iter().any(|prefix| name.starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo
}
