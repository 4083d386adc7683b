//! The paths that the commands use: the checkout, its `.dev` folder, the built programs.

use anyhow::Context;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Every path, derived from one root.
#[derive(Debug, Clone)]
pub struct Paths {
    pub root: PathBuf,
    /// Data, logs, secrets and the lock of one platform: `.dev`, or `INKSTREAM_DEV`, so that a second platform
    /// can run from the same checkout.
    pub dev: PathBuf,
    /// This program; child processes are started through it (see [`crate::exec`]).
    pub xtask: PathBuf,
}

impl Paths {
    pub fn find() -> anyhow::Result<Self> {
        // `cargo run` sets the checkout at run time, which a target folder shared by several checkouts cannot
        // know at compile time. The tests of other crates set their own.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let manifest = manifest.filter(|folder| folder.ends_with("xtask"));
        let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = manifest
            .parent()
            .context("xtask is not in a workspace")?
            .to_owned();
        Ok(Self {
            dev: root.join(variable("INKSTREAM_DEV").unwrap_or_else(|| ".dev".into())),
            root,
            xtask: env::current_exe().context("cannot find the path of this program")?,
        })
    }

    /// The same checkout with another folder for the data of its platform.
    pub fn with_dev(&self, dev: PathBuf) -> Self {
        Self { dev, ..self.clone() }
    }

    pub fn data(&self, of: &str) -> PathBuf {
        self.dev.join("data").join(of)
    }

    /// The last known key set and other small files of one service.
    pub fn service_state(&self, service: &str) -> PathBuf {
        self.data("state").join(service)
    }

    pub fn logs(&self) -> PathBuf {
        self.dev.join("logs")
    }

    pub fn log(&self, of: &str) -> PathBuf {
        self.logs().join(format!("{of}.log"))
    }

    /// The sources of the pages' scripts and styles.
    pub fn ui(&self) -> PathBuf {
        self.root.join("web/ui")
    }

    /// The browser tests.
    pub fn e2e(&self) -> PathBuf {
        self.root.join("web/e2e")
    }

    pub fn run(&self) -> PathBuf {
        self.dev.join("run")
    }

    pub fn secrets(&self) -> PathBuf {
        self.dev.join("secrets")
    }

    /// While this file exists, the process of this name stays stopped (see [`crate::restart`]).
    pub fn stopped(&self, process: &str) -> PathBuf {
        self.run().join("stopped").join(process)
    }

    /// Temporary data of test runs, one folder for each; the next run removes those of killed runs.
    pub fn test_runs(&self) -> PathBuf {
        self.dev.join("test")
    }

    /// `.dev/tools`, or `INKSTREAM_TOOLS` so that several checkouts or CI runs share one copy.
    pub fn tools(&self) -> PathBuf {
        match variable("INKSTREAM_TOOLS") {
            Some(folder) => self.root.join(folder),
            None => self.root.join(".dev/tools"),
        }
    }

    /// The folder into which cargo builds the programs: beside this one, in the given profile.
    pub fn programs(&self, release: bool) -> PathBuf {
        let profile = if release { "release" } else { "debug" };
        let target = self.xtask.parent().and_then(Path::parent).unwrap_or(&self.root);
        target.join(profile)
    }
}

fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Creates a folder that only this user can read: logs, data and secrets of a development platform.
pub fn private_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot create the folder {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).ok();
    Ok(())
}

/// The Rust files at a path, which is one or a folder, with their texts.
pub fn rust_files(path: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let (mut files, mut pending) = (Vec::new(), vec![path.to_owned()]);
    while let Some(path) = pending.pop() {
        let failed = || format!("cannot read {}", path.display());
        if path.is_dir() {
            for entry in fs::read_dir(&path).with_context(failed)? {
                pending.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(failed)?;
            files.push((path, text));
        }
    }
    Ok(files)
}

/// A temporary folder for a unit test, removed with it.
#[cfg(test)]
pub fn scratch() -> (tempfile::TempDir, Paths) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let dev = root.join(".dev");
    let xtask = PathBuf::new();
    (folder, Paths { root, dev, xtask })
}
