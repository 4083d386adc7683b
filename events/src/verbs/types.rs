//! `events types`: the event types of the registry.

use anstyle::Style;
use common::event::{EventType, event_types};
use serde::Serialize;

use crate::{
    failure::Failure,
    output::{Cell, Table},
    session::Session,
};

/// List every event type of the registry
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only types of this aggregate, e.g. `post`
    #[arg(long, value_name = "KIND")]
    aggregate: Option<String>,
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "type")]
    name: &'static str,
    aggregate: &'static str,
    fact: &'static str,
    owner: &'static str,
    subject: String,
    current: bool,
    schema: String,
}

impl From<&'static EventType> for Row {
    fn from(event_type: &'static EventType) -> Self {
        let aggregate = event_type.aggregate.as_str();
        Self {
            name: event_type.name,
            aggregate,
            fact: event_type.fact,
            owner: event_type.aggregate.owner(),
            subject: format!(
                "{}.{aggregate}.*.{}",
                common::event::SUBJECT_PREFIX,
                event_type.fact
            ),
            current: event_type.current,
            schema: event_type.schema_uri(),
        }
    }
}

/// Runs the verb, without a server.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let wanted = |row: &Row| args.aggregate.as_deref().is_none_or(|kind| kind == row.aggregate);
    let rows: Vec<Row> = event_types().iter().map(Row::from).filter(wanted).collect();
    if let Some(kind) = args.aggregate.filter(|_| rows.is_empty()) {
        return Err(Failure::NotFound(format!("unknown aggregate `{kind}`")));
    }
    let mut output = session.output()?;
    output.rows(&rows, |_| {
        let mut table = Table::new(&["TYPE", "OWNER", "SUBJECT", ""]);
        for row in &rows {
            table.row([
                Cell::text(row.name),
                Cell::text(row.owner),
                Cell::text(&row.subject).styled(Style::new().dimmed()),
                Cell::text(if row.current { "" } else { "superseded" }),
            ]);
        }
        table
    })?;
    output.finish()
}
