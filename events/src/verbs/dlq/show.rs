//! `events dlq show`

mod verdict;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use common::event::{
    STREAM, Timestamp,
    topology::{SERVICES, ServiceSpec},
};
use serde::Serialize;

use self::verdict::Verdict;
use super::{
    choice::named,
    dead_letter::{DeadLetter, InLog},
};
use crate::{
    entry::Entry,
    failure::Failure,
    log::Log,
    output::{Times, gist},
    record::MessageLine,
    session::Session,
};

/// Explain a dead letter: its problem, whether this release can decode it, and possible actions
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number, as shown by `dlq list`, or its event's id
    #[arg(value_name = "ID")]
    id: String,
}

/// The maximum characters of a body's summary.
const GIST: usize = 400;

#[derive(Serialize)]
struct Explanation<'a> {
    id: u64,
    letter_id: String,
    filed_at: Timestamp,
    consumer: &'a str,
    /// The service of the consumer, and the consumer's purpose.
    service: Option<&'static str>,
    purpose: Option<&'static str>,
    reason: &'a str,
    attempts: u64,
    sequence: u64,
    in_log: InLog,
    /// The body's size in bytes; null if the body is lost.
    bytes: Option<usize>,
    today: Verdict,
    advice: Vec<String>,
    message: MessageLine<'a>,
}

/// Runs the verb.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let letters = named(&connection, &args.id).await?;
    let log = match Log::open(&connection, STREAM).await {
        Ok(log) => Some(log),
        Err(Failure::NotFound(_)) => None,
        Err(failure) => return Err(failure),
    };
    for letter in &letters {
        let (entry, in_log) = letter.message(log.as_ref()).await?;
        let is_whole = entry.is_some();
        let entry = entry.unwrap_or_else(|| letter.wrapped());
        let explanation = explain(letter, &entry, is_whole, in_log);
        output.item(
            &explanation,
            |times| in_words(&explanation, &entry, times),
            &entry.payload,
        )?;
    }
    output.finish()
}

fn explain<'a>(letter: &'a DeadLetter, entry: &'a Entry, is_whole: bool, in_log: InLog) -> Explanation<'a> {
    let service = SERVICES
        .iter()
        .find(|service| service.readers().any(|reader| reader == letter.consumer));
    let today = Verdict::of(entry, is_whole);
    Explanation {
        id: letter.number(),
        letter_id: letter.id().to_string(),
        filed_at: letter.filed_at(),
        consumer: &letter.consumer,
        service: service.map(|service| service.name),
        purpose: service.map(|service| purpose(service, &letter.consumer)),
        reason: &letter.reason,
        attempts: letter.attempts,
        sequence: letter.sequence,
        in_log,
        bytes: is_whole.then_some(entry.payload.len()),
        advice: advice(letter, &today, is_whole),
        today,
        message: entry.into(),
    }
}

fn purpose(service: &'static ServiceSpec, consumer: &str) -> &'static str {
    let consumers = service.consumers.iter();
    consumers
        .filter(|spec| spec.name == consumer)
        .map(|spec| spec.purpose)
        .next()
        .unwrap_or("reads the whole log into its read model")
}

fn advice(letter: &DeadLetter, today: &Verdict, is_whole: bool) -> Vec<String> {
    let number = letter.number();
    let discard = format!("if it is not needed: events dlq discard {number} --note TEXT");
    if today.is_readable() {
        let again = format!("once the consumer can process it: events dlq redrive {number}");
        return vec![again, discard];
    }
    let repair = match (&today.field, &today.header) {
        _ if !is_whole => format!("events dlq redrive {number} --data @FILE, with a valid body"),
        (_, Some(header)) => format!("events dlq redrive {number} --set {header}=VALUE"),
        (Some(_), None) => format!(
            "events dlq show {number} -o raw > body.json, correct it, events dlq redrive {number} --data @body.json"
        ),
        (None, None) => format!(
            "events dlq show {number} -o json | jq .message > message.json, correct it, \
             events dlq redrive {number} --edit message.json"
        ),
    };
    let newer = format!(
        "if another release can decode it: events dlq redrive {number} --force, once the consumer runs that release"
    );
    vec![format!("repair it: {repair}"), newer, discard]
}

fn in_words(explanation: &Explanation<'_>, entry: &Entry, times: &Times) -> String {
    let (bold, dim, red) = (
        Style::new().bold(),
        Style::new().dimmed(),
        AnsiColor::Red.on_default(),
    );
    let visible = crate::output::visible;
    let mut text = format!("{bold}dead letter {}{bold:#}\n", explanation.id);
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {dim}{name:<9}{dim:#} {value}");
    };
    let ago = crate::output::duration(Timestamp::now().since(explanation.filed_at));
    line(
        "filed",
        format!("{} ({ago} ago)", times.date_time(explanation.filed_at)),
    );
    let whose = match (explanation.service, explanation.purpose) {
        (Some(service), Some(purpose)) => format!("{} of {service}: {purpose}", explanation.consumer),
        _ => format!("{}, not a consumer of this release", explanation.consumer),
    };
    line("consumer", visible(&whose));
    let times_tried = if explanation.attempts == 1 {
        "once"
    } else {
        "times"
    };
    let tried = match explanation.attempts {
        1 => times_tried.to_owned(),
        attempts => format!("{attempts} {times_tried}"),
    };
    line("tried", tried);
    line("reason", format!("{red}{}{red:#}", visible(explanation.reason)));
    let state = match explanation.in_log {
        InLog::There => "present",
        InLog::Gone => "deleted",
        InLog::Replaced => "replaced by another message",
    };
    line("in log", format!("{} ({state})", explanation.sequence));
    line("subject", visible(&entry.subject));
    line("today", visible(&explanation.today.words));
    if let Some(expected) = &explanation.today.expected {
        line("expected", visible(expected));
    }
    let body = match explanation.bytes {
        Some(bytes) => format!("{bytes} bytes: {}", gist(&entry.payload, GIST)),
        None => "too large for a dead letter, and no longer in the log".to_owned(),
    };
    line("body", body);
    for (name, values) in &explanation.message.headers {
        for value in values {
            line("header", visible(&format!("{name}: {value}")));
        }
    }
    for advice in &explanation.advice {
        line("next", advice.clone());
    }
    text
}
