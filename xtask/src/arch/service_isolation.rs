//! Services know each other by events alone: a service that consumes no event of another does not name it.
//!
//! The topology has what a service publishes and consumes. A service that is added later changes the sources of
//! those that begin to consume its events, and of no others; these rules check that for every service.

use super::{mentions::Name, violation::Violation, workspace::Workspace};
use common::event::{
    AggregateKind, event_types,
    topology::{SERVICES, ServiceSpec, service},
};

const EVENTS: &str =
    "a service names the events that it publishes or consumes by the topology, and no others";

pub(super) fn services_name_only_the_events_of_their_topology(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for spec in workspace.services().filter_map(service) {
        let kinds: Vec<_> = AggregateKind::ALL
            .iter()
            .filter(|kind| spec.projection.is_none() && kind.owner() != spec.name && !consumes(spec, **kind))
            .map(|kind| (kind.as_str(), type_name(kind.as_str())))
            .collect();
        let broken = |name: &Name| {
            let path = name.path();
            if let Some((consumer, owner)) = foreign_consumer(spec, path) {
                return Some(format!("names {consumer}, a consumer of {owner}"));
            }
            let (kind, _) = kinds.iter().find(|(_, kind)| names_kind(path, kind))?;
            Some(format!(
                "names {}, but consumes no event of any {kind}",
                path.last()?
            ))
        };
        found.extend(
            workspace
                .module(spec.name, "")
                .flat_map(|source| source.find(EVENTS, broken)),
        );
    }
    found
}

fn consumes(spec: &ServiceSpec, kind: AggregateKind) -> bool {
    let mut types = event_types()
        .iter()
        .filter(|event_type| event_type.aggregate == kind);
    types.any(|event_type| {
        spec.consumers
            .iter()
            .any(|consumer| consumer.consumes(event_type))
    })
}

/// `VerdictFact`, `VerdictState`, `Event::Verdict`, `AggregateKind::Verdict`. The word alone may be anything.
fn names_kind(path: &[String], kind: &str) -> bool {
    let types = [format!("{kind}Fact"), format!("{kind}State")];
    let variant = |pair: &[String]| ["Event", "AggregateKind"].contains(&pair[0].as_str()) && pair[1] == kind;
    path.iter().any(|element| types.contains(element)) || path.windows(2).any(variant)
}

/// `COMMENTS_POSTS` belongs to comments.
fn foreign_consumer<'a>(spec: &ServiceSpec, path: &'a [String]) -> Option<(&'a str, &'static str)> {
    let others = SERVICES.iter().filter(|other| other.name != spec.name);
    let mut consumers =
        others.flat_map(|other| other.consumers.iter().map(move |consumer| (consumer, other.name)));
    consumers.find_map(|(consumer, owner)| {
        let constant = consumer.name.replace('-', "_").to_uppercase();
        Some((path.iter().find(|element| **element == constant)?.as_str(), owner))
    })
}

/// `dead_letter` is `DeadLetter`.
fn type_name(kind: &str) -> String {
    let parts = kind.split('_').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    parts.collect()
}

const CALLS: &str = "a service calls no other service: what it needs to know it learns from the log";
/// It calls the services as a browser does, and is not part of them.
const FRONT_END: &str = "web";

pub(super) fn services_do_not_call_services(workspace: &Workspace) -> Vec<Violation> {
    let services: Vec<_> = workspace
        .services()
        .filter(|service| *service != FRONT_END)
        .collect();
    let mut found = Vec::new();
    for name in &services {
        let others: Vec<_> = services.iter().filter(|other| *other != name).collect();
        let broken = |name: &Name| {
            let Name::Text(text) = name else { return None };
            let other = others.iter().find(|other| text.contains(&api_prefix(other)))?;
            Some(format!("contains an address of {other}"))
        };
        found.extend(
            workspace
                .module(name, "")
                .flat_map(|source| source.find(CALLS, broken)),
        );
    }
    found
}

/// The path of its API in `ingress.yaml`.
pub(super) fn api_prefix(service: &str) -> String {
    match service {
        "auth" => "/api/users".to_owned(),
        service => format!("/api/{service}"),
    }
}
