//! The built scripts, styles, fonts and pictures: read once at start, held in memory, named by their content.

mod manifest;
mod serve;

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
pub use serve::{file, root_file};

/// Their addresses begin so.
pub const PREFIX: &str = "/static/";
/// More than a build of ours has; a folder that was named by mistake is not read to its end.
const MAX_FILES: usize = 5_000;
/// Where Vite puts its manifest, by its version and setting.
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
    #[error("{} holds more than {MAX_FILES} files: is ASSETS_DIR the built folder?", .0.display())]
    TooMany(PathBuf),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// One file.
#[derive(Debug)]
pub struct Asset {
    pub content_type: &'static str,
    pub body: Encoded,
    pub etag: HeaderValue,
    /// Whether its name says its content, so that it can be kept for ever.
    pub immutable: bool,
}

/// All files of a build.
#[derive(Debug, Default)]
pub struct Assets {
    files: HashMap<String, Asset>,
    manifest: Manifest,
}

impl Assets {
    /// Reads `folder`.
    ///
    /// # Errors
    /// If it is not there, has no manifest, or the manifest names a file that is not there.
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
            if MANIFESTS.contains(&path.as_str()) || encoded_twin(path, &paths) {
                continue;
            }
            files.insert(path.clone(), asset(folder, path, &paths, &manifest)?);
        }
        manifest.check(|file| files.contains_key(file))?;
        Ok(Self { files, manifest })
    }

    /// The file at `path` below [`PREFIX`].
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// What a page must load for the entry of that source, e.g. `src/site.ts`; nothing if the build has none.
    pub fn entry(&self, source: &str) -> Entry {
        self.manifest.entry(source)
    }

    /// Addresses of the fonts that every page needs at once.
    pub fn preloads(&self) -> Vec<String> {
        self.manifest.preloads()
    }

    /// Addresses of the fonts that a page needs besides to show `html`, the text of a post.
    pub fn preloads_for(&self, html: &str) -> Vec<String> {
        self.manifest.preloads_for(html)
    }
}

/// Whether `path` is an encoded form of another file, as some builds make them.
fn encoded_twin(path: &str, paths: &[String]) -> bool {
    let plain = TWINS.iter().find_map(|(_, suffix)| path.strip_suffix(suffix));
    plain.is_some_and(|plain| paths.iter().any(|path| path == plain))
}

const TWINS: [(Encoding, &str); 3] = [
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
    for (encoding, suffix) in TWINS {
        let twin = format!("{path}{suffix}");
        if paths.contains(&twin) {
            body = body.prepared(encoding, read(&folder.join(twin))?);
        }
    }
    Ok(Asset {
        content_type,
        body,
        // Base64 between quotes is always a header value.
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

/// Paths of all files below `folder`, relative to `root`, with `/` between elements.
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

/// The media type by the name's ending, and whether it is worth encoding.
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
