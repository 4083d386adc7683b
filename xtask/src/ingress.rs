//! Reads `ingress.yaml`, so that development routes by the very file the cluster uses.
//!
//! It knows what that file uses and refuses the rest: a route the gateway would treat otherwise than the
//! cluster does is worse than none.

use anyhow::{Context, bail, ensure};
use std::{cmp::Reverse, time::Duration};
use yaml_rust2::{Yaml, YamlLoader};

/// ingress-nginx's own defaults.
const BODY_LIMIT: u64 = 1 << 20;
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const ANNOTATIONS: &str = "nginx.ingress.kubernetes.io/";

/// One path and who answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub path: String,
    pub exact: bool,
    pub service: String,
    /// Bytes.
    pub body_limit: u64,
    /// From the end of the request to the beginning of the answer.
    pub read_timeout: Duration,
}

impl Route {
    /// Prefixes match whole path elements: `/api/posts` is not a prefix of `/api/postscript`.
    fn matches(&self, path: &str) -> bool {
        if self.exact || self.path == path {
            return self.path == path;
        }
        let rest = path.strip_prefix(self.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    }
}

/// All routes, the most special first.
#[derive(Debug)]
pub struct Routes(Vec<Route>);

impl Routes {
    pub fn parse(yaml: &str) -> anyhow::Result<Self> {
        let documents = YamlLoader::load_from_str(yaml).context("it is not YAML")?;
        let mut routes = Vec::new();
        for document in documents.iter().filter(|document| !document.is_null()) {
            let name = document["metadata"]["name"]
                .as_str()
                .context("an object has no metadata.name")?;
            routes.extend(object(document).with_context(|| format!("the object {name:?}"))?);
        }
        ensure!(!routes.is_empty(), "it has no route");
        routes
            .sort_by_cached_key(|route: &Route| Reverse((route.path.len(), route.path.clone(), route.exact)));
        if let Some(pair) = routes
            .windows(2)
            .find(|pair| pair[0].path == pair[1].path && pair[0].exact == pair[1].exact)
        {
            bail!("{} is routed twice", pair[0].path);
        }
        Ok(Self(routes))
    }

    pub fn find(&self, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.matches(path))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }
}

fn object(ingress: &Yaml) -> anyhow::Result<Vec<Route>> {
    let (api, kind) = (&ingress["apiVersion"], &ingress["kind"]);
    ensure!(
        api.as_str() == Some("networking.k8s.io/v1") && kind.as_str() == Some("Ingress"),
        "it is no Ingress of networking.k8s.io/v1"
    );
    ensure!(
        ingress["spec"]["ingressClassName"].as_str() == Some("nginx"),
        "its ingressClassName is not nginx"
    );
    let annotation =
        |name: &str| ingress["metadata"]["annotations"][format!("{ANNOTATIONS}{name}").as_str()].as_str();
    ensure!(
        annotation("rewrite-target").is_none(),
        "it rewrites paths; each service serves its full path"
    );
    let body_limit = annotation("proxy-body-size").map_or(Ok(BODY_LIMIT), size)?;
    let read_timeout = match annotation("proxy-read-timeout") {
        Some(seconds) => {
            Duration::from_secs(seconds.parse().context("proxy-read-timeout is not in seconds")?)
        }
        None => READ_TIMEOUT,
    };
    let mut routes = Vec::new();
    for rule in ingress["spec"]["rules"].as_vec().context("it has no rules")? {
        for path in rule["http"]["paths"]
            .as_vec()
            .context("a rule has no http.paths")?
        {
            let (path, exact, service) = one_path(path)?;
            routes.push(Route {
                path,
                exact,
                service,
                body_limit,
                read_timeout,
            });
        }
    }
    Ok(routes)
}

fn one_path(entry: &Yaml) -> anyhow::Result<(String, bool, String)> {
    let path = entry["path"].as_str().context("a path entry has no path")?;
    ensure!(
        path.starts_with('/'),
        "the path {path:?} does not begin with a slash"
    );
    let exact = match entry["pathType"].as_str() {
        Some("Prefix") => false,
        Some("Exact") => true,
        _ => bail!("the pathType of {path} is neither Prefix nor Exact"),
    };
    let service = &entry["backend"]["service"];
    ensure!(
        service["port"]["name"].as_str() == Some("http"),
        "the service port of {path} is not named http"
    );
    let service = service["name"]
        .as_str()
        .with_context(|| format!("{path} has no backend.service.name"))?;
    Ok((path.to_owned(), exact, service.to_owned()))
}

