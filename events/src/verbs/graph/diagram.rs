//! The graph as diagrams: publishers on the left, aggregates in the middle, readers on the right.

use std::fmt::Write as _;

use super::model::{Consumed, Graph, Node, Status};

/// A Mermaid flowchart.
pub(super) fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (service, aggregates) in graph.publishers() {
        let _ = writeln!(out, "  svc_{}([\"{service}\"])", id(service));
        for aggregate in aggregates {
            let _ = writeln!(
                out,
                "  svc_{} --> evt_{}[(\"{}\")]",
                id(service),
                id(aggregate.name),
                aggregate.name
            );
        }
    }
    for reader in &graph.readers {
        let _ = writeln!(
            out,
            "  rdr_{}[\"{}\"]",
            id(&reader.name),
            lines(reader).join("<br/>")
        );
        for consumed in &reader.consumes {
            let arrow = match reader.status {
                Status::Missing => "-.->",
                _ => "-->",
            };
            let label = label(consumed).map_or(String::new(), |label| format!("|\"{label}\"|"));
            let (from, to) = (id(consumed.aggregate), id(&reader.name));
            let _ = writeln!(out, "  evt_{from} {arrow}{label} rdr_{to}");
        }
        if let Status::Missing | Status::Undeclared = reader.status {
            let _ = writeln!(out, "  class rdr_{} wrong", id(&reader.name));
        }
    }
    if out.contains(" wrong\n") {
        out.push_str("  classDef wrong stroke:#d33,stroke-width:2px,stroke-dasharray:4\n");
    }
    out
}

/// Graphviz's language.
pub(super) fn dot(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph events {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", shape=box, style=rounded];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (service, aggregates) in graph.publishers() {
        let _ = writeln!(
            out,
            "  {} [label={}, shape=oval];",
            quoted(&format!("service {service}")),
            quoted(service)
        );
        for aggregate in aggregates {
            let name = quoted(&format!("event {}", aggregate.name));
            let label = format!("{}\n{}", aggregate.name, aggregate.facts.join("\n"));
            let _ = writeln!(out, "  {name} [label={}, shape=cylinder];", quoted(&label));
            let _ = writeln!(out, "  {} -> {name};", quoted(&format!("service {service}")));
        }
    }
    for reader in &graph.readers {
        let name = quoted(&format!("reader {}", reader.name));
        let style = match reader.status {
            Status::Declared | Status::Ok => "",
            Status::Missing | Status::Undeclared => ", color=red, style=\"rounded,dashed\"",
        };
        let _ = writeln!(
            out,
            "  {name} [label={}{style}];",
            quoted(&lines(reader).join("\n"))
        );
        for consumed in &reader.consumes {
            let mut attributes: Vec<String> = Vec::new();
            attributes.extend(label(consumed).map(|label| format!("label={}", quoted(&label))));
            attributes.extend((reader.status == Status::Missing).then(|| "style=dashed".to_owned()));
            let from = quoted(&format!("event {}", consumed.aggregate));
            let _ = writeln!(out, "  {from} -> {name} [{}];", attributes.join(", "));
        }
    }
    out.push_str("}\n");
    out
}

/// The label of a reader's box.
pub(super) fn lines(reader: &Node) -> Vec<String> {
    let mut lines = vec![reader.service.unwrap_or(&reader.name).to_owned()];
    if reader.service.is_some_and(|service| service != reader.name) {
        lines.push(reader.name.clone());
    } else {
        lines.push(reader.kind.as_str().to_owned());
    }
    if !reader.status.remark().is_empty() {
        lines.push(reader.status.remark().to_owned());
    }
    lines
}

/// The label of an arrow; none if all facts are consumed.
fn label(consumed: &Consumed) -> Option<String> {
    (!consumed.all).then(|| consumed.facts.join(", "))
}

/// A valid Mermaid identifier.
fn id(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(plain).collect()
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}
