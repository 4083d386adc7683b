//! Resolves settings: reads secret files, validates values and fills in defaults.

use std::{fmt, path::Path, path::PathBuf, str::FromStr, time::Duration};

use tokio::sync::Semaphore;

use super::{ConnectionLimits, PlatformArgs, PlatformSettings, RateLimit, Secret};

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

impl PlatformArgs {
    /// Reads the secret files and validates the settings. `service` is the service's name, e.g. `posts`; a service
    /// without a database ignores the database's settings.
    pub fn resolve(self, service: &str, owns_database: bool) -> Result<PlatformSettings, ConfigError> {
        let mongodb_uri = if owns_database {
            Some(database_uri(self.mongodb_uri, self.mongodb_uri_file)?)
        } else {
            None
        };
        let nats_urls = split_urls(&self.nats_url);
        if nats_urls.is_empty() {
            return Err(ConfigError::Missing {
                name: "NATS_URL",
                remedy: "set it to the servers' addresses, such as nats://127.0.0.1:4222",
            });
        }
        let nkey_seed_file = given_path(self.nats_nkey_seed_file);
        let nats_creds_file = given_path(self.nats_creds_file);
        if nkey_seed_file.is_some() && nats_creds_file.is_some() {
            return Err(ConfigError::Conflict {
                first: "NATS_NKEY_SEED_FILE",
                second: "NATS_CREDS_FILE",
            });
        }
        let nats_nkey_seed = nkey_seed_file
            .map(|path| read_secret("NATS_NKEY_SEED_FILE", &path))
            .transpose()?;

        Ok(PlatformSettings {
            service: service.to_owned(),
            listen_addr: self.listen_addr,
            ops_listen_addr: self.ops_listen_addr,
            mongodb_uri,
            mongodb_database: self
                .mongodb_database
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| service.to_owned()),
            nats_urls,
            nats_nkey_seed,
            nats_creds_file,
            nats_ca_file: given_path(self.nats_ca_file),
            public_url: self.public_url,
            state_dir: given_path(self.state_dir),
            jwt_keys_file: given_path(self.jwt_keys_file),
            log_format: self.log_format,
            drain_delay: Duration::from_secs(self.drain_delay),
            request_timeout: Duration::from_secs(self.request_timeout),
            connections: ConnectionLimits {
                header_timeout: Duration::from_secs(self.header_timeout),
                body_timeout: Duration::from_secs(self.body_timeout),
                idle_timeout: Duration::from_secs(self.idle_timeout),
                // `Semaphore` has a maximum of its own.
                max_connections: (self.max_connections as usize).min(Semaphore::MAX_PERMITS),
            },
            rate_limit: RateLimit::new(self.rate_limit_per_second, self.rate_limit_burst),
            trusted_proxies: self.trusted_proxies,
        })
    }
}

impl Secret {
    /// Resolves a secret that is set as a value or in a file. `name` and `file_name` are the two environment variables,
    /// for error messages.
    pub fn from_value_or_file(
        name: &'static str,
        value: Option<Self>,
        file_name: &'static str,
        file: Option<PathBuf>,
    ) -> Result<Option<Self>, ConfigError> {
        secret((name, value), (file_name, file))
    }
}

fn database_uri(uri: Option<Secret>, file: Option<PathBuf>) -> Result<Secret, ConfigError> {
    let given = secret(("MONGODB_URI", uri), ("MONGODB_URI_FILE", file))?;
    given.ok_or(ConfigError::Missing {
        name: "MONGODB_URI",
        remedy: "set it to a connection string such as mongodb://127.0.0.1:27017, \
                 or MONGODB_URI_FILE to a file with one",
    })
}

fn secret(
    (name, value): (&'static str, Option<Secret>),
    (file_name, file): (&'static str, Option<PathBuf>),
) -> Result<Option<Secret>, ConfigError> {
    let value = value.filter(|value| !value.expose().trim().is_empty());
    match (value, given_path(file)) {
        (Some(_), Some(_)) => Err(ConfigError::Conflict {
            first: name,
            second: file_name,
        }),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(path)) => read_secret(file_name, &path).map(Some),
        (None, None) => Ok(None),
    }
}

/// Removes the line end that editors and `kubectl` add.
fn read_secret(name: &'static str, path: &Path) -> Result<Secret, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        name,
        path: path.to_owned(),
        source,
    })?;
    match text.trim() {
        "" => Err(ConfigError::Empty {
            name,
            path: path.to_owned(),
        }),
        text => Ok(Secret::from(text)),
    }
}

