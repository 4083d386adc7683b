//! Starts one program such that it cannot outlive the process that asked for it, even if that one is
//! killed with -9.
//!
//! On Linux the kernel sends a signal to a process whose parent has died, if the process asked for it
//! (`PR_SET_PDEATHSIG`, prctl(2)), and the request survives `exec`. Asking from the parent between fork
//! and exec would need unsafe code; asking from here, a small process of our own that then becomes the
//! program, does not. Elsewhere the next `up` or `down` ends what is left over, by the recorded ids.

use anyhow::{Context, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{ffi::OsString, os::unix::process::CommandExt, process::Command, process::ExitCode};

/// The database opens a file for each collection and index.
const OPEN_FILES: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The process to die with.
    #[arg(long)]
    parent: u32,
    program: OsString,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    raise_open_files();
    die_with(args.parent)?;
    let error = Command::new(&args.program).args(&args.args).exec();
    Err(error).with_context(|| format!("cannot start {}", args.program.display()))
}

#[cfg(target_os = "linux")]
fn die_with(parent: u32) -> anyhow::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have died before we asked.
    let now = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now != Some(parent) {
        bail!("the process that started this one is gone");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: u32) -> anyhow::Result<()> {
    Ok(())
}

/// Lifts the soft limit as far as the hard one allows; a lower limit is no reason to refuse.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit
        .maximum
        .map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    if limit.current.is_some_and(|current| current < wanted) {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum: limit.maximum,
            },
        )
        .ok();
    }
}
