//! Errors of the settings.

use std::path::PathBuf;

/// A setting that is missing or invalid. The message names it and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A setting without a default is missing.
    #[error("{name} is not set: {remedy}")]
    Missing {
        /// The environment variable.
        name: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// Two settings exclude each other.
    #[error("{first} and {second} are both set: unset one of them")]
    Conflict {
        /// The first variable.
        first: &'static str,
        /// The second variable.
        second: &'static str,
    },
    /// A file could not be read.
    #[error("{name} names {}, which cannot be read: mount the file or correct the path", path.display())]
    File {
        /// The environment variable.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is empty.
    #[error("{name} names {}, which is empty: write the value into it", path.display())]
    Empty {
        /// The environment variable.
        name: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// An invalid public URL.
    #[error("`{0}` is not a valid public URL: use scheme and host, such as https://blog.example.org")]
    PublicUrl(String),
}
