//! The routes of the three gateways are equal: ingress-nginx and the development gateway, which read ingress.yaml, and
//! GKE's Gateway. So are their timeouts.

use super::{
    findings::Findings,
    object::{Object, list, text},
    references::workload,
    render::{self, GATEWAY, INGRESS, WorkingCopy},
};
use crate::{gateway, paths::Paths};
use std::collections::BTreeMap;

/// The prefixes with the workload and the timeout in seconds.
type Routes = BTreeMap<String, (String, u64)>;

pub(super) async fn check(paths: &Paths, copy: &WorkingCopy) -> anyhow::Result<Findings> {
    let nginx = of_ingress(&render::render(paths, copy, &INGRESS).await?.objects);
    let gke = of_gateway(&render::render(paths, copy, &GATEWAY).await?.objects);
    let development: Routes = gateway::routes(paths)?
        .into_iter()
        .map(|route| (route.prefix, (route.service, route.read_timeout)))
        .collect();
    let mut found = difference("the Gateway", &gke, &nginx);
    found.extend(difference("the development gateway", &development, &nginx));
    Ok(found)
}

fn difference(what: &str, routes: &Routes, nginx: &Routes) -> Findings {
    let paths = routes.keys().chain(nginx.keys());
    let mut paths: Vec<_> = paths
        .filter(|path| routes.get(*path) != nginx.get(*path))
        .collect();
    paths.dedup();
    let of = |routes: &Routes, path: &str| match routes.get(path) {
        Some((workload, timeout)) => format!("to {workload} with {timeout} s"),
        None => "nowhere".to_owned(),
    };
    paths
        .into_iter()
        .map(|path| {
            format!(
                "{what} routes {path} {}, and ingress-nginx {}",
                of(routes, path),
                of(nginx, path)
            )
        })
        .collect()
}

fn of_ingress(objects: &[Object]) -> Routes {
    let mut routes = Routes::new();
    for ingress in objects.iter().filter(|object| object.kind == "Ingress") {
        let timeout =
            &ingress.value["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"];
        let timeout = text(timeout).parse().unwrap_or(60);
        for rule in list(&ingress.spec()["rules"]) {
            for path in list(&rule["http"]["paths"]) {
                let service = text(&path["backend"]["service"]["name"]);
                let key = format!(
                    "{}{}",
                    text(&path["path"]),
                    suffix(text(&path["pathType"]), "Prefix")
                );
                routes.insert(key, (workload_of(objects, service), timeout));
            }
        }
    }
    routes
}

fn of_gateway(objects: &[Object]) -> Routes {
    let mut routes = Routes::new();
    let https = |object: &&Object| {
        object.kind == "HTTPRoute" && object.spec()["parentRefs"][0]["sectionName"] == "https"
    };
    for route in objects.iter().filter(https) {
        for rule in list(&route.spec()["rules"]) {
            let service = text(&rule["backendRefs"][0]["name"]);
            let policy = objects.iter().find(|object| {
                object.kind == "GCPBackendPolicy" && object.spec()["targetRef"]["name"] == service
            });
            let timeout = policy.and_then(|policy| policy.spec()["default"]["timeoutSec"].as_u64());
            for condition in list(&rule["matches"]) {
                let path = &condition["path"];
                let key = format!(
                    "{}{}",
                    text(&path["value"]),
                    suffix(text(&path["type"]), "PathPrefix")
                );
                // Google's default.
                routes.insert(key, (workload_of(objects, service), timeout.unwrap_or(30)));
            }
        }
    }
    routes
}

/// Marks a path that is not a prefix.
fn suffix(kind: &str, prefix: &str) -> String {
    if kind == prefix {
        String::new()
    } else {
        format!(" ({kind})")
    }
}

fn workload_of(objects: &[Object], service: &str) -> String {
    let service = objects
        .iter()
        .find(|object| object.kind == "Service" && object.name == service);
    let workload = service.and_then(|service| workload(objects, service));
    workload.map_or_else(|| "nothing".to_owned(), |workload| workload.name.clone())
}
