//! The graph: services, the aggregates that they publish, the readers, and the facts that those consume.

use common::event::{
    AggregateKind, event_types,
    topology::{SERVICES, subject_matches},
};
use serde::Serialize;

use crate::readers::{Kind, Reader, State};

/// The publishers and readers of every aggregate.
#[derive(Debug, Serialize)]
pub(super) struct Graph {
    /// In the order of the registry.
    pub(super) aggregates: Vec<Aggregate>,
    /// In the order of the services, then undeclared ones.
    pub(super) readers: Vec<Node>,
}

/// One kind of aggregate.
#[derive(Debug, Serialize)]
pub(super) struct Aggregate {
    pub(super) name: &'static str,
    /// The service that publishes its events.
    pub(super) publisher: &'static str,
    pub(super) facts: Vec<&'static str>,
}

/// A reader.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The service that declares it; null if none does.
    pub(super) service: Option<&'static str>,
    pub(super) status: Status,
    pub(super) consumes: Vec<Consumed>,
}

/// The facts of one aggregate that a reader consumes.
#[derive(Debug, Serialize)]
pub(super) struct Consumed {
    pub(super) aggregate: &'static str,
    /// Whether these are all facts of the aggregate.
    pub(super) all: bool,
    pub(super) facts: Vec<&'static str>,
}

/// The status of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// Declared; not compared with the server.
    Declared,
    /// Declared, and on the server.
    Ok,
    /// Declared, but not on the server.
    Missing,
    /// On the server, but not declared.
    Undeclared,
}

impl Status {
    /// The remark in the output.
    pub(super) fn remark(self) -> &'static str {
        match self {
            Self::Declared | Self::Ok => "",
            Self::Missing => "missing",
            Self::Undeclared => "not declared",
        }
    }
}

impl Graph {
    /// The graph as declared.
    pub(super) fn declared() -> Self {
        let of_service = |service: &'static common::event::topology::ServiceSpec| {
            let node = |name: &str, kind, subjects: &[&str]| Node {
                name: name.to_owned(),
                kind,
                service: Some(service.name),
                status: Status::Declared,
                consumes: consumed(subjects),
            };
            let consumers = service
                .consumers
                .iter()
                .map(move |consumer| node(consumer.name, Kind::Consumer, &[consumer.filter_subject]));
            let projection = service
                .projection
                .map(|name| node(name, Kind::Projection, &[">"]));
            consumers.chain(projection)
        };
        Self {
            aggregates: AggregateKind::ALL.iter().copied().map(aggregate).collect(),
            readers: SERVICES.iter().flat_map(of_service).collect(),
        }
    }

    /// The graph compared with the server's readers.
    pub(super) fn live(readers: &[Reader]) -> Self {
        let node = |reader: &Reader| {
            let subjects: Vec<&str> = match reader.subjects.is_empty() {
                true => vec![">"],
                false => reader.subjects.iter().map(String::as_str).collect(),
            };
            Node {
                name: reader.name.clone(),
                kind: reader.kind,
                service: reader.service,
                status: match (reader.state, reader.is_declared()) {
                    (State::Missing, _) => Status::Missing,
                    (_, true) => Status::Ok,
                    (_, false) => Status::Undeclared,
                },
                consumes: consumed(&subjects),
            }
        };
        Self {
            readers: readers.iter().map(node).collect(),
            ..Self::declared()
        }
    }

    /// The publishing services, each with its aggregates.
    pub(super) fn publishers(&self) -> Vec<(&'static str, Vec<&Aggregate>)> {
        let mut publishers: Vec<(&'static str, Vec<&Aggregate>)> = Vec::new();
        for aggregate in &self.aggregates {
            match publishers
                .iter_mut()
                .find(|(name, _)| *name == aggregate.publisher)
            {
                Some((_, aggregates)) => aggregates.push(aggregate),
                None => publishers.push((aggregate.publisher, vec![aggregate])),
            }
        }
        publishers
    }
}

fn aggregate(kind: AggregateKind) -> Aggregate {
    let facts = facts(kind, &[">"]);
    Aggregate {
        name: kind.as_str(),
        publisher: kind.owner(),
        facts,
    }
}

/// The facts of `kind` that match one of `subjects`, each once for all versions of its type.
fn facts(kind: AggregateKind, subjects: &[&str]) -> Vec<&'static str> {
    let mut facts = Vec::new();
    for event_type in event_types()
        .iter()
        .filter(|event_type| event_type.aggregate == kind)
    {
        let subject = event_type.subject("id");
        let reaches = subjects.iter().any(|pattern| subject_matches(pattern, &subject));
        if reaches && !facts.contains(&event_type.fact) {
            facts.push(event_type.fact);
        }
    }
    facts
}

fn consumed(subjects: &[&str]) -> Vec<Consumed> {
    let of_kind = |kind: &AggregateKind| {
        let found = facts(*kind, subjects);
        (!found.is_empty()).then(|| Consumed {
            aggregate: kind.as_str(),
            all: found.len() == facts(*kind, &[">"]).len(),
            facts: found,
        })
    };
    AggregateKind::ALL.iter().filter_map(of_kind).collect()
}
