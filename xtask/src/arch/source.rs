//! The text the rules look at: the workspace's manifests and sources, with everything blanked that only
//! looks like code. Blanking keeps every line where it is.

use super::{
    Violation,
    blank::{blank, blank_parts, test_parts},
    words::{Word, words},
};
use anyhow::Context;
use std::{fs, path::Path};

/// Members that are no services: what they may do is their own affair or has rules of its own.
const NOT_SERVICES: [&str; 7] = [
    "common", "runtime", "testkit", "tests", "xtask", "events", "bench",
];

/// The workspace as the rules see it.
#[derive(Debug)]
pub(super) struct Tree {
    members: Vec<String>,
    manifests: Vec<(String, String)>,
    sources: Vec<Source>,
}

/// One Rust file of a member's `src`.
#[derive(Debug)]
pub(super) struct Source {
    /// From the workspace's root, with slashes.
    pub(super) path: String,
    /// Without comments, strings and tests.
    code: String,
    /// Without comments and tests.
    text: String,
}

impl Tree {
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        let manifest =
            fs::read_to_string(root.join("Cargo.toml")).context("cannot read the root Cargo.toml")?;
        for member in members(&manifest) {
            collect(root, &format!("{member}/Cargo.toml"), &mut files)?;
            collect(root, &format!("{member}/src"), &mut files)?;
        }
        files.push(("Cargo.toml".to_owned(), manifest));
        Ok(Self::new(files))
    }

    pub(super) fn new(files: Vec<(String, String)>) -> Self {
        let (manifests, sources): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(path, _)| path.ends_with(".toml"));
        let root = manifests.iter().find(|(path, _)| path == "Cargo.toml");
        let members = root.map(|(_, text)| members(text)).unwrap_or_default();
        let sources = sources
            .into_iter()
            .map(|(path, text)| Source::new(path, &text))
            .collect();
        Self {
            members,
            manifests,
            sources,
        }
    }

    pub(super) fn members(&self) -> &[String] {
        &self.members
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.members
            .iter()
            .map(String::as_str)
            .filter(|member| !NOT_SERVICES.contains(member))
    }

    pub(super) fn manifest(&self, member: &str) -> Option<&(String, String)> {
        self.manifests
            .iter()
            .find(|(path, _)| *path == format!("{member}/Cargo.toml"))
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// The files of one crate's module: `src/domain.rs`, `src/domain/…`, and what begins like it
    /// (`src/store_indexes.rs`).
    pub(super) fn module<'a>(
        &'a self,
        member: &str,
        module: &str,
    ) -> impl Iterator<Item = &'a Source> + use<'a> {
        let start = format!("{member}/src/{module}");
        self.sources
            .iter()
            .filter(move |source| source.path.starts_with(&start))
    }
}

fn collect(root: &Path, path: &str, files: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let full = root.join(path);
    if full.is_dir() {
        for entry in fs::read_dir(&full)? {
            if let Some(name) = entry?.file_name().to_str() {
                collect(root, &format!("{path}/{name}"), files)?;
            }
        }
    } else if path.ends_with(".rs") || path.ends_with(".toml") {
        let text = fs::read_to_string(&full).with_context(|| format!("cannot read {path}"))?;
        files.push((path.to_owned(), text));
    }
    Ok(())
}

/// The workspace's `members = [ … ]`.
fn members(manifest: &str) -> Vec<String> {
    let start = manifest
        .lines()
        .position(|line| line.trim_start().starts_with("members"));
    let list: String = manifest.lines().skip(start.unwrap_or(usize::MAX)).collect();
    let list = list
        .split_once('[')
        .and_then(|(_, list)| list.split_once(']'))
        .map(|(list, _)| list);
    list.unwrap_or_default()
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let (code, text) = (blank(text, true), blank(text, false));
        let file = path.rsplit('/').next().unwrap_or_default();
        if file == "tests.rs" || path.contains("/src/tests/") {
            return Self {
                path,
                code: String::new(),
                text: String::new(),
            };
        }
        let tests = test_parts(&code);
        Self {
            path,
            code: blank_parts(&code, &tests),
            text: blank_parts(&text, &tests),
        }
    }

    /// The names in the code, each with its surroundings.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        words(&self.code)
    }

    /// Each line that has this text, strings included.
    pub(super) fn lines_with<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.text
            .lines()
            .enumerate()
            .filter(move |(_, line)| line.contains(wanted))
            .map(|(index, _)| index + 1)
    }

    /// Whether the crate of this name is used at all.
    pub(super) fn names(&self, name: &str) -> bool {
        self.words().any(|word| word.text == name)
    }

    pub(super) fn violation(&self, line: usize, rule: &'static str, what: String) -> Violation {
        Violation {
            file: self.path.clone(),
            line,
            rule,
            what,
        }
    }
}
