//! The size and the names of files.

use super::{violation::Violation, workspace::Workspace};

const SHORT: &str = "a file has at most 500 lines, or a line `//! Long because …` in its header";
const LINES: usize = 500;
const REASON: &str = "//! Long because ";

pub(super) fn files_are_short(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in &workspace.sources {
        let lines = source.text.lines().count();
        let mut header = source.text.lines().take_while(|line| line.starts_with("//!"));
        if lines > LINES && !header.any(|line| line.starts_with(REASON)) {
            found.push(source.violation(1, SHORT, format!("has {lines} lines")));
        }
    }
    found
}

const NAMES: &str = "a module is `name.rs` with a folder `name/` beside it, never `mod.rs`";

pub(super) fn modules_have_their_own_names(workspace: &Workspace) -> Vec<Violation> {
    let named = workspace
        .sources
        .iter()
        .filter(|source| source.path.ends_with("/mod.rs"));
    named
        .map(|source| source.violation(1, NAMES, "is a mod.rs".to_owned()))
        .collect()
}
