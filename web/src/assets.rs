//! The built scripts, styles, fonts and images: read at start and held in memory, with names that contain a hash.

mod manifest;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::encoding::{Effort, Encoded};
use manifest::Manifest;
pub use manifest::{Entry, ManifestError};

/// More files than a build has, so that a wrong folder is not read completely.
const MAX_FILES: usize = 5_000;
/// Vite's manifest, which is not served.
const MANIFEST: &str = "manifest.json";

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
    /// Of the content, in Base64.
    pub digest: String,
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
        let Some(position) = paths.iter().position(|path| path == MANIFEST) else {
            return Err(AssetsError::NoManifest(folder.to_owned()));
        };
        let manifest = Manifest::parse(&read(&folder.join(paths.swap_remove(position)))?)?;
        let mut files = HashMap::new();
        for path in paths {
            let asset = asset(folder, &path, &manifest)?;
            files.insert(path, asset);
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

fn asset(folder: &Path, path: &str, manifest: &Manifest) -> Result<Asset, AssetsError> {
    let bytes = read(&folder.join(path))?;
    let (content_type, compressible) = content_type(path);
    let digest = Sha256::digest(&bytes);
    Ok(Asset {
        content_type,
        body: Encoded::new(bytes, compressible, Effort::Thorough),
        digest: URL_SAFE_NO_PAD.encode(&digest[..12]),
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
        if name.as_encoded_bytes().starts_with(b".") {
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
