//! Programs from the Python package index, each in its own environment.

use crate::{
    paths::Paths,
    progress::{Progress, Step},
};
use std::path::Path;
use tokio::process::Command;

/// Creates a Python environment with these packages in it.
pub(super) async fn install(
    packages: &str,
    folder: &Path,
    paths: &Paths,
    progress: &Progress,
) -> anyhow::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    let step = Step {
        what: &format!("creating a Python environment for {name}"),
        log: paths.log(&format!("fetch-{name}-venv")),
        remedy: "Python 3 with venv and pip is needed: on Debian, apt install python3-venv",
    };
    progress.step(step, venv).await?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"]);
    pip.args(["--no-input", "--only-binary=:all:"])
        .args(packages.split(' '));
    let step = Step {
        what: &format!("fetching {}", packages),
        log: paths.log(&format!("fetch-{name}")),
        remedy: "Is the package index reachable? PIP_INDEX_URL sets a mirror",
    };
    progress.step(step, pip).await
}
