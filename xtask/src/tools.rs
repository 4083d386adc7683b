//! The servers we do not build ourselves: fetched once, with pinned versions, into the tools folder.
//!
//! A tool is there when its stamp file holds exactly the wanted pin. The stamp is written last, so a fetch
//! that was cut off is made again, and a changed pin fetches anew. The folder's layout:
//!
//! ```text
//! nats-server/bin/nats-server     nats-server.stamp
//! secantusd/bin/secantusd-rs      secantusd.stamp
//! readers/bin/python              readers.stamp
//! secantusd-build/                only while it is being built, and after a failure
//! lock                            held while somebody fetches
//! ```

mod nats;
mod python;
mod secantus;

use crate::{places::Places, progress::Progress};
use anyhow::{Context, bail};
use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Which tools are wanted; an external server needs none.
#[derive(Debug, Clone, Copy)]
pub struct Want {
    pub nats: bool,
    pub mongo: bool,
    /// Python with the clients that read our events independently; only tests want it.
    pub readers: bool,
}

/// The programs, as far as they were wanted.
#[derive(Debug, Default)]
pub struct Tools {
    pub nats_server: PathBuf,
    pub mongod: PathBuf,
    pub python: PathBuf,
}

/// One tool: where its program ends up and what identifies the wanted version.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    pin: &'static str,
    program: &'static str,
}

impl Tool {
    fn folder(&self, tools: &Path) -> PathBuf {
        tools.join(self.name)
    }

    fn program(&self, tools: &Path) -> PathBuf {
        self.folder(tools).join("bin").join(self.program)
    }

    fn stamp(&self, tools: &Path) -> PathBuf {
        tools.join(format!("{}.stamp", self.name))
    }

    fn is_there(&self, tools: &Path) -> bool {
        let stamp = fs::read_to_string(self.stamp(tools)).unwrap_or_default();
        stamp.trim() == self.pin && self.program(tools).is_file()
    }

    /// Takes away what an older pin or a fetch cut off has left.
    fn clear(&self, tools: &Path) -> anyhow::Result<()> {
        for path in [self.stamp(tools), self.folder(tools)] {
            let gone = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            if let Err(error) = gone
                && path.exists()
            {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
        }
        Ok(())
    }

    /// Tries the program once before vouching for it.
    async fn approve(&self, tools: &Path) -> anyhow::Result<()> {
        let program = self.program(tools);
        let tried = Command::new(&program).arg("--version").output().await;
        match tried {
            Ok(output) if output.status.success() => {}
            Ok(output) => bail!(
                "{} does not run: {}",
                program.display(),
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => bail!("{} does not run: {error}", program.display()),
        }
        let stamp = self.stamp(tools);
        fs::write(&stamp, format!("{}\n", self.pin))
            .with_context(|| format!("cannot write {}", stamp.display()))
    }
}

/// Gives the wanted tools, fetching those that are not there.
pub async fn fetch(places: &Places, want: Want, progress: &Progress) -> anyhow::Result<Tools> {
    let tools = places.tools();
    let have = |wanted: bool, tool: &Tool| !wanted || tool.is_there(&tools);
    let all_there = have(want.nats, &nats::TOOL)
        && have(want.mongo, &secantus::TOOL)
        && have(want.readers, &python::TOOL);
    if !all_there {
        fs::create_dir_all(&tools).with_context(|| format!("cannot make the folder {}", tools.display()))?;
        let _lock = lock(&tools, progress)?;
        // Looked at again: another fetch may just have finished.
        if !have(want.nats, &nats::TOOL) {
            nats::fetch(places, &tools, progress).await?;
        }
        if !have(want.mongo, &secantus::TOOL) {
            secantus::fetch(places, &tools, progress).await?;
        }
        if !have(want.readers, &python::TOOL) {
            python::fetch(places, &tools, progress).await?;
        }
    }
    Ok(Tools {
        nats_server: nats::TOOL.program(&tools),
        mongod: secantus::TOOL.program(&tools),
        python: python::TOOL.program(&tools),
    })
}

/// One fetch at a time in one folder; the kernel lets go of the lock if the holder dies.
fn lock(tools: &Path, progress: &Progress) -> anyhow::Result<File> {
    let file = File::create(tools.join("lock"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.say("another command is fetching the tools; waiting for it");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

/// Makes a Python environment with these packages in it.
async fn python_packages(
    what: &str,
    packages: &[&str],
    folder: &Path,
    log: PathBuf,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    let step = crate::progress::Step {
        what: &format!("making a Python environment for {what}"),
        log: log.with_extension("venv.log"),
        remedy: "Python 3 with venv and pip is needed: on Debian, apt install python3-venv",
    };
    progress.step(step, venv).await?;
    let mut pip = Command::new(folder.join("bin").join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--only-binary=:all:",
    ]);
    pip.args(packages);
    let step = crate::progress::Step {
        what: &format!("fetching {}", packages.join(", ")),
        log,
        remedy: "Is the package index reachable? An own mirror goes into PIP_INDEX_URL",
    };
    progress.step(step, pip).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, os::unix::fs::PermissionsExt, process};

    const TOOL: Tool = Tool {
        name: "tool",
        pin: "tool 2",
        program: "tool",
    };

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("inkstream-tools-{name}-{}", process::id()));
        fs::create_dir_all(folder.join("tool/bin")).unwrap();
        folder
    }

    #[test]
    fn a_tool_without_its_stamp_or_with_another_pin_is_not_there() {
        let tools = folder("stamps");
        fs::write(TOOL.program(&tools), "").unwrap();
        assert!(!TOOL.is_there(&tools), "no stamp: the fetch was cut off");
        fs::write(TOOL.stamp(&tools), "tool 1\n").unwrap();
        assert!(!TOOL.is_there(&tools), "the pin has changed");
        fs::write(TOOL.stamp(&tools), "tool 2\n").unwrap();
        assert!(TOOL.is_there(&tools));
        TOOL.clear(&tools).unwrap();
        assert!(!TOOL.is_there(&tools) && !TOOL.folder(&tools).exists());
        TOOL.clear(&tools).expect("clearing what is clear is fine");
        fs::remove_dir_all(tools).unwrap();
    }

    #[tokio::test]
    async fn a_program_that_does_not_run_gets_no_stamp() {
        let tools = folder("approval");
        let program = TOOL.program(&tools);
        let write = |script: &str| {
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        };
        write("#!/bin/sh\necho wrong machine >&2; exit 1\n");
        let error = TOOL.approve(&tools).await.unwrap_err().to_string();
        assert!(error.contains("wrong machine"), "{error}");
        assert!(!TOOL.is_there(&tools));
        write("#!/bin/sh\nexit 0\n");
        TOOL.approve(&tools).await.unwrap();
        assert!(TOOL.is_there(&tools));
        fs::remove_dir_all(tools).unwrap();
    }
}
