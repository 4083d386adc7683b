//! Every setting of a manifest exists in the service, and every setting of a service is set or deliberately left at its
//! default. The settings are those of the services' clap arguments (`env = "…"`), from which `--help` is made.

use super::{
    findings::Findings,
    object::{Object, list, text},
    pods,
};
use crate::{paths::Paths, services::SERVICES};
use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Settings that no manifest needs, with the reason.
const DEFAULTS: &[(&str, &str)] = &[
    ("LISTEN_ADDR", "the port of the containers is the default"),
    ("OPS_LISTEN_ADDR", "the port of the containers is the default"),
    ("MONGODB_URI", "MONGODB_URI_FILE"),
    ("MONGODB_DATABASE", "the name of the service"),
    ("NATS_CREDS_FILE", "the services have nkeys"),
    ("KEY_ENCRYPTION_SECRET", "KEY_ENCRYPTION_SECRET_FILE"),
    ("REQUEST_TIMEOUT", "the default fits the timeouts of the gateways"),
    ("HEADER_TIMEOUT", "the default fits"),
    ("BODY_TIMEOUT", "the default fits"),
    (
        "IDLE_TIMEOUT",
        "the default is longer than the keep-alive of ingress-nginx",
    ),
    ("MAX_CONNECTIONS", "the default fits the memory of the pods"),
    ("SIGNIN_FAILURES_PER_ADDRESS", "the default fits"),
    ("SIGNUPS_PER_ADDRESS", "the default fits"),
    ("POSTS_REVISIONS_KEPT", "the default fits"),
    ("AUTO_APPROVE", "the moderation service decides"),
    ("QUERY_CACHE_MB", "the default fits the memory of the pods"),
    ("QUERY_LIVE_CLIENTS", "the default fits the memory of the pods"),
    ("QUERY_PREVIEWS", "the default fits the processors of the pods"),
    ("QUERY_LEASE", "the default fits"),
    ("QUERY_GRACE", "the default fits"),
    ("AUTH_URL", "the default is the name of the Service"),
    ("POSTS_URL", "the default is the name of the Service"),
    ("COMMENTS_URL", "the default is the name of the Service"),
    (
        concat!("MODERATION", "_URL"),
        "the default is the name of the Service",
    ),
    ("QUERY_URL", "the default is the name of the Service"),
    ("FEED_CONTENT", "the default is the whole text"),
    ("WEB_CACHE_MB", "the default fits the memory of the pods"),
    ("READ_TIMEOUT", "the default fits"),
    ("WRITE_TIMEOUT", "the default fits"),
];
/// Read by libraries.
const OF_LIBRARIES: [&str; 2] = ["RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The names of the settings, by program.
#[derive(Debug)]
pub(super) struct Settings {
    programs: BTreeMap<String, BTreeSet<String>>,
    provisioning: BTreeSet<String>,
}

impl Settings {
    pub(super) fn read(paths: &Paths) -> anyhow::Result<Self> {
        let of = |files: &[String]| -> anyhow::Result<BTreeSet<String>> {
            let mut names = BTreeSet::new();
            for file in files {
                let text = fs::read_to_string(paths.root.join(file))
                    .with_context(|| format!("cannot read {file}"))?;
                let tokens = text.parse().map_err(|error| anyhow::anyhow!("{file}: {error}"))?;
                collect(tokens, &mut names);
            }
            Ok(names)
        };
        let platform = of(&["runtime/src/config.rs".to_owned()])?;
        let mut programs = BTreeMap::new();
        for service in SERVICES {
            let mut names: BTreeSet<_> = platform
                .iter()
                .filter(|name| service.database || !name.starts_with("MONGODB"))
                .cloned()
                .collect();
            names.extend(of(&[format!("{}/src/config.rs", service.name)])?);
            programs.insert(service.name.to_owned(), names);
        }
        let events = ["events/src/connection.rs", "events/src/output.rs"].map(str::to_owned);
        programs.insert("events".to_owned(), of(&events)?);
        let mut provisioning = of(&["runtime/src/service/cli.rs".to_owned()])?;
        provisioning.extend(platform);
        Ok(Self {
            programs,
            provisioning,
        })
    }

    pub(super) fn check(&self, objects: &[Object]) -> Findings {
        let mut found = Findings::new();
        for object in objects.iter().filter(|object| object.template().is_some()) {
            for container in pods::containers(object) {
                let image = text(&container["image"]);
                let program = image.rsplit('/').next().and_then(|image| image.split(':').next());
                let program = program.and_then(|name| name.strip_prefix("inkstream-"));
                let Some(known) = program.and_then(|program| self.programs.get(program)) else {
                    continue;
                };
                let known = match container["args"][0] == "provision" {
                    true => &self.provisioning,
                    false => known,
                };
                let set = pods::environment(objects, container);
                for name in set
                    .keys()
                    .filter(|name| !known.contains(*name) && !OF_LIBRARIES.contains(&name.as_str()))
                {
                    found.push(format!(
                        "{} sets {name}, which is not a setting of it",
                        object.title()
                    ));
                }
                if object.serves() {
                    let left = |name: &&String| DEFAULTS.iter().any(|(default, _)| default == *name);
                    for name in known
                        .iter()
                        .filter(|name| !set.contains_key(*name) && !left(name))
                    {
                        found.push(format!(
                            "{} does not set {name}; set it, or add it to the defaults",
                            object.title()
                        ));
                    }
                }
                found.extend(files(objects, object, container, &set));
            }
        }
        found.extend(self.stale_defaults());
        found
    }

    fn stale_defaults(&self) -> Findings {
        let known = |name: &str| self.programs.values().any(|names| names.contains(name));
        let stale = DEFAULTS.iter().filter(|(name, _)| !known(name));
        stale
            .map(|(name, _)| format!("the default {name} is not a setting of any service"))
            .collect()
    }
}

/// The strings of `env = "…"` in attributes.
fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(ident) if ident == "env" => {
                let equals =
                    trees.next_if(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '='));
                if let (Some(_), Some(TokenTree::Literal(literal))) = (equals, trees.peek()) {
                    names.insert(literal.to_string().trim_matches('"').to_owned());
                }
            }
            _ => {}
        }
    }
}

/// The files that settings name are mounted.
fn files(objects: &[Object], object: &Object, container: &Value, set: &BTreeMap<String, String>) -> Findings {
    let mut found = Findings::new();
    for (name, path) in set.iter().filter(|(_, value)| value.starts_with("/etc/")) {
        let (folder, file) = path.rsplit_once('/').unwrap_or_default();
        let mount = list(&container["volumeMounts"])
            .iter()
            .find(|mount| mount["mountPath"] == folder);
        let volume = mount.and_then(|mount| {
            let volumes = list(&pods::pod(object)["volumes"]).iter();
            volumes.into_iter().find(|volume| volume["name"] == mount["name"])
        });
        let known = volume.map(|volume| pods::files(objects, volume));
        let exists = match known {
            Some(Some(files)) => files.iter().any(|known| known == file),
            Some(None) => true,
            None => false,
        };
        if !exists {
            found.push(format!(
                "{}: {name} is {path}, which is not mounted",
                object.title()
            ));
        }
    }
    found
}
