//! The network policies allow what the services dial, and nothing else.
//!
//! What a service dials follows from the table by which `cargo xtask up` sets its addresses: the bus always, its own
//! database, and the other services if it is their client.

use super::{
    findings::Findings,
    network_peers::{Direction, Edge, allowed, workloads},
    object::{Object, text},
    pods,
};
use crate::services::SERVICES;
use std::collections::BTreeSet;

const NATS: &str = "4222";
const NATS_ROUTES: &str = "6222";
const MONGODB: &str = "27017";
const API: &str = "3000";
const OPS: &str = "9090";
const OTLP: &str = "4318";
const COLLECTOR: &str = "otel-collector";
/// Workloads that send data to Google's APIs: with a bucket, and the exporter of traces.
const ANYWHERE: &str = "0.0.0.0/0";
const METADATA_SERVER: [&str; 2] = ["169.254.169.252/32", "169.254.169.254/32"];
const DNS: [&str; 3] = ["169.254.169.254/32", "169.254.20.10/32", "kube-system"];

pub(super) fn check(objects: &[Object]) -> Findings {
    let mut found = default_deny(objects);
    found.extend(services_exist(objects));
    let expected = inside(objects);
    for (direction, what) in [(Direction::Ingress, "ingress"), (Direction::Egress, "egress")] {
        let actual = allowed(objects, direction);
        found.extend(difference(what, &expected, &actual.inside));
        found.extend(difference(what, &outside(objects, direction), &actual.outside));
    }
    found
}

fn difference(what: &str, expected: &BTreeSet<Edge>, actual: &BTreeSet<Edge>) -> Findings {
    let describe = |(from, to, port): &Edge| format!("{from} → {to}:{port}");
    let missing = expected
        .difference(actual)
        .map(|edge| format!("no policy allows the {what} {}", describe(edge)));
    let needless = actual.difference(expected).map(|edge| {
        format!(
            "a policy allows the {what} {}, which nothing dials",
            describe(edge)
        )
    });
    missing.chain(needless).collect()
}

fn default_deny(objects: &[Object]) -> Findings {
    let denies = |object: &Object| {
        let spec = object.spec();
        object.kind == "NetworkPolicy"
            && spec["podSelector"]
                .as_object()
                .is_some_and(serde_json::Map::is_empty)
            && spec["policyTypes"] == serde_json::json!(["Ingress", "Egress"])
            && spec["ingress"].is_null()
            && spec["egress"].is_null()
    };
    match objects.iter().any(denies) {
        true => Findings::new(),
        false => vec!["no network policy denies everything that no other allows".to_owned()],
    }
}

fn services_exist(objects: &[Object]) -> Findings {
    let exists = |name: &str| {
        objects
            .iter()
            .any(|object| object.kind == "Deployment" && object.name == name)
    };
    let missing = SERVICES.iter().filter(|service| !exists(service.name));
    missing
        .map(|service| format!("there is no Deployment {}", service.name))
        .collect()
}

fn edge(from: &str, to: &str, port: &str) -> Edge {
    (from.to_owned(), to.to_owned(), port.to_owned())
}

fn inside(objects: &[Object]) -> BTreeSet<Edge> {
    let names: Vec<_> = workloads(objects).map(|object| object.name.as_str()).collect();
    let mut edges = BTreeSet::from([edge("nats", "nats", NATS_ROUTES)]);
    for service in SERVICES {
        edges.insert(edge(service.name, "nats", NATS));
        let database = format!("{}-mongodb", service.name);
        if service.database && names.contains(&database.as_str()) {
            edges.insert(edge(service.name, &database, MONGODB));
            edges.insert(edge(&database, &database, MONGODB));
            for job in names
                .iter()
                .filter(|name| name.starts_with(&format!("{database}-")))
            {
                edges.insert(edge(job, &database, MONGODB));
            }
        }
        if names.contains(&COLLECTOR) {
            edges.insert(edge(service.name, COLLECTOR, OTLP));
        }
        for other in SERVICES
            .iter()
            .filter(|other| service.client && other.name != service.name)
        {
            edges.insert(edge(service.name, other.name, API));
        }
    }
    // The other workloads that have the address of the bus.
    for object in workloads(objects).filter(|object| !object.serves()) {
        let dials = pods::containers(object)
            .any(|container| pods::environment(objects, container).contains_key("NATS_URL"));
        if dials {
            edges.insert(edge(&object.name, "nats", NATS));
        }
    }
    edges
}

fn outside(objects: &[Object], direction: Direction) -> BTreeSet<Edge> {
    let mut edges = BTreeSet::new();
    let has = |kind: &str, name: &str| {
        objects
            .iter()
            .any(|object| object.kind == kind && object.name == name)
    };
    for object in workloads(objects).filter(|_| direction == Direction::Egress) {
        edges.extend(DNS.map(|server| edge(&object.name, server, "53")));
        let to_bucket = pods::pod(object)["volumes"].as_array().into_iter().flatten();
        let to_bucket = to_bucket
            .into_iter()
            .any(|volume| text(&volume["csi"]["driver"]).starts_with("gcsfuse"));
        if to_bucket || object.name == COLLECTOR {
            edges.insert(edge(&object.name, ANYWHERE, "443"));
            for server in METADATA_SERVER {
                edges.extend(["80", "988"].map(|port| edge(&object.name, server, port)));
            }
        }
    }
    if direction == Direction::Egress {
        return edges;
    }
    for service in SERVICES {
        if has("Ingress", "blog") {
            edges.insert(edge("ingress-nginx", service.name, API));
        }
        if has("Gateway", "blog") {
            for range in ["130.211.0.0/22", "35.191.0.0/16"] {
                edges.extend([API, OPS].map(|port| edge(range, service.name, port)));
            }
        }
        if has("PodMonitoring", "services") {
            edges.insert(edge("gmp-system+gke-gmp-system", service.name, OPS));
        }
    }
    if has("PodMonitoring", "nats") {
        edges.insert(edge("gmp-system+gke-gmp-system", "nats", "7777"));
    }
    edges
}
