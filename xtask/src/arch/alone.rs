//! Services are bolted on by events alone: whoever hears nothing of a service knows nothing of it.
//!
//! What a service says and hears stands in the topology. A service added later changes the sources of those who
//! begin to hear it, and of nobody else; these rules hold that to be so for every service, old and new.

use std::collections::BTreeSet;

use common::event::{
    AggregateKind, event_types,
    topology::{SERVICES, ServiceSpec, service},
};

use super::{Violation, source::Tree, words::Word};

const HEARD: &str = "a service names the events that it says or hears by the topology, and no others";

pub(super) fn services_name_what_they_say_or_hear(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for spec in tree.services().filter_map(service) {
        let known = known_to(spec);
        for source in tree.module(spec.name, "") {
            for word in source.words() {
                let what = stranger(&word, &known).or_else(|| consumer_of_another(&word, spec));
                found.extend(what.map(|what| source.violation(word.line, HEARD, what)));
            }
        }
    }
    found
}

/// The kinds of aggregate it owns or hears something of.
fn known_to(spec: &ServiceSpec) -> BTreeSet<&'static str> {
    let heard = event_types().iter().filter(|event_type| {
        spec.projection.is_some() || spec.consumers.iter().any(|consumer| consumer.hears(event_type))
    });
    let heard = heard.map(|event_type| event_type.aggregate);
    heard
        .chain(spec.aggregates())
        .map(AggregateKind::as_str)
        .collect()
}

/// `Event::Verdict`, `AggregateKind::Verdict`, `VerdictFact`, `VerdictState`.
fn stranger(word: &Word<'_>, known: &BTreeSet<&'static str>) -> Option<String> {
    let kinds = AggregateKind::ALL.iter().map(|kind| kind.as_str());
    let names = |kind: &&str| {
        let name = type_name(kind);
        let variant = word.is_associated() && ["Event", "AggregateKind"].contains(&word.receiver_type());
        (variant && word.text == name)
            || [format!("{name}Fact"), format!("{name}State")].contains(&word.text.to_owned())
    };
    let kind = kinds.filter(|kind| !known.contains(kind)).find(names)?;
    Some(format!("names {}, and hears nothing of any {kind}", word.text))
}

/// `COMMENTS_POSTS` belongs to comments.
fn consumer_of_another(word: &Word<'_>, spec: &ServiceSpec) -> Option<String> {
    let others = SERVICES.iter().filter(|other| other.name != spec.name);
    let constant = |name: &str| name.replace('-', "_").to_uppercase();
    let names = |other: &&ServiceSpec| {
        other
            .consumers
            .iter()
            .any(|consumer| constant(consumer.name) == word.text)
    };
    let other = others.into_iter().find(names)?;
    Some(format!("names {}, a consumer of {}", word.text, other.name))
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
