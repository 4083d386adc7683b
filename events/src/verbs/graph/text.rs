//! The graph as text.

use std::fmt::Write as _;

use super::model::{Graph, Node, Status};

/// Each service with the aggregates that it publishes and their readers.
pub(super) fn text(graph: &Graph) -> String {
    let mut text = String::new();
    for (service, aggregates) in graph.publishers() {
        let _ = writeln!(text, "{service}");
        for aggregate in aggregates {
            let _ = writeln!(
                text,
                "  publishes {}: {}",
                aggregate.name,
                aggregate.facts.join(", ")
            );
            for (reader, consumed) in readers_of(graph, aggregate.name) {
                let what = if consumed.all {
                    "all".to_owned()
                } else {
                    consumed.facts.join(", ")
                };
                let _ = writeln!(text, "    -> {}: {what}{}", who(reader), remark(reader));
            }
        }
    }
    let deaf = graph.readers.iter().filter(|reader| reader.consumes.is_empty());
    for reader in deaf {
        let _ = writeln!(text, "{}: consumes nothing{}", who(reader), remark(reader));
    }
    text
}

/// The readers of the aggregate and the facts that they consume.
fn readers_of<'a>(
    graph: &'a Graph,
    aggregate: &'a str,
) -> impl Iterator<Item = (&'a Node, &'a super::model::Consumed)> {
    let consumes = move |reader: &'a Node| {
        let mut consumed = reader.consumes.iter();
        consumed
            .find(|consumed| consumed.aggregate == aggregate)
            .map(|consumed| (reader, consumed))
    };
    graph.readers.iter().filter_map(consumes)
}

/// `comments (comments-posts)`, `query (projection)`.
fn who(reader: &Node) -> String {
    match reader.service {
        Some(service) if service == reader.name => format!("{service} ({})", reader.kind.as_str()),
        Some(service) => format!("{service} ({})", reader.name),
        None => format!("{} ({})", reader.name, reader.kind.as_str()),
    }
}

fn remark(reader: &Node) -> String {
    match reader.status {
        Status::Declared | Status::Ok => String::new(),
        status => format!("  !! {}", status.remark()),
    }
}
