//! `events describe`: one event type in detail.

mod fields;

use anstyle::Style;
use common::event::{EventType, STREAM, SUBJECT_PREFIX};
use futures::TryStreamExt as _;
use serde::Serialize;
use serde_json::value::RawValue;

use self::fields::{Field, fields};
use crate::{
    connection::Connection,
    failure::{Failure, warn},
    log::Log,
    output::{Cell, Table, pretty},
    registry,
    selection::{Selection, overlaps},
    session::Session,
};

/// Describe an event type: its fields, producer, consumers, and latest event
///
/// Consumers and the example are read from the server, and left out without one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `post.published`, or with a version `blog.post.published.v1`
    #[arg(value_name = "TYPE")]
    name: String,
    /// Do not connect to a server
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
struct Description {
    #[serde(rename = "type")]
    name: &'static str,
    aggregate: &'static str,
    fact: &'static str,
    subject: String,
    producer: &'static str,
    current: bool,
    /// Durable consumers on the server; absent without a server.
    consumers: Option<Vec<String>>,
    schema: String,
    fields: Vec<Field>,
    /// The body of the latest event of this type in the log, if there is one.
    example: Option<Box<RawValue>>,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let event_type = registry::find(&args.name)?;
    let mut description = describe(event_type);
    if !args.offline {
        match session.connect().await {
            Ok(connection) => query_server(&connection, &mut description).await?,
            Err(failure @ Failure::Connection(_)) => {
                warn(&format!("no consumers and no example: {failure}"));
            }
            Err(failure) => return Err(failure),
        }
    }
    let mut output = session.output()?;
    output.document(&description, |_| human(&description))?;
    output.finish()
}

fn describe(event_type: &'static EventType) -> Description {
    let aggregate = event_type.aggregate.as_str();
    let schema = serde_json::to_value(event_type.schema()).unwrap_or_default();
    Description {
        name: event_type.name,
        aggregate,
        fact: event_type.fact,
        subject: format!("{SUBJECT_PREFIX}.{aggregate}.*.{}", event_type.fact),
        producer: event_type.aggregate.owner(),
        current: event_type.current,
        consumers: None,
        schema: event_type.schema_uri(),
        fields: fields(&schema),
        example: None,
    }
}

async fn query_server(connection: &Connection, description: &mut Description) -> Result<(), Failure> {
    let log = Log::open(connection, STREAM).await?;
    description.consumers = Some(consumers(connection, &description.subject).await?);
    let latest = Selection::latest_of_type(description.name).check()?;
    let mut entries = latest.read(&log, false).await?;
    if let Some(entry) = entries
        .next_batch()
        .await?
        .and_then(|batch| batch.into_iter().last())
    {
        description.example = serde_json::from_slice(&entry.payload).ok();
    }
    Ok(())
}

/// The durable consumers whose filters match `subject`.
async fn consumers(connection: &Connection, subject: &str) -> Result<Vec<String>, Failure> {
    let stream = connection.stream(STREAM).await?;
    let what = "the consumers cannot be listed";
    let infos: Vec<_> = connection
        .permitted(what, stream.consumers().try_collect())
        .await?;
    let mut names = Vec::new();
    for info in infos {
        let config = &info.config;
        let mut filters = config.filter_subjects.clone();
        filters.extend(Some(config.filter_subject.clone()).filter(|filter| !filter.is_empty()));
        let matches = filters.is_empty() || filters.iter().any(|filter| overlaps(filter, subject));
        if config.durable_name.is_some() && matches {
            names.push(info.name);
        }
    }
    names.sort();
    Ok(names)
}

fn human(description: &Description) -> String {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let mut text = format!("{bold}{}{bold:#}", description.name);
    if !description.current {
        text.push_str("  (superseded: a newer version is published)");
    }
    let consumers = description.consumers.as_ref().map(|names| match names.len() {
        0 => "no durable consumer".to_owned(),
        _ => names.join(", "),
    });
    let facts = [
        ("subject", Some(description.subject.clone())),
        ("producer", Some(description.producer.to_owned())),
        ("consumers", consumers),
        ("schema", Some(description.schema.clone())),
    ];
    text.push('\n');
    for (name, value) in facts {
        if let Some(value) = value {
            text.push_str(&format!("  {dim}{name:<10}{dim:#} {value}\n"));
        }
    }
    let mut table = Table::new(&["FIELD", "TYPE", ""]);
    for field in &description.fields {
        table.row([
            Cell::text(&field.path),
            Cell::text(&field.kind).styled(dim),
            Cell::text(&field.description),
        ]);
    }
    text.push_str(&format!("\n{table}"));
    if let Some(example) = &description.example {
        text.push_str(&format!(
            "\n{dim}latest event in the log:{dim:#}\n{}\n",
            pretty(example.get().as_bytes())
        ));
    }
    text
}
