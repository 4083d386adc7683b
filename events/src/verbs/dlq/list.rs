//! `events dlq list`

use anstyle::Style;
use common::event::{Timestamp, header};
use serde::Serialize;

use super::{choice::Filter, dead_letter::DeadLetter};
use crate::{
    failure::Failure,
    output::{Cell, Table},
    session::Session,
};

/// List the dead letters, oldest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    filter: Filter,
}

#[derive(Serialize)]
struct Row {
    id: u64,
    filed_at: Timestamp,
    consumer: String,
    reason: String,
    attempts: u64,
    subject: String,
    sequence: u64,
    #[serde(rename = "type")]
    type_name: Option<String>,
    event_id: Option<String>,
}

impl From<&DeadLetter> for Row {
    fn from(letter: &DeadLetter) -> Self {
        let header = |name| letter.entry.header(name).map(std::borrow::Cow::into_owned);
        Self {
            id: letter.number(),
            filed_at: letter.filed_at(),
            consumer: letter.consumer.clone(),
            reason: letter.reason.clone(),
            attempts: letter.attempts,
            subject: letter.subject.clone(),
            sequence: letter.sequence,
            type_name: header(header::TYPE),
            event_id: header(header::ID),
        }
    }
}

/// Runs the verb.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let letters = args.filter.letters(&connection).await?;
    let rows: Vec<Row> = letters.iter().map(Row::from).collect();
    output.rows(&rows, |times| {
        let mut table = Table::new(&["ID", "FILED", "CONSUMER", "SEQUENCE", "SUBJECT", "REASON"]);
        for row in &rows {
            table.row([
                Cell::number(row.id),
                Cell::text(times.date_time(row.filed_at)).styled(Style::new().dimmed()),
                Cell::text(&row.consumer),
                Cell::number(row.sequence),
                Cell::text(&row.subject),
                Cell::text(&row.reason),
            ]);
        }
        table
    })?;
    output.finish()
}
