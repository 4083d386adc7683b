//! Resolves settings: reads secret files, validates values and fills in defaults.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::Semaphore;

use super::{ConfigError, ConnectionLimits, PlatformArgs, PlatformSettings, RateLimit, Secret};

impl PlatformArgs {
    /// Reads the secret files and validates the settings. `service` is the service's name, e.g. `posts`; a service
    /// without a database ignores the database's settings.
    pub fn resolve(self, service: &str, owns_database: bool) -> Result<PlatformSettings, ConfigError> {
        let mongodb_uri = if owns_database {
            Some(database_uri(self.mongodb_uri, self.mongodb_uri_file)?)
        } else {
            None
        };
        let nats_urls = self.nats_url.split(',');
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
}
