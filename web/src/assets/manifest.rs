//! Vite's manifest: the built files of each source, and their dependencies.
//!
//! Source: Vite, "Backend Integration", <https://vite.dev/guide/backend-integration>.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

/// The prefix of the paths of all assets.
const PREFIX: &str = "/static/";

/// The fonts of the interface, of titles and of text.
const FONTS: [&str; 3] = ["/sans-latin.woff2", "/title-latin.woff2", "/text-latin.woff2"];

/// Further fonts, and the elements that need them.
const TEXT_FONTS: [(&str, &[&str]); 3] = [
    (
        "/text-italic-latin.woff2",
        &["<em", "<blockquote", "<h5", "<h6", "<i>"],
    ),
    ("/text-bold-latin.woff2", &["<strong", "<h4", "<b>"]),
    ("/mono-latin.woff2", &["<code", "<kbd", "<samp"]),
];

/// An invalid manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest of the built assets is invalid: run `cargo xtask assets` again")]
    Malformed(#[source] serde_json::Error),
    #[error(
        "the manifest of the built assets lists {0}, which does not exist: run `cargo xtask assets` again"
    )]
    Missing(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    assets: Vec<String>,
    #[serde(default)]
    imports: Vec<String>,
}

/// The paths of the files of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The module script.
    pub script: Option<String>,
    /// Scripts that it imports, to be preloaded.
    pub imports: Vec<String>,
    /// The style sheets.
    pub styles: Vec<String>,
}

/// The manifest.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    chunks: BTreeMap<String, Chunk>,
    hashed: HashSet<String>,
}

impl Manifest {
    pub(super) fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        let chunks: BTreeMap<String, Chunk> =
            serde_json::from_slice(json).map_err(ManifestError::Malformed)?;
        let hashed = chunks
            .values()
            .flat_map(|chunk| [&chunk.file].into_iter().chain(&chunk.css).chain(&chunk.assets))
            .cloned()
            .collect();
        Ok(Self { chunks, hashed })
    }

    /// Checks that every listed file exists.
    pub(super) fn check(&self, exists: impl Fn(&str) -> bool) -> Result<(), ManifestError> {
        match self.hashed.iter().find(|file| !exists(file)) {
            Some(missing) => Err(ManifestError::Missing(missing.clone())),
            None => Ok(()),
        }
    }

    /// Whether the name contains a hash, as those of all listed files do.
    pub(super) fn is_hashed(&self, file: &str) -> bool {
        self.hashed.contains(file)
    }

    pub(super) fn entry(&self, source: &str) -> Entry {
        let mut entry = Entry::default();
        let Some(chunk) = self.chunks.get(source) else {
            return entry;
        };
        let mut seen = HashSet::new();
        self.collect(chunk, &mut seen, &mut entry);
        if chunk.file.ends_with(".css") {
            entry.styles.push(path(&chunk.file));
        } else {
            entry.script = Some(path(&chunk.file));
        }
        entry
    }

    /// Adds the files of the imports; their styles come first, as in Vite.
    fn collect<'a>(&'a self, chunk: &'a Chunk, seen: &mut HashSet<&'a str>, entry: &mut Entry) {
        for import in &chunk.imports {
            let Some(imported) = self.chunks.get(import) else {
                continue;
            };
            if seen.insert(import) {
                self.collect(imported, seen, entry);
                entry.imports.push(path(&imported.file));
            }
        }
        for style in chunk.css.iter().map(|file| path(file)) {
            if !entry.styles.contains(&style) {
                entry.styles.push(style);
            }
        }
    }

    /// The Latin fonts of every page, which the browser would otherwise request only after the style sheet.
    pub(super) fn preloads(&self) -> Vec<String> {
        self.fonts(|source| FONTS.iter().any(|font| source.ends_with(font)))
    }

    /// The further Latin fonts that `html`, the text of a post, needs. A late font is not used, so that the layout does
    /// not shift.
    pub(super) fn preloads_for(&self, html: &str) -> Vec<String> {
        let needed = |elements: &[&str]| elements.iter().any(|element| html.contains(element));
        self.fonts(|source| {
            let mut fonts = TEXT_FONTS.iter();
            fonts.any(|(font, elements)| source.ends_with(font) && needed(elements))
        })
    }

    fn fonts(&self, selected: impl Fn(&str) -> bool) -> Vec<String> {
        let fonts = self.chunks.iter().filter(|(source, _)| selected(source));
        fonts.map(|(_, chunk)| path(&chunk.file)).collect()
    }
}

fn path(file: &str) -> String {
    format!("{PREFIX}{file}")
}
