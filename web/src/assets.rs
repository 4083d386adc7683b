//! The built scripts, styles, fonts and images: read at start and held in memory, with names that contain a hash.

mod manifest;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::encoding::{Effort, Encoded, Encoding};
use manifest::Manifest;
pub use manifest::{Entry, ManifestError};

/// More files than a build has, so that a wrong folder is not read completely.
const MAX_FILES: usize = 5_000;
/// The locations of Vite's manifest, depending on version and settings.
const MANIFESTS: [&str; 2] = ["manifest.json", ".vite/manifest.json"];

/// Why the assets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    #[error("{} cannot be read: run `cargo xtask assets` first, or set ASSETS_DIR to the built folder", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} has no manifest.json: run `cargo xtask assets` first, or set ASSETS_DIR to the built folder", .0.display())]
    NoManifest(PathBuf),
    #[error("{} contains more than {MAX_FILES} files: is ASSETS_DIR the built folder?", .0.display())]
    TooMany(PathBuf),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// A file.
#[derive(Debug)]
pub struct Asset {
    pub content_type: &'static str,
    pub body: Encoded,
    pub etag: HeaderValue,
    /// Whether the name contains a hash of the content, so that browsers can cache the file forever.
    pub immutable: bool,
}

/// The files of a build.
#[derive(Debug, Default)]
pub struct Assets {
    files: HashMap<String, Asset>,
    manifest: Manifest,
}

impl Assets {
    /// Reads `folder`.
    ///
    /// # Errors
    /// If it does not exist, has no manifest, or the manifest lists a missing file.
    pub fn read(folder: &Path) -> Result<Self, AssetsError> {
        let mut paths = Vec::new();
        list(folder, folder, &mut paths)?;
        let manifest = MANIFESTS
            .iter()
            .find(|name| paths.iter().any(|path| path == *name));
        let manifest = manifest.ok_or_else(|| AssetsError::NoManifest(folder.to_owned()))?;
        let manifest = Manifest::parse(&read(&folder.join(manifest))?)?;
        let mut files = HashMap::new();
        for path in &paths {
            if MANIFESTS.contains(&path.as_str()) || is_encoded(path, &paths) {
                continue;
            }
            files.insert(path.clone(), asset(folder, path, &paths, &manifest)?);
        }
        manifest.check(|file| files.contains_key(file))?;
        Ok(Self { files, manifest })
    }

    /// The file at `path` below `/static/`.
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// The files of the entry with this source, e.g. `src/site.ts`; none if the build does not have it.
    pub fn entry(&self, source: &str) -> Entry {
        self.manifest.entry(source)
    }

    /// The paths of the fonts that every page needs.
    pub fn preloads(&self) -> Vec<String> {
        self.manifest.preloads()
    }

    /// The paths of further fonts that `html`, the text of a post, needs.
    pub fn preloads_for(&self, html: &str) -> Vec<String> {
        self.manifest.preloads_for(html)
    }
}

/// Whether `path` is an encoded version of another file.
fn is_encoded(path: &str, paths: &[String]) -> bool {
    let plain = ENCODED.iter().find_map(|(_, suffix)| path.strip_suffix(suffix));
    plain.is_some_and(|plain| paths.iter().any(|path| path == plain))
}

const ENCODED: [(Encoding, &str); 3] = [
    (Encoding::Gzip, ".gz"),
    (Encoding::Brotli, ".br"),
    (Encoding::Zstd, ".zst"),
];

fn asset(folder: &Path, path: &str, paths: &[String], manifest: &Manifest) -> Result<Asset, AssetsError> {
    let bytes = read(&folder.join(path))?;
    let (content_type, compressible) = content_type(path);
    let digest = Sha256::digest(&bytes);
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
    let mut body = Encoded::new(bytes, compressible, Effort::Thorough);
    for (encoding, suffix) in ENCODED {
        let encoded = format!("{path}{suffix}");
        if paths.contains(&encoded) {
            body = body.prepared(encoding, read(&folder.join(encoded))?);
        }
    }
    Ok(Asset {
        content_type,
        body,
        // Base64 in quotes is always a valid header value.
        etag: HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\"")),
        immutable: manifest.is_hashed(path),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, AssetsError> {
    fs::read(path).map_err(|source| AssetsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// Adds the paths of all files below `folder`, relative to `root`.
fn list(root: &Path, folder: &Path, paths: &mut Vec<String>) -> Result<(), AssetsError> {
    let unreadable = |source| AssetsError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".") && name != ".vite";
        if hidden {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            list(root, &entry.path(), paths)?;
        } else if let Some(path) = entry.path().strip_prefix(root).ok().and_then(Path::to_str) {
            paths.push(path.to_owned());
        }
        if paths.len() > MAX_FILES {
            return Err(AssetsError::TooMany(root.to_owned()));
        }
    }
    Ok(())
}

/// The media type by the file name extension, and whether the content is compressible.
fn content_type(path: &str) -> (&'static str, bool) {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "html" => ("text/html; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "ico" => ("image/x-icon", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        "webp" => ("image/webp", false),
        _ => ("application/octet-stream", false),
    }
}

#[cfg(test)]
mod tests;
