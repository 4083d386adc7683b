//! Node and the packages of one folder: `npm ci`, when the lock file is another than the last time.

use crate::{
    places::Places,
    progress::{Progress, Step},
};
use anyhow::{Context, bail};
use std::{fs, path::Path};
use tokio::process::Command;

/// The oldest that Vite runs on.
const OLDEST: (u32, u32) = (20, 19);
/// Holds the lock file that the packages were installed by; written last.
const STAMP: &str = ".installed";

/// Makes `node_modules` of this folder what its `package-lock.json` says.
pub async fn packages(places: &Places, folder: &Path, progress: &Progress) -> anyhow::Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join("node_modules").join(STAMP);
    if fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    check().await?;
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

async fn check() -> anyhow::Result<()> {
    let wanted = format!(
        "the web front end is built and tested with Node.js {}.{} or newer and npm: install both, from your distribution \
         or from https://nodejs.org, and try again",
        OLDEST.0, OLDEST.1
    );
    let Some(node) = version("node").await else {
        bail!("node is not there; {wanted}");
    };
    if !young_enough(&node) {
        bail!("node is {node}; {wanted}");
    }
    if version("npm").await.is_none() {
        bail!("npm is not there; {wanted}");
    }
    Ok(())
}

async fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().await.ok()?;
    let said = || String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then(said)
}

fn young_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, enough) in [
            ("v20.19.0", true),
            ("v20.20.2", true),
            ("v22.1.0", true),
            ("v20.9.0", false),
            ("v18.20.0", false),
            ("nonsense", false),
        ] {
            assert_eq!(young_enough(version), enough, "{version}");
        }
    }
}