fn given_path(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}

pub(super) fn split_urls(urls: &Secret) -> Vec<Secret> {
    urls.expose()
        .split(',')
        .map(str::trim)
        .filter(|url| !url.is_empty())
        .map(Secret::from)
        .collect()
}

/// The public URL of the site, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: String,
    origin: String,
}

impl PublicUrl {
    /// The URL, e.g. `https://blog.example.org`.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Its origin as in the `Origin` header of browsers: lower case, without a default port
    /// (RFC 6454, section 6.2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its host, without the port.
    pub fn host(&self) -> &str {
        let authority = self
            .origin
            .split_once("://")
            .map_or("", |(_, authority)| authority);
        let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => host,
            _ => authority,
        }
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

impl Default for PublicUrl {
    fn default() -> Self {
        let url = "http://localhost:8080".to_owned();
        Self {
            origin: url.clone(),
            url,
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl FromStr for PublicUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim().trim_end_matches('/');
        origin_of(text)
            .map(|origin| Self {
                url: text.to_owned(),
                origin,
            })
            .ok_or_else(|| ConfigError::PublicUrl(text.to_owned()))
    }
}

fn origin_of(url: &str) -> Option<String> {
    let uri: ::http::Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().to_ascii_lowercase();
    Some(match authority.port_u16() {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        platform: PlatformArgs,
    }

    fn args(extra: &[&str]) -> PlatformArgs {
        let mut line = vec!["service"];
        line.extend(extra);
        // The tests run with some of these variables set.
        let command = Cli::command().mut_args(|arg| arg.env(None::<&str>));
        let matches = command.try_get_matches_from(line).unwrap();
        Cli::from_arg_matches(&matches).unwrap().platform
    }

    #[test]
    fn a_missing_setting_is_named_with_its_remedy() {
        let error = args(&[]).resolve("posts", true).unwrap_err().to_string();
        assert!(
            error.contains("MONGODB_URI is not set") && error.contains("MONGODB_URI_FILE"),
            "{error}"
        );
    }

    #[test]
    fn a_service_without_a_database_ignores_its_settings() {
        for given in [&[][..], &["--mongodb-uri", "mongodb://localhost"]] {
            let settings = args(given).resolve("web", false).unwrap();
            assert!(settings.mongodb_uri.is_none(), "{given:?}");
        }
    }

    #[test]
    fn defaults_are_filled_in() {
        let settings = args(&["--mongodb-uri", "mongodb://localhost"])
            .resolve("posts", true)
            .unwrap();
        assert_eq!(settings.mongodb_database, "posts");
        assert_eq!(settings.rate_limit, RateLimit::new(50, 200));
        assert!(!settings.secure_cookies());
        assert_eq!(settings.nats_urls.len(), 1);
    }

    #[test]
    fn a_zero_disables_the_rate_limit() {
        let settings = args(&["--mongodb-uri", "m", "--rate-limit-burst", "0"])
            .resolve("posts", true)
            .unwrap();
        assert_eq!(settings.rate_limit, None);
    }

    #[test]
    fn a_secret_is_read_from_a_file_without_its_line_end() {
        let path = std::env::temp_dir().join(format!("inkstream-secret-{}", std::process::id()));
        writeln!(std::fs::File::create(&path).unwrap(), "mongodb://user:pass@host").unwrap();
        let path_text = path.to_str().unwrap();
        let settings = args(&["--mongodb-uri-file", path_text])
            .resolve("posts", true)
            .unwrap();
        assert!(!format!("{settings:?}").contains("pass@"));
        assert_eq!(
            settings.mongodb_uri.map(|uri| uri.expose().to_owned()).as_deref(),
            Some("mongodb://user:pass@host")
        );
        let both = args(&["--mongodb-uri-file", path_text, "--mongodb-uri", "x"]).resolve("posts", true);
        assert!(matches!(both, Err(ConfigError::Conflict { .. })));
        std::fs::remove_file(&path).unwrap();
        let missing = args(&["--mongodb-uri-file", path_text])
            .resolve("posts", true)
            .unwrap_err();
        assert!(missing.to_string().contains("MONGODB_URI_FILE"));
    }

    #[test]
    fn an_origin_has_the_form_that_browsers_send() {
        for (url, origin) in [
            ("https://Blog.Example.org/", "https://blog.example.org"),
            ("https://blog.example.org:443", "https://blog.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(url.parse::<PublicUrl>().unwrap().origin(), origin);
        }
        for wrong in ["", "localhost:8080", "ftp://x", "https://", "https://u:p@host"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
