//! Node and the packages of one folder: `npm ci`, if the lock file has changed since the last time.

use crate::{
    paths::Paths,
    progress::{Progress, Step},
};
use anyhow::{Context, bail};
use std::{fs, path::Path};
use tokio::process::Command;

/// The oldest version that Vite supports.
const OLDEST: (u32, u32) = (20, 19);
/// Contains the lock file of the installed packages; written last.
const STAMP: &str = ".installed";

/// Installs the packages of `package-lock.json` into `node_modules`.
pub async fn packages(paths: &Paths, folder: &Path, progress: &Progress) -> anyhow::Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join("node_modules").join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    check().await?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut npm = Command::new("npm");
    npm.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        .current_dir(folder)
        // The browser is that of the distribution.
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    let step = Step {
        what: &format!("fetching the packages of web/{name}"),
        log: paths.log(&format!("fetch-npm-{name}")),
        remedy: "Is the package registry reachable? npm_config_registry sets a mirror",
    };
    progress.step(step, npm).await?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

async fn check() -> anyhow::Result<()> {
    let (major, minor) = OLDEST;
    let node = version("node").await;
    if !node.as_deref().is_some_and(is_recent) || version("npm").await.is_none() {
        let found = node.unwrap_or_else(|| "missing".to_owned());
        bail!(
            "the web front end is built and tested with Node.js {major}.{minor} or newer and npm (node is {found}). \
             Install both, from your distribution or from https://nodejs.org, and try again"
        );
    }
    Ok(())
}

async fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().await.ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(version)
}

fn is_recent(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, recent) in [
            ("v20.19.0", true),
            ("v22.1.0", true),
            ("v20.9.0", false),
            ("v18.20.0", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_recent(version), recent, "{version}");
        }
    }
}
