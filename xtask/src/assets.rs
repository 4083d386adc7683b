//! `assets`: builds what the pages load (`web/ui`: scripts, styles, fonts) with npm, if anything of it has changed.
//!
//! Two stamps say what is there already: one in `node_modules` of the lock file that was installed, one in `dist` of
//! all sources that were built.

use crate::{
    places::Places,
    progress::{Progress, Step},
};
use anyhow::{Context, bail};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
};
use tokio::process::Command;

/// What a build makes by itself, or what is none of it.
const NO_SOURCES: [&str; 5] = ["node_modules", "dist", "generated", "samples", "coverage"];
/// The oldest Node.js that Vite runs on.
const NODE: (u32, u32) = (20, 19);

pub async fn run() -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    if !places.ui().join("package.json").is_file() {
        bail!(
            "{} has no package.json: there is nothing to build",
            places.ui().display()
        );
    }
    if !build(&places, &progress).await? {
        progress.say("the assets are up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds what has changed; answers whether anything had. A checkout without `web/ui` has nothing to build.
pub async fn build(places: &Places, progress: &Progress) -> anyhow::Result<bool> {
    let ui = places.ui();
    if !ui.join("package.json").is_file() {
        return Ok(false);
    }
    let (lock, sources) = (
        hash(&ui, &["package-lock.json".into()])?,
        hash(&ui, &sources(&ui)?)?,
    );
    let installed = ui.join("node_modules/.inkstream-installed");
    let built = ui.join("dist/.inkstream-built");
    if holds(&built, &sources) {
        return Ok(false);
    }
    check_node().await?;
    let log = places.log("assets");
    if !holds(&installed, &lock) {
        let step = Step {
            what: "installing what the pages are built with (npm ci)",
            log: log.clone(),
            remedy: "npm fetches packages: is the network there?",
        };
        progress
            .step(step, npm(&ui, &["ci", "--no-audit", "--no-fund"]))
            .await?;
        fs::write(&installed, &lock).with_context(|| format!("cannot write {}", installed.display()))?;
    }
    let step = Step {
        what: "building the pages' scripts and styles (npm run build)",
        log,
        remedy: "`npm run build` in web/ui shows it alone",
    };
    progress.step(step, npm(&ui, &["run", "build"])).await?;
    fs::write(&built, &sources).with_context(|| format!("cannot write {}", built.display()))?;
    Ok(true)
}

fn npm(ui: &Path, args: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.args(args).current_dir(ui).stdin(Stdio::null());
    npm
}

fn holds(stamp: &Path, hash: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == hash)
}

async fn check_node() -> anyhow::Result<()> {
    let wanted = format!("Node.js {}.{} or newer", NODE.0, NODE.1);
    let remedy = format!(
        "the pages' scripts and styles are built with {wanted} and npm: install both, from your \
         distribution or from https://nodejs.org, and try again"
    );
    let version = |program: &'static str| async move {
        let output = Command::new(program).arg("--version").output().await.ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(node) = version("node").await else {
        bail!("node is not there; {remedy}");
    };
    if !new_enough(&node) {
        bail!("node is {node}; {remedy}");
    }
    if version("npm").await.is_none() {
        bail!("npm is not there; {remedy}");
    }
    Ok(())
}

fn new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= NODE,
        _ => false,
    }
}

/// The files that a build reads, relative to `ui`, in one order.
fn sources(ui: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = ui.join(&folder);
        let entries = fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            if NO_SOURCES.iter().any(|no| name == *no) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Of names and contents. It lasts as long as this program does, and a new one may build once more.
fn hash(ui: &Path, files: &[PathBuf]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let path = ui.join(file);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        file.hash(&mut hasher);
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
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
            assert_eq!(new_enough(version), enough, "{version}");
        }
    }

    #[test]
    fn every_source_counts_and_what_is_made_does_not() {
        let ui = std::env::temp_dir().join(format!("inkstream-assets-{}", std::process::id()));
        for folder in ["src", "dist", "node_modules"] {
            fs::create_dir_all(ui.join(folder)).unwrap();
        }
        let write = |file: &str, text: &str| fs::write(ui.join(file), text).unwrap();
        write("package.json", "{}");
        write("src/site.ts", "one");
        let now = || hash(&ui, &sources(&ui).unwrap()).unwrap();
        let first = now();
        write("dist/site.js", "made");
        write("node_modules/x", "fetched");
        assert_eq!(now(), first);
        write("src/site.ts", "two");
        let second = now();
        assert_ne!(second, first);
        write("src/more.ts", "");
        assert_ne!(now(), second);
        fs::remove_dir_all(ui).unwrap();
    }
}
