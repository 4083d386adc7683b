//! What the network policies allow, as edges between workloads.

use super::{
    object::{Labels, Object, labels, list, selects, text},
    pods,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// From, to, port. The other end is a workload's name, or a description of what is outside of the namespace.
pub(super) type Edge = (String, String, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// What the policies of one direction allow.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// Between two workloads of the namespace.
    pub(super) inside: BTreeSet<Edge>,
    /// From or to elsewhere.
    pub(super) outside: BTreeSet<Edge>,
}

pub(super) fn allowed(objects: &[Object], direction: Direction) -> Allowed {
    let mut allowed = Allowed::default();
    let (kind, rules, peers) = match direction {
        Direction::Ingress => ("Ingress", "ingress", "from"),
        Direction::Egress => ("Egress", "egress", "to"),
    };
    for policy in objects.iter().filter(|object| object.kind == "NetworkPolicy") {
        let spec = policy.spec();
        if !list(&spec["policyTypes"]).contains(&kind.into()) {
            continue;
        }
        for object in workloads(objects).filter(|object| selects(&spec["podSelector"], &object.pod_labels()))
        {
            for rule in list(&spec[rules]) {
                for peer in list(&rule[peers]) {
                    add(
                        &mut allowed,
                        objects,
                        direction,
                        object,
                        peer,
                        list(&rule["ports"]),
                    );
                }
            }
        }
    }
    allowed
}

pub(super) fn workloads(objects: &[Object]) -> impl Iterator<Item = &Object> {
    objects.iter().filter(|object| object.template().is_some())
}

fn add(
    allowed: &mut Allowed,
    objects: &[Object],
    direction: Direction,
    object: &Object,
    peer: &Value,
    ports: &[Value],
) {
    let edge = |from: &str, to: &str, port: String| match direction {
        Direction::Egress => (from.to_owned(), to.to_owned(), port),
        Direction::Ingress => (to.to_owned(), from.to_owned(), port),
    };
    if let Some(outside) = outside(peer) {
        for port in ports {
            // A named port is one of the pods of the policy or of the peer; outside there are only numbers.
            let number = pods::port(object, &port["port"])
                .map_or_else(|| port["port"].to_string(), |port| port.to_string());
            allowed.outside.insert(edge(&object.name, &outside, number));
        }
        return;
    }
    for other in workloads(objects).filter(|other| selects(&peer["podSelector"], &other.pod_labels())) {
        let server = if direction == Direction::Egress {
            other
        } else {
            object
        };
        for port in ports {
            if let Some(number) = pods::port(server, &port["port"]) {
                allowed
                    .inside
                    .insert(edge(&object.name, &other.name, number.to_string()));
            }
        }
    }
}

/// A peer that is not a pod of this namespace.
fn outside(peer: &Value) -> Option<String> {
    if let Some(cidr) = peer["ipBlock"]["cidr"].as_str() {
        return Some(cidr.to_owned());
    }
    let selector = peer.get("namespaceSelector")?;
    let named: Labels = labels(&selector["matchLabels"]);
    let listed = list(&selector["matchExpressions"]).iter();
    let listed = listed.flat_map(|expression| list(&expression["values"]));
    let names: Vec<_> = named
        .values()
        .map(String::as_str)
        .chain(listed.map(text))
        .collect();
    Some(names.join("+"))
}
