//! Reads `ingress.yaml`, so that development uses the routes of the cluster.
//!
//! What this reader does not know it rejects: a route that the gateway would handle differently from the cluster
//! is worse than none.

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// The annotations with their nginx directive, unit, and ingress-nginx's default.
const ANNOTATIONS: &[(&str, &str, &str, &str)] = &[
    ("proxy-body-size", "client_max_body_size", "", "1m"),
    ("proxy-connect-timeout", "proxy_connect_timeout", "s", "5"),
    ("proxy-send-timeout", "proxy_send_timeout", "s", "60"),
    ("proxy-read-timeout", "proxy_read_timeout", "s", "60"),
    ("proxy-buffering", "proxy_buffering", "", "off"),
    ("proxy-request-buffering", "proxy_request_buffering", "", "on"),
    ("proxy-buffer-size", "proxy_buffer_size", "", "4k"),
    ("proxy-next-upstream", "proxy_next_upstream", "", "error timeout"),
    ("proxy-next-upstream-tries", "proxy_next_upstream_tries", "", "3"),
    (
        "proxy-next-upstream-timeout",
        "proxy_next_upstream_timeout",
        "s",
        "0",
    ),
];
/// Of TLS, which development does not have.
const IGNORED: &[&str] = &["ssl-redirect"];

/// One path of an Ingress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) path: String,
    kind: PathType,
    pub(super) service: String,
    pub(super) directives: Vec<(&'static str, String)>,
}

impl Route {
    /// The value of a directive; every route has all of them.
    pub(super) fn directive(&self, name: &str) -> &str {
        let found = self.directives.iter().find(|(directive, _)| *directive == name);
        found.map_or("", |(_, value)| value)
    }

