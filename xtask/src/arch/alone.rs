//! Services are bolted on by events alone: whoever consumes nothing of a service knows nothing of it.
//!
//! What a service says and consumes stands in the topology. A service added later changes the sources of those who
//! begin to hear it, and of nobody else; these rules hold that to be so for every service, old and new.

use std::collections::HashMap;

use common::event::{
    AggregateKind, event_types,
    topology::{SERVICES, ServiceSpec, service},
};

use super::{Violation, source::Tree, words::Word};

const HEARD: &str = "a service names the events that it says or consumes by the topology, and no others";

pub(super) fn services_name_what_they_say_or_hear(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for spec in tree.services().filter_map(service) {
        let (kinds, consumers) = (strangers(spec), consumers_of_others(spec));
        for source in tree.module(spec.name, "") {
            for word in source.words() {
                let of_kind = kinds
                    .get(word.text)
                    .filter(|name| !name.variant || is_variant(&word));
                let what = match (of_kind, consumers.get(word.text)) {
                    (Some(name), _) => {
                        format!("names {}, and consumes nothing of any {}", word.text, name.kind)
                    }
                    (None, Some(other)) => format!("names {}, a consumer of {other}", word.text),
                    (None, None) => continue,
                };
                found.push(source.violation(word.line, HEARD, what));
            }
        }
    }
    found
}

/// A name that tells a kind of aggregate.
struct Name {
    kind: &'static str,
    /// Only as a variant of an enum of the contract: the word alone may be anything.
    variant: bool,
}

/// `Verdict`, `VerdictFact` and `VerdictState` of each kind that it neither owns nor consumes anything of.
fn strangers(spec: &ServiceSpec) -> HashMap<String, Name> {
    let consumes = |kind: &AggregateKind| {
        let mut types = event_types()
            .iter()
            .filter(|event_type| event_type.aggregate == *kind);
        types.any(|event_type| {
            spec.consumers
                .iter()
                .any(|consumer| consumer.consumes(event_type))
        })
    };
    let unknown = AggregateKind::ALL
        .iter()
        .filter(|kind| spec.projection.is_none() && kind.owner() != spec.name && !consumes(kind));
    let names = unknown.flat_map(|kind| {
        let (kind, name) = (kind.as_str(), type_name(kind.as_str()));
        [("", true), ("Fact", false), ("State", false)]
            .map(|(end, variant)| (format!("{name}{end}"), Name { kind, variant }))
    });
    names.collect()
}

/// `Event::Verdict`, `AggregateKind::Verdict`.
fn is_variant(word: &Word<'_>) -> bool {
    word.is_associated() && ["Event", "AggregateKind"].contains(&word.receiver_type())
}

/// `COMMENTS_POSTS` belongs to comments.
fn consumers_of_others(spec: &ServiceSpec) -> HashMap<String, &'static str> {
    let others = SERVICES.iter().filter(|other| other.name != spec.name);
    let consumers = others.flat_map(|other| {
        let names = other.consumers.iter();
        names.map(|consumer| (consumer.name.replace('-', "_").to_uppercase(), other.name))
    });
    consumers.collect()
}

/// `dead_letter` is `DeadLetter`.
fn type_name(kind: &str) -> String {
    let parts = kind.split('_').map(|part| {
        let mut letters = part.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    });
    parts.collect()
}

const ASKED: &str = "a service asks no other service: what it must know it learns from the log";
/// It asks the services as a browser would, and is no part of them.
const FRONT: &str = "web";

pub(super) fn services_do_not_call_services(tree: &Tree) -> Vec<Violation> {
    let services: Vec<&str> = tree.services().filter(|service| *service != FRONT).collect();
    let mut found = Vec::new();
    for name in &services {
        for other in services.iter().filter(|other| *other != name) {
            let address = prefix(other);
            for source in tree.module(name, "") {
                let lines = source.lines_with(&address);
                let what = || format!("spells an address of {other}");
                found.extend(lines.map(|line| source.violation(line, ASKED, what())));
            }
        }
    }
    found
}

/// Where its API is; `ingress.yaml` routes by it.
fn prefix(service: &str) -> String {
    match service {
        "auth" => "/api/users".to_owned(),
        service => format!("/api/{service}"),
    }
}
