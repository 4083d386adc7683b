//! `assets`: builds what the pages load (`web/ui`: scripts, styles, fonts) with npm, if anything of it has changed.
//!
//! A stamp in `dist` says which sources were built.

use crate::{
    node,
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
    let sources = hash(&ui, &sources(&ui)?)?;
    let built = ui.join("dist/.inkstream-built");
    if holds(&built, &sources) {
        return Ok(false);
    }
    node::packages(places, &ui, progress).await?;
    let step = Step {
        what: "building the pages' scripts and styles (npm run build)",
        log: places.log("assets"),
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
