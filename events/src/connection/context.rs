//! Contexts of the `nats` command: named JSON files, of which one is selected.
//!
//! Source: github.com/nats-io/jsm.go `natscontext/context.go`.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use async_nats::ConnectOptions;
use serde::Deserialize;

use super::args::Args;
use crate::failure::Failure;

/// The fields of a context that are used here. Other fields are ignored; empty ones count as absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    #[serde(deserialize_with = "present")]
    pub(super) url: Option<String>,
    #[serde(deserialize_with = "present")]
    user: Option<String>,
    #[serde(deserialize_with = "present")]
    password: Option<String>,
    #[serde(deserialize_with = "present")]
    token: Option<String>,
    #[serde(deserialize_with = "present")]
    creds: Option<String>,
    #[serde(deserialize_with = "present")]
    nkey: Option<String>,
    #[serde(deserialize_with = "present")]
    cert: Option<String>,
    #[serde(deserialize_with = "present")]
    key: Option<String>,
    #[serde(deserialize_with = "present")]
    ca: Option<String>,
    #[serde(deserialize_with = "present")]
    inbox_prefix: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) jetstream_domain: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) jetstream_api_prefix: Option<String>,
    tls_first: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

impl Context {
    /// The context `name`, or the selected one, or an empty one if none is selected.
    pub(super) fn load(name: Option<&str>) -> Result<Self, Failure> {
        let Some(folder) = config_folder() else {
            return Ok(Self::default());
        };
        let selected = || fs::read_to_string(folder.join("context.txt")).ok();
        let name = match name {
            Some(name) => name.to_owned(),
            None => match selected() {
                Some(text) if !text.trim().is_empty() => text.trim().to_owned(),
                _ => return Ok(Self::default()),
            },
        };
        let path = folder.join("context").join(format!("{name}.json"));
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::usage(format!(
                "there is no context `{name}` of the nats command ({})",
                path.display()
            )),
            _ => Failure::usage(format!("the context {} cannot be read: {error}", path.display())),
        })?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!("the context {} cannot be read: {error}", path.display()))
        })
    }

    /// The context with the values of the command line, whose credentials replace those of the context.
    pub(super) fn overridden(mut self, args: &Args) -> Self {
        let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        if args.creds.is_some() || args.nkey.is_some() {
            (self.creds, self.nkey) = (text(&args.creds), text(&args.nkey));
            (self.user, self.password, self.token) = (None, None, None);
        }
        self.url = args.server.clone().or(self.url);
        self.ca = text(&args.tlsca).or(self.ca);
        self.inbox_prefix = args.inbox_prefix.clone().or(self.inbox_prefix);
        self
    }

    /// `options` with the credentials of this context.
    pub(super) async fn options(&self, mut options: ConnectOptions) -> Result<ConnectOptions, Failure> {
        let unreadable = |path: &Path, error: io::Error| {
            Failure::usage(format!("{} cannot be read: {error}", path.display()))
        };
        if let Some(creds) = self.creds.as_deref().map(expanded) {
            options = options
                .credentials_file(&creds)
                .await
                .map_err(|error| unreadable(&creds, error))?;
        } else if let Some(nkey) = self.nkey.as_deref().map(expanded) {
            let seed = fs::read_to_string(&nkey).map_err(|error| unreadable(&nkey, error))?;
            options = options.nkey(seed.trim().to_owned());
        } else if let Some(user) = self.user.clone() {
            // As in the nats command: a user without a password is a token.
            options = match self.password.clone() {
                Some(password) => options.user_and_password(user, password),
                None => options.token(user),
            };
        } else if let Some(token) = self.token.clone() {
            options = options.token(token);
        }
        if let Some(ca) = self.ca.as_deref().map(expanded) {
            options = options.add_root_certificates(ca).require_tls(true);
        }
        if let (Some(cert), Some(key)) = (self.cert.as_deref(), self.key.as_deref()) {
            options = options.add_client_certificate(expanded(cert), expanded(key));
        }
        if let Some(prefix) = &self.inbox_prefix {
            options = options.custom_inbox_prefix(prefix);
        }
        if self.tls_first {
            options = options.tls_first();
        }
        Ok(options)
    }
}

/// `$XDG_CONFIG_HOME/nats`, or `~/.config/nats`.
fn config_folder() -> Option<PathBuf> {
    let home = || Some(env::home_dir()?.join(".config"));
    let config = env::var_os("XDG_CONFIG_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    Some(config.or_else(home)?.join("nats"))
}

/// A path of a context, with `~` expanded to the home folder.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
