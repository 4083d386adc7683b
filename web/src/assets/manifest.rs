//! Vite's manifest: which built files a source became, and what those need.
//!
//! Source: Vite, "Backend Integration", <https://vite.dev/guide/backend-integration>.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::PREFIX;

/// Of the interface, of titles and of texts.
const FACES: [&str; 3] = ["/sans-latin.woff2", "/title-latin.woff2", "/text-latin.woff2"];

/// Those that a text needs besides, and the elements that show them.
const FACES_OF_TEXT: [(&str, &[&str]); 3] = [
    (
        "/text-italic-latin.woff2",
        &["<em", "<blockquote", "<h5", "<h6", "<i>"],
    ),
    ("/text-bold-latin.woff2", &["<strong", "<h4", "<b>"]),
    ("/mono-latin.woff2", &["<code", "<kbd", "<samp"]),
];

/// A build's manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest of the built assets is not what Vite writes: run `cargo xtask assets` again")]
    Malformed(#[source] serde_json::Error),
    #[error("the manifest of the built assets names {0}, which is not there: run `cargo xtask assets` again")]
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

/// What one entry of a page needs, as addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its module script, if it has one.
    pub script: Option<String>,
    /// Scripts that it imports, to be asked for at once.
    pub imports: Vec<String>,
    /// Its style sheets.
    pub styles: Vec<String>,
}

/// The manifest, by source.
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

    /// Every file that it names must be there.
    pub(super) fn check(&self, is_there: impl Fn(&str) -> bool) -> Result<(), ManifestError> {
        match self.hashed.iter().find(|file| !is_there(file)) {
            Some(missing) => Err(ManifestError::Missing(missing.clone())),
            None => Ok(()),
        }
    }

    /// Whether the build named the file by its content, which it does with all that the manifest lists.
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
            entry.styles.push(address(&chunk.file));
        } else {
            entry.script = Some(address(&chunk.file));
        }
        entry
    }

    /// Styles of imports come first, as Vite orders them.
    fn collect<'a>(&'a self, chunk: &'a Chunk, seen: &mut HashSet<&'a str>, entry: &mut Entry) {
        for import in &chunk.imports {
            let Some(imported) = self.chunks.get(import) else {
                continue;
            };
            if seen.insert(import) {
                self.collect(imported, seen, entry);
                entry.imports.push(address(&imported.file));
            }
        }
        for style in chunk.css.iter().map(|file| address(file)) {
            if !entry.styles.contains(&style) {
                entry.styles.push(style);
            }
        }
    }

    /// The Latin faces that every page shows: the browser would find them only after the style sheet.
    pub(super) fn preloads(&self) -> Vec<String> {
        self.fonts(|source| FACES.iter().any(|face| source.ends_with(face)))
    }

    /// The Latin faces that `html`, the text of a post, shows besides. A face that is late is not shown at all, so that
    /// no line moves.
    pub(super) fn preloads_for(&self, html: &str) -> Vec<String> {
        let wanted = |elements: &[&str]| elements.iter().any(|element| html.contains(element));
        self.fonts(|source| {
            let mut faces = FACES_OF_TEXT.iter();
            faces.any(|(face, elements)| source.ends_with(face) && wanted(elements))
        })
    }

    fn fonts(&self, shown: impl Fn(&str) -> bool) -> Vec<String> {
        let fonts = self.chunks.iter().filter(|(source, _)| shown(source));
        fonts.map(|(_, chunk)| address(&chunk.file)).collect()
    }
}

fn address(file: &str) -> String {
    format!("{PREFIX}{file}")
}