    /// The nginx locations. Prefixes match whole path elements: `/api/posts` is not a prefix of `/api/postscript`.
    pub(super) fn locations(&self) -> Vec<String> {
        let path = self.path.trim_end_matches('/');
        match self.kind {
            PathType::Exact => vec![format!("= {}", self.path)],
            PathType::Prefix if path.is_empty() => vec!["/".to_owned()],
            PathType::Prefix => vec![format!("{path}/"), format!("= {path}")],
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ingress {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    ingress_class_name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    paths: Vec<HttpPath>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpPath {
    path: String,
    path_type: PathType,
    backend: Backend,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum PathType {
    Prefix,
    Exact,
}

#[derive(Debug, Deserialize)]
struct Backend {
    service: BackendService,
}

#[derive(Debug, Deserialize)]
struct BackendService {
    name: String,
    port: BackendPort,
}

#[derive(Debug, Deserialize)]
struct BackendPort {
    name: String,
}

pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Route>> {
    let yaml = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&yaml).with_context(|| format!("{} cannot be used", file.display()))
}

pub(super) fn parse(yaml: &str) -> anyhow::Result<Vec<Route>> {
    let mut routes = Vec::new();
    for ingress in serde_saphyr::from_multiple::<Ingress>(yaml)? {
        let name = ingress.metadata.name.clone();
        routes.extend(object(ingress).with_context(|| format!("the object {name:?}"))?);
    }
    ensure!(!routes.is_empty(), "it has no route");
    Ok(routes)
}

fn object(ingress: Ingress) -> anyhow::Result<Vec<Route>> {
    ensure!(
        ingress.api_version == "networking.k8s.io/v1" && ingress.kind == "Ingress",
        "it is not an Ingress of networking.k8s.io/v1"
    );
    ensure!(
        ingress.spec.ingress_class_name == "nginx",
        "its ingressClassName is not nginx"
    );
    let directives = directives(&ingress.metadata.annotations)?;
    let paths = ingress.spec.rules.into_iter().flat_map(|rule| rule.http.paths);
    let route = |entry: HttpPath| {
        let (path, service) = (entry.path, entry.backend.service);
        ensure!(
            is_plain(&path) && path.starts_with('/'),
            "{path:?} is not a plain path"
        );
        ensure!(
            is_plain(&service.name),
            "{:?} is not the name of a service",
            service.name
        );
        ensure!(
            service.port.name == "http",
            "the service port of {path} is not named http"
        );
        Ok(Route {
            path,
            kind: entry.path_type,
            service: service.name,
            directives: directives.clone(),
        })
    };
    paths.map(route).collect()
}

fn directives(annotations: &BTreeMap<String, String>) -> anyhow::Result<Vec<(&'static str, String)>> {
    let own = annotations
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
    let own: BTreeMap<_, _> = own.collect();
    for (name, value) in &own {
        let known = ANNOTATIONS.iter().any(|(annotation, ..)| annotation == name) || IGNORED.contains(name);
        ensure!(known, "the gateway does not know the annotation {name}");
        ensure!(
            is_plain(&value.replace(' ', "")),
            "the annotation {name} cannot have the value {value:?}"
        );
    }
    let all = ANNOTATIONS.iter().map(|(name, directive, unit, default)| {
        let value = own.get(name).map_or(*default, |value| value.as_str());
        (*directive, format!("{value}{unit}"))
    });
    Ok(all.collect())
}

/// Whether a text means the same in nginx's configuration, where braces, quotes and `$` are special.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_.-~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{paths::Paths, services};

    fn ingress(annotations: &str, path: &str, kind: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: blog\n  annotations: {{{annotations}}}\n\
             spec:\n  ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n          \
             - {{ path: {path}, pathType: {kind}, backend: {{ service: {{ name: a, port: {{ name: http }} }} }} }}\n"
        )
    }

    #[test]
    fn annotations_apply_to_their_object_alone() {
        let annotations = "nginx.ingress.kubernetes.io/proxy-body-size: 512k, \
                           nginx.ingress.kubernetes.io/proxy-read-timeout: '3600', cert-manager.io/cluster-issuer: x";
        let yaml = [ingress(annotations, "/a", "Prefix"), ingress("", "/b", "Exact")].join("---\n");
        let routes = parse(&yaml).unwrap();
        assert_eq!(routes[0].locations(), ["/a/", "= /a"]);
        assert_eq!(routes[0].directive("client_max_body_size"), "512k");
        assert_eq!(routes[0].directive("proxy_read_timeout"), "3600s");
        assert_eq!(routes[1].locations(), ["= /b"]);
        assert_eq!(routes[1].directive("client_max_body_size"), "1m");
        assert_eq!(routes[1].directive("proxy_read_timeout"), "60s");
    }

    #[test]
    fn what_the_gateway_would_handle_differently_is_rejected() {
        let error = |yaml: &str| format!("{:#}", parse(yaml).unwrap_err());
        assert!(error(&ingress("", "/a", "ImplementationSpecific")).contains("ImplementationSpecific"));
        assert!(error(&ingress("", "'/a { }'", "Prefix")).contains("plain path"));
        let rewrite = ingress("nginx.ingress.kubernetes.io/rewrite-target: /", "/a", "Prefix");
        assert!(error(&rewrite).contains("rewrite-target"));
        let injection = ingress(
            "nginx.ingress.kubernetes.io/proxy-body-size: '1m; x'",
            "/a",
            "Prefix",
        );
        assert!(error(&injection).contains("proxy-body-size"));
        assert!(
            error(&ingress("", "/a", "Prefix").replace("kind: Ingress", "kind: X"))
                .contains("not an Ingress")
        );
        assert!(error("").contains("no route"));
    }

    #[test]
    fn our_own_ingress_routes_to_every_service() {
        let routes = read(&Paths::find().unwrap().root.join("ingress.yaml")).unwrap();
        for service in services::SERVICES {
            let routed = routes.iter().any(|route| route.service == service.name);
            assert!(routed, "no route to {}", service.name);
        }
        for route in &routes {
            assert!(services::by_name(&route.service).is_ok(), "{route:?}");
        }
    }
}
