//! The workspace as the rules see it: manifests, Rust sources, and the text of all other files.

use super::{
    mentions::{Mention, Name, mentions},
    violation::Violation,
};
use crate::services;
use anyhow::Context;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// Folders of generated or fetched files.
const SKIPPED: [&str; 9] = [
    ".git",
    ".dev",
    "target",
    "node_modules",
    "dist",
    "fuzz",
    "demo",
    "golden",
    "schemas",
];

pub(super) struct Workspace {
    pub(super) members: Vec<(String, Manifest)>,
    pub(super) sources: Vec<Source>,
    /// Every text file with its path, the sources included.
    pub(super) texts: Vec<(String, String)>,
}

/// A Rust file. Of unit tests there is only the path and the text.
pub(super) struct Source {
    /// From the root of the workspace, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) parsed: Option<syn::File>,
    pub(super) mentions: Vec<Mention>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Manifest {
    workspace: Members,
    dependencies: Dependencies,
    dev_dependencies: Dependencies,
    build_dependencies: Dependencies,
    target: BTreeMap<String, Manifest>,
    pub(super) lints: BTreeMap<String, toml::Value>,
}

type Dependencies = BTreeMap<String, toml::Value>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Members {
    members: Vec<String>,
}

impl Manifest {
    /// The packages it depends on, by their own names, and whether only for tests.
    pub(super) fn dependencies(&self) -> Vec<(&str, bool)> {
        let tables = [
            (&self.dependencies, false),
            (&self.build_dependencies, false),
            (&self.dev_dependencies, true),
        ];
        let own = tables.into_iter().flat_map(|(table, for_tests)| {
            table.iter().map(move |(name, value)| {
                let renamed = value.get("package").and_then(toml::Value::as_str);
                (renamed.unwrap_or(name), for_tests)
            })
        });
        own.chain(self.target.values().flat_map(Self::dependencies))
            .collect()
    }
}

impl Workspace {
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        collect(root, "", &mut files)?;
        Self::new(files)
    }

    /// From paths and texts.
    pub(super) fn new(mut files: Vec<(String, String)>) -> anyhow::Result<Self> {
        files.sort();
        let manifest = |path: &str| -> anyhow::Result<Manifest> {
            let text = files.iter().find(|(file, _)| file == path);
            let (_, text) = text.with_context(|| format!("there is no {path}"))?;
            toml::from_str(text).with_context(|| path.to_owned())
        };
        let mut members = Vec::new();
        for member in manifest("Cargo.toml")?.workspace.members {
            let manifest = manifest(&format!("{member}/Cargo.toml"))?;
            members.push((member, manifest));
        }
        let is_source = |path: &str| {
            members
                .iter()
                .any(|(member, _)| path.starts_with(&format!("{member}/")))
        };
        let rust = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs") && is_source(path));
        let sources = rust
            .map(|(path, text)| Source::new(path, text))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            members,
            sources,
            texts: files,
        })
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        let names = self.members.iter().map(|(name, _)| name.as_str());
        names.filter(|name| services::by_name(name).is_ok())
    }

    /// The files of one module of a crate: `src/domain.rs`, `src/domain/…`, and similar names
    /// (`src/store_indexes.rs`). An empty name means the whole crate.
    pub(super) fn module(&self, member: &str, module: &str) -> impl Iterator<Item = &Source> {
        let start = format!("{member}/src/{module}");
        self.sources
            .iter()
            .filter(move |source| source.path.starts_with(&start))
    }
}

impl Source {
    fn new(path: &str, text: &str) -> anyhow::Result<Self> {
        let is_test = path.contains("/src/") && (path.ends_with("/tests.rs") || path.contains("/tests/"));
        let parsed = match is_test {
            true => None,
            false => Some(syn::parse_file(text).with_context(|| format!("cannot parse {path}"))?),
        };
        let mentions = parsed
            .as_ref()
            .map(|file| mentions(file, &module_path(path)))
            .unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            parsed,
            mentions,
        })
    }

    pub(super) fn violation(&self, line: usize, rule: &'static str, what: String) -> Violation {
        let file = self.path.clone();
        Violation {
            file,
            line,
            rule,
            what,
        }
    }

    /// The places with a name that breaks a rule.
    pub(super) fn find(
        &self,
        rule: &'static str,
        broken: impl Fn(&Name) -> Option<String>,
    ) -> Vec<Violation> {
        let found = self.mentions.iter().filter_map(|Mention { line, name }| {
            let what = broken(name)?;
            Some(self.violation(*line, rule, what))
        });
        found.collect()
    }

    pub(super) fn uses_crate(&self, name: &str) -> bool {
        let mut names = self.mentions.iter().map(|mention| &mention.name);
        names.any(|used| matches!(used, Name::Path(path) if path.first().is_some_and(|first| first == name)))
    }
}

/// The path of the module in this file: `posts/src/http/read.rs` is `crate::http::read`.
pub(super) fn module_path(file: &str) -> Vec<String> {
    let inner = file.split_once("/src/").map_or(file, |(_, inner)| inner);
    let inner = inner.trim_end_matches(".rs").trim_end_matches("/mod");
    let path = inner.split('/').filter(|part| !["lib", "main"].contains(part));
    std::iter::once("crate").chain(path).map(str::to_owned).collect()
}

fn collect(root: &Path, folder: &str, files: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{folder}{}{name}", if folder.is_empty() { "" } else { "/" });
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push((path, text));
        }
    }
    Ok(())
}
