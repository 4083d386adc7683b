//! Where things are: the checkout, its `.dev` folder, the built programs.

use anyhow::Context;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Every path the commands use, from one root.
#[derive(Debug, Clone)]
pub struct Places {
    pub root: PathBuf,
    /// What one platform keeps: data, logs, secrets, its lock.
    pub dev: PathBuf,
    /// This program; children are started through it (see [`crate::exec`]).
    pub xtask: PathBuf,
}

impl Places {
    pub fn find() -> anyhow::Result<Self> {
        // At run time `cargo run` names the checkout it runs from, which a target folder shared between
        // checkouts cannot know.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let manifest = manifest.filter(|dir| dir.join("src/places.rs").exists());
        let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = manifest
            .parent()
            .context("xtask stands in no workspace")?
            .to_owned();
        let own = env::var_os("INKSTREAM_DEV").filter(|value| !value.is_empty());
        Ok(Self {
            dev: root.join(own.unwrap_or_else(|| ".dev".into())),
            root,
            xtask: env::current_exe().context("cannot find this program's own path")?,
        })
    }

    /// `.dev`, or what `INKSTREAM_DEV` names, so that a second platform can run from this checkout.
    pub fn dev(&self) -> PathBuf {
        self.dev.clone()
    }

    /// The same checkout with another folder for what its platform keeps.
    pub fn keeping_in(&self, dev: PathBuf) -> Self {
        Self { dev, ..self.clone() }
    }

    pub fn data(&self, of: &str) -> PathBuf {
        self.dev().join("data").join(of)
    }

    /// The last known key set and other small files of one service.
    pub fn service_state(&self, service: &str) -> PathBuf {
        self.data("state").join(service)
    }

    pub fn logs(&self) -> PathBuf {
        self.dev().join("logs")
    }

    pub fn log(&self, of: &str) -> PathBuf {
        self.logs().join(format!("{of}.log"))
    }

    /// The sources of what the pages load.
    pub fn ui(&self) -> PathBuf {
        self.root.join("web/ui")
    }

    pub fn run(&self) -> PathBuf {
        self.dev().join("run")
    }

    pub fn secrets(&self) -> PathBuf {
        self.dev().join("secrets")
    }

    /// Names a part that is to stay stopped (see [`crate::part`]).
    pub fn held(&self, of: &str) -> PathBuf {
        self.run().join("held").join(of)
    }

    /// Temporary storage of one test run; leftovers of killed runs are removed by the next one.
    pub fn test_runs(&self) -> PathBuf {
        self.dev().join("test")
    }

    /// `.dev/tools`, or `INKSTREAM_TOOLS` so that several checkouts (or CI runs) share one copy.
    pub fn tools(&self) -> PathBuf {
        match env::var_os("INKSTREAM_TOOLS").filter(|value| !value.is_empty()) {
            Some(folder) => self.root.join(folder),
            None => self.root.join(".dev").join("tools"),
        }
    }

    /// The folder cargo puts the service programs into: beside this one, in the wanted profile.
    pub fn programs(&self, release: bool) -> PathBuf {
        let profile = if release { "release" } else { "debug" };
        let target = self.xtask.parent().and_then(Path::parent).unwrap_or(&self.root);
        target.join(profile)
    }
}

/// Makes a folder that only this user can read: logs, data and secrets of a development platform.
pub fn private_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).ok();
    Ok(())
}
