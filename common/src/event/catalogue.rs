//! The catalogue of events as a page: `docs/events.md`.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    AggregateKind, EventType, event_types, examples,
    fields::fields,
    topology::{BUCKETS, BucketAccess, Flow, SERVICES, readers_of},
};

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    // Writing to a string cannot fail.
    let _ = overview(&mut page).and_then(|()| readers(&mut page));
    for kind in AggregateKind::ALL {
        let _ = aggregate(&mut page, *kind);
    }
    page
}

const INTRODUCTION: &str = "# The events

<!-- Generated from the registry in common/src/event; `UPDATE_CONTRACT=1 cargo test -p common --test contract_files`
     writes it. -->

Every event is in the stream `BLOG` under `blog.evt.<aggregate>.<aggregate id>.<fact>`: a CloudEvent in binary mode whose
body is the aggregate's whole public state after the fact, and whose header `ce-aggregateversion` is that state's
version. Apply states that are newer than yours and ignore the rest. Released types never change
([how they get new versions](adr/0005-event-versions.md)). In machine-readable form: [asyncapi.json](asyncapi.json),
[JSON Schemas](../common/contract/schemas).
";

fn overview(page: &mut String) -> std::fmt::Result {
    page.push_str("\n| type | what happened | published by | read by |\n|---|---|---|---|\n");
    for event_type in event_types() {
        writeln!(
            page,
            "| [`{}`](#{}) | {} | {} | {} |",
            event_type.name,
            event_type.name.replace('.', ""),
            event_type.meaning,
            publisher(event_type),
            reader_list(event_type),
        )?;
    }
    Ok(())
}

fn publisher(event_type: &EventType) -> &'static str {
    if event_type.current {
        event_type.aggregate.owner()
    } else {
        "no longer published"
    }
}

fn reader_list(event_type: &'static EventType) -> String {
    let readers = readers_of(event_type);
    let names: Vec<_> = readers
        .iter()
        .map(|flow| format!("`{}`", flow.reader()))
        .collect();
    names.join(", ")
}

fn readers(page: &mut String) -> std::fmt::Result {
    page.push_str("\n## Readers\n\n| reader | service | consumes | what it does |\n|---|---|---|---|\n");
    for service in SERVICES {
        for consumer in service.consumers {
            let (name, filter) = (consumer.name, consumer.filter_subject);
            writeln!(
                page,
                "| `{name}` | {} | `{filter}` | {} |",
                service.name, consumer.purpose
            )?;
        }
        if let Some(name) = service.projection {
            writeln!(
                page,
                "| `{name}` | {} | everything, in order | {} |",
                service.name, service.purpose
            )?;
        }
    }
    page.push_str("\nThe dead letters of a reader are in `BLOG_DLQ` under `blog.dlq.<reader>`.\n");
    page.push_str("\nKey-value buckets beside the log:\n\n");
    for bucket in BUCKETS {
        let access = match bucket.access {
            BucketAccess::Broadcast(writer) => format!("written by {writer}, read by every service"),
            BucketAccess::Report(writer) => format!("written by {writer}, read by tools"),
            BucketAccess::Consumers => "written and read by the services with durable consumers".to_owned(),
        };
        writeln!(page, "- `{}`, {access}: {}.", bucket.name, bucket.purpose)?;
    }
    Ok(())
}

fn aggregate(page: &mut String, kind: AggregateKind) -> std::fmt::Result {
    writeln!(
        page,
        "\n## {}\n\n{} Owned by {}.",
        kind.as_str(),
        kind.meaning(),
        kind.owner()
    )?;
    let of_kind = event_types()
        .iter()
        .filter(|event_type| event_type.aggregate == kind);
    let mut described: Option<&EventType> = None;
    for event_type in of_kind {
        one(page, event_type)?;
        // The types of an aggregate share its state, and one table is enough for them.
        let same = described.filter(|earlier| shape(earlier) == shape(event_type));
        match same {
            Some(earlier) => writeln!(
                page,
                "\nFields: as in [`{0}`](#{1}).",
                earlier.name,
                earlier.name.replace('.', "")
            )?,
            None => {
                described = Some(event_type);
                table(page, event_type)?;
            }
        }
        example(page, event_type)?;
    }
    Ok(())
}

fn shape(event_type: &EventType) -> Option<Value> {
    event_type.schema().get("properties").cloned()
}

fn one(page: &mut String, event_type: &'static EventType) -> std::fmt::Result {
    writeln!(page, "\n### {}\n\n{}\n", event_type.name, event_type.meaning)?;
    writeln!(page, "- Subject: `{}`", event_type.subject("<id>"))?;
    writeln!(page, "- Published by: {}", publisher(event_type))?;
    let readers: Vec<_> = readers_of(event_type).iter().map(reader).collect();
    writeln!(page, "- Read by: {}", readers.join("; "))?;
    let schema = format!("../common/contract/schemas/{}.json", event_type.name);
    writeln!(page, "- Schema: [`{}`]({schema})", event_type.schema_uri())
}

fn reader(flow: &Flow) -> String {
    let does = flow
        .consumer
        .map_or(flow.service.purpose, |consumer| consumer.purpose);
    format!("`{}` ({does})", flow.reader())
}

fn table(page: &mut String, event_type: &EventType) -> std::fmt::Result {
    page.push_str("\n| field | type | required | |\n|---|---|---|---|\n");
    for field in fields(event_type.schema().as_value()) {
        let always = if field.required { "yes" } else { "" };
        let description = field.description.replace('|', "\\|");
        writeln!(
            page,
            "| `{}` | {} | {always} | {description} |",
            field.path, field.kind
        )?;
    }
    Ok(())
}

fn example(page: &mut String, event_type: &EventType) -> std::fmt::Result {
    let Some(Ok(message)) = examples::message(event_type) else {
        return Ok(());
    };
    page.push_str("\n<details><summary>Example</summary>\n\n```text\n");
    writeln!(page, "{}", message.subject)?;
    for (name, value) in &message.headers {
        writeln!(page, "{name}: {value}")?;
    }
    let body: Value = serde_json::from_slice(&message.payload).unwrap_or(Value::Null);
    writeln!(page, "\n{body:#}\n```\n\n</details>")
}
