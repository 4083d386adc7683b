//! Folders of test runs.

use crate::{
    paths::{Paths, private_folder},
    process::pid,
};
use rustix::process::test_kill_process;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A new folder for the temporary data of this run. Those of runs that were killed are removed.
pub fn create(paths: &Paths) -> anyhow::Result<PathBuf> {
    let runs = paths.test_runs();
    private_folder(&runs)?;
    remove_dead_runs(&runs);
    let run = runs.join(std::process::id().to_string());
    private_folder(&run)?;
    Ok(run)
}

fn remove_dead_runs(runs: &Path) {
    for run in fs::read_dir(runs).into_iter().flatten().flatten() {
        let id = run.file_name().to_str().and_then(|name| name.parse().ok());
        if id.and_then(pid).is_some_and(|id| test_kill_process(id).is_err()) {
            fs::remove_dir_all(run.path()).ok();
        }
    }
}
