//! Starts one program so that it cannot outlive the process that requested it, even if that is killed with -9.
//!
//! On Linux the kernel sends a signal to a process whose parent has died, if the process asked for it
//! (`PR_SET_PDEATHSIG`, prctl(2)), and the request survives `exec`. Asking from the parent between fork and exec
//! would need unsafe code; asking from here, a small process that then becomes the program, does not. On other
//! systems the next `up` or `down` ends leftover processes by their recorded ids.

use crate::paths::Paths;
use anyhow::{Context, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    process::ExitCode,
};

/// The database opens a file for each collection and index.
const OPEN_FILES: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The process to die with
    #[arg(long)]
    parent: u32,
    program: OsString,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// A command that runs `program` as described above.
pub fn command(paths: &Paths, program: impl AsRef<OsStr>) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(&paths.xtask);
    command.args(["exec", "--parent", &std::process::id().to_string(), "--"]);
    command.arg(program);
    command
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    raise_open_files();
    die_with(args.parent)?;
    let error = std::process::Command::new(&args.program).args(&args.args).exec();
    Err(error).with_context(|| format!("cannot start {}", args.program.display()))
}

#[cfg(target_os = "linux")]
fn die_with(parent: u32) -> anyhow::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // The parent may have died before the request.
    let now = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now != Some(parent) {
        bail!("the process that started this one has exited");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: u32) -> anyhow::Result<()> {
    Ok(())
}

/// Raises the soft limit as far as the hard one allows; a lower limit is not an error.
fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Some(maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES)));
    if current.is_some() && current < wanted {
        let current = wanted;
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).ok();
    }
}