/// nginx's sizes: a number of bytes, or of `k`, `m`, `g`. Zero is no limit.
fn size(text: &str) -> anyhow::Result<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => bail!("{text:?} is not a size"),
    };
    let number: u64 = number
        .parse()
        .with_context(|| format!("{text:?} is not a size"))?;
    Ok(if number == 0 {
        u64::MAX
    } else {
        number.saturating_mul(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{places::Places, services};
    use std::fs;

    fn ingress(annotations: &str, path: &str, kind: &str, service: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: blog\n  annotations: {{{annotations}}}\n\
             spec:\n  ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n          \
             - {{ path: {path}, pathType: {kind}, backend: {{ service: {{ name: {service}, port: {{ name: http }} }} }} }}\n"
        )
    }

    fn routes(of: &[(&str, &str, &str)]) -> Routes {
        let objects: Vec<_> = of
            .iter()
            .map(|(path, kind, service)| ingress("", path, kind, service))
            .collect();
        Routes::parse(&objects.join("---\n")).unwrap()
    }

    fn answers<'a>(routes: &'a Routes, path: &str) -> Option<&'a str> {
        routes.find(path).map(|route| route.service.as_str())
    }

    #[test]
    fn the_longest_prefix_wins_and_elements_are_whole() {
        let routes = routes(&[
            ("/", "Prefix", "web"),
            ("/api/posts", "Prefix", "posts"),
            ("/api/posts/live", "Exact", "live"),
        ]);
        assert_eq!(answers(&routes, "/api/posts"), Some("posts"));
        assert_eq!(answers(&routes, "/api/posts/"), Some("posts"));
        assert_eq!(answers(&routes, "/api/posts/1/revisions"), Some("posts"));
        assert_eq!(answers(&routes, "/api/posts/live"), Some("live"));
        assert_eq!(answers(&routes, "/api/posts/live/x"), Some("posts"));
        assert_eq!(answers(&routes, "/api/postscript"), Some("web"));
        assert_eq!(answers(&routes, "/"), Some("web"));
    }

    #[test]
    fn without_a_route_for_the_root_the_rest_is_nobodys() {
        let routes = routes(&[("/api/posts", "Prefix", "posts")]);
        assert_eq!(answers(&routes, "/"), None);
        assert_eq!(answers(&routes, "/api"), None);
    }

    #[test]
    fn annotations_hold_for_their_object_alone() {
        let small = ingress(
            "nginx.ingress.kubernetes.io/proxy-body-size: 512k, nginx.ingress.kubernetes.io/proxy-read-timeout: '3600'",
            "/a",
            "Prefix",
            "a",
        );
        let routes = Routes::parse(&format!("{small}---\n{}", ingress("", "/b", "Prefix", "b"))).unwrap();
        let a = routes.find("/a").unwrap();
        assert_eq!(
            (a.body_limit, a.read_timeout),
            (512 << 10, Duration::from_secs(3600))
        );
        let b = routes.find("/b").unwrap();
        assert_eq!((b.body_limit, b.read_timeout), (BODY_LIMIT, READ_TIMEOUT));
    }

    #[test]
    fn what_the_gateway_would_do_otherwise_is_refused() {
        let refused = |yaml: &str| format!("{:#}", Routes::parse(yaml).unwrap_err());
        assert!(refused(&ingress("", "/a", "ImplementationSpecific", "a")).contains("pathType"));
        assert!(
            refused(&ingress(
                "nginx.ingress.kubernetes.io/rewrite-target: /",
                "/a",
                "Prefix",
                "a"
            ))
            .contains("rewrite")
        );
        assert!(
            refused(&ingress(
                "nginx.ingress.kubernetes.io/proxy-body-size: big",
                "/a",
                "Prefix",
                "a"
            ))
            .contains("size")
        );
        let twice = format!(
            "{}---\n{}",
            ingress("", "/a", "Prefix", "a"),
            ingress("", "/a", "Prefix", "b")
        );
        assert!(refused(&twice).contains("twice"));
        assert!(refused("kind: ConfigMap\napiVersion: v1\nmetadata: { name: x }").contains("no Ingress"));
        assert!(refused("").contains("no route"));
    }

    /// Whoever adds a service without its route, or a route without its service, consumes of it here.
    #[test]
    fn our_own_ingress_routes_to_every_service_of_the_table() {
        let yaml = fs::read_to_string(Places::find().unwrap().root.join("ingress.yaml")).unwrap();
        let routes = Routes::parse(&yaml).unwrap();
        for service in services::SERVICES {
            assert!(
                routes.iter().any(|route| route.service == service.name),
                "no route to {}",
                service.name
            );
        }
        for route in routes.iter() {
            assert!(
                services::by_name(&route.service).is_some(),
                "{} goes to an unknown service",
                route.path
            );
        }
        assert_eq!(answers(&routes, "/api/users/signup"), Some("auth"));
        let live = routes.find("/api/query/live").unwrap();
        assert!(
            live.read_timeout > routes.find("/api/query/posts").unwrap().read_timeout,
            "a stream stays quiet for long"
        );
    }
}
