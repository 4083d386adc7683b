//! The browser of the tests: the one in `CHROMIUM` or in the path, or, as root on Debian, installed. It comes from
//! the distribution; npm downloads none.

use crate::{
    paths::Paths,
    progress::{Progress, Step},
};
use anyhow::bail;
use std::{
    env,
    path::{Path, PathBuf},
};
use tokio::process::Command;

const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];
const APT: &str = "/usr/bin/apt-get";

pub async fn find(paths: &Paths, progress: &Progress) -> anyhow::Result<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        let program = PathBuf::from(program);
        if !program.is_file() {
            bail!("CHROMIUM is {}, which is not a program", program.display());
        }
        return Ok(program);
    }
    if in_path().is_none() && rustix::process::geteuid().is_root() && Path::new(APT).is_file() {
        install(paths, progress).await?;
    }
    match in_path() {
        Some(program) => Ok(program),
        None => bail!(
            "the browser tests need Chromium. On Debian, apt install chromium; or set CHROMIUM to its path; or skip \
             these tests with `cargo xtask test --no-browser`"
        ),
    }
}

fn in_path() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let candidates = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|program| program.is_file())
}

async fn install(paths: &Paths, progress: &Progress) -> anyhow::Result<()> {
    let mut command = Command::new("sh");
    let script = r#""$0" update -qq && "$0" install -y -qq --no-install-recommends chromium"#;
    command
        .args(["-c", script, APT])
        .env("DEBIAN_FRONTEND", "noninteractive");
    let step = Step {
        what: "installing Chromium",
        log: paths.log("fetch-chromium"),
        remedy: "Install it by hand, or skip the browser tests with `cargo xtask test --no-browser`",
    };
    progress.step(step, command).await
}
