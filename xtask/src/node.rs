//! Node and the packages of one folder: `npm ci`, when the lock file is another than the last time.

use crate::{
    places::Places,
    progress::{Progress, Step},
};
use anyhow::{Context, bail};
use std::{fs, path::Path};
use tokio::process::Command;

/// What Vite and Playwright ask for.
const OLDEST: u32 = 20;
/// Holds the lock file that the packages were installed by; written last.
const STAMP: &str = ".installed";

/// Makes `node_modules` of this folder what its `package-lock.json` says.
pub async fn packages(places: &Places, folder: &Path, progress: &Progress) -> anyhow::Result<()> {
    version().await?;
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join("node_modules").join(STAMP);
    if fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut npm = Command::new("npm");
    npm.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        .current_dir(folder);
    // The browser is the machine's own.
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    let step = Step {
        what: &format!("fetching the packages of web/{name}"),
        log: places.log(&format!("fetch-npm-{name}")),
        remedy: "Is the package registry reachable? An own mirror goes into npm_config_registry",
    };
    progress.step(step, npm).await?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Node is there and young enough.
async fn version() -> anyhow::Result<()> {
    let missing =
        "the web front end needs Node 20 or younger versions, with npm. On Debian, apt install nodejs npm";
    let Ok(output) = Command::new("node").arg("--version").output().await else {
        bail!("no Node: {missing}");
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match major(&said) {
        Some(major) if major >= OLDEST => {}
        _ => bail!("Node {} is too old: {missing}", said.trim()),
    }
    match Command::new("npm").arg("--version").output().await {
        Ok(output) if output.status.success() => Ok(()),
        _ => bail!("no npm: {missing}"),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.19.2\n"), Some(20));
        assert_eq!(major("oh no"), None);
    }
}
