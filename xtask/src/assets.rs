//! `assets`: builds the scripts, styles and fonts of the pages (`web/ui`) with npm, if their sources have changed.
//!
//! A stamp in `dist` identifies the sources of the last build.

use crate::{
    node,
    paths::Paths,
    progress::{Progress, Step},
};
use anyhow::Context;
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    process::ExitCode,
};
use tokio::process::Command;

/// Folders that a build generates or does not read.
const NO_SOURCES: [&str; 5] = ["node_modules", "dist", "generated", "samples", "coverage"];

pub async fn run() -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    if !build(&paths, &progress).await? {
        progress.report("the assets are up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds if anything has changed, and returns whether it had. A checkout without `web/ui` has nothing to build.
pub async fn build(paths: &Paths, progress: &Progress) -> anyhow::Result<bool> {
    let ui = paths.ui();
    if !ui.join("package.json").is_file() {
        return Ok(false);
    }
    let (hash, stamp) = (hash(&ui)?, ui.join("dist/.inkstream-built"));
    if fs::read_to_string(&stamp).is_ok_and(|built| built == hash) {
        return Ok(false);
    }
    node::packages(paths, &ui, progress).await?;
    let step = Step {
        what: "building the pages' scripts and styles (npm run build)",
        log: paths.log("assets"),
        remedy: "`npm run build` in web/ui does this step alone",
    };
    let mut npm = Command::new("npm");
    npm.args(["run", "build"]).current_dir(&ui);
    progress.step(step, npm).await?;
    fs::write(&stamp, &hash).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(true)
}

/// A hash of the names and contents of all sources. It is stable for one build of this program, which suffices.
fn hash(ui: &Path) -> anyhow::Result<String> {
    let (mut files, mut folders) = (Vec::new(), vec![ui.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let is_source = !NO_SOURCES.iter().any(|name| entry.file_name() == *name);
            match entry.file_type()?.is_dir() {
                true if is_source => folders.push(entry.path()),
                false if is_source => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
        file.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_counts_and_generated_files_do_not() {
        let (folder, _) = crate::paths::scratch();
        let ui = folder.path();
        let write = |file: &str, text: &str| {
            fs::create_dir_all(ui.join(file).parent().unwrap()).unwrap();
            fs::write(ui.join(file), text).unwrap();
        };
        write("package.json", "{}");
        write("src/site.ts", "one");
        let first = hash(ui).unwrap();
        write("dist/site.js", "generated");
        write("node_modules/x", "fetched");
        assert_eq!(hash(ui).unwrap(), first);
        write("src/site.ts", "two");
        let second = hash(ui).unwrap();
        assert_ne!(second, first);
        write("src/more.ts", "");
        assert_ne!(hash(ui).unwrap(), second);
    }
}
