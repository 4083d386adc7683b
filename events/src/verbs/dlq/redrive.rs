//! `events dlq redrive`

use common::{
    event::{DeadLetterFact, STREAM, dead_letter_header, header},
    ids::EventId,
};
use serde::Serialize;

use super::{
    audit::{self, publish},
    choice::Choice,
    dead_letter::{DeadLetter, InLog},
    repair,
};
use crate::{
    confirm::{self, print_aborted},
    connection::Connection,
    failure::Failure,
    log::Log,
    record::Message,
    session::Session,
};

/// Redeliver dead letters to their consumers, unchanged or repaired
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Also redrive messages that this release cannot decode, for a consumer of another release
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    repair: repair::Args,
    #[command(flatten)]
    record: audit::Args,
    #[command(flatten)]
    confirm: confirm::Args,
}

/// The planned redrive of a dead letter, or why it is impossible.
struct Plan {
    letter: DeadLetter,
    message: Result<Message, String>,
    repaired_by: Option<EventId>,
}

#[derive(Serialize)]
struct Redriven<'a> {
    id: u64,
    consumer: &'a str,
    subject: &'a str,
    sequence: u64,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    /// The new sequence of the message in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    redriven_as: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired_by: Option<EventId>,
}

/// Runs the verb: each message is published, recorded, and only then removed from the dead letters.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    args.choice.check()?;
    if args.repair.is_wanted() && !args.choice.is_single() {
        return Err(Failure::usage(
            "a repair applies to a single dead letter: its ID is required",
        ));
    }
    let operator = args.record.clone().operator()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let plans = plans(&args, &connection).await?;
    let possible = plans.iter().filter(|plan| plan.message.is_ok()).count();
    let really = possible > 0 && args.confirm.ask(&format!("Redrive {possible} dead letters?"))?;
    for plan in &plans {
        let mut redriven_as = None;
        if let (Ok(message), true) = (&plan.message, really) {
            redriven_as = Some(publish(&connection, message.clone()).await?);
            let fact = DeadLetterFact::Redriven;
            operator
                .close(&connection, &plan.letter, fact, plan.repaired_by)
                .await?;
        }
        let outcome = outcome(plan, redriven_as);
        output.item(&outcome, |_| in_words(&outcome), &plan.letter.entry.payload)?;
    }
    output.finish()?;
    if !really && possible > 0 {
        print_aborted();
    }
    if possible < plans.len() {
        return Err(Failure::Findings);
    }
    Ok(())
}

async fn plans(args: &Args, connection: &Connection) -> Result<Vec<Plan>, Failure> {
    let letters = args.choice.letters(connection).await?;
    if args.repair.is_wanted() && letters.len() > 1 {
        return Err(Failure::usage(
            "the event has several dead letters: the number of one is required",
        ));
    }
    let log = match Log::open(connection, STREAM).await {
        Ok(log) => Some(log),
        Err(Failure::NotFound(_)) => None,
        Err(failure) => return Err(failure),
    };
    let mut plans = Vec::new();
    for letter in letters {
        plans.push(plan(args, letter, log.as_ref()).await?);
    }
    Ok(plans)
}

async fn plan(args: &Args, letter: DeadLetter, log: Option<&Log>) -> Result<Plan, Failure> {
    let (entry, in_log) = letter.message(log).await?;
    if args.repair.is_wanted() {
        let before = entry.unwrap_or_else(|| letter.wrapped());
        let (message, id) = args.repair.repaired(&letter, &before)?;
        return Ok(Plan {
            letter,
            message: Ok(message),
            repaired_by: Some(id),
        });
    }
    let message = match (entry, in_log) {
        (Some(entry), _) => unchanged(&letter, Message::of(&entry), args.force),
        (None, InLog::Replaced) => Err("another message has its sequence in the log".to_owned()),
        (None, _) => Err("its body is no longer in the log".to_owned()),
    };
    Ok(Plan {
        letter,
        message,
        repaired_by: None,
    })
}

/// `message`, addressed to the dead letter's consumer alone: the others have processed it already.
fn unchanged(letter: &DeadLetter, mut message: Message, force: bool) -> Result<Message, String> {
    if let Some(problem) = repair::problem(&message).filter(|_| !force) {
        return Err(format!("it would fail again: {problem}"));
    }
    let consumer = letter.consumer.as_str();
    message.headers.insert(dead_letter_header::REDRIVE, consumer);
    // Not the event's own id: within the duplicate window the log would drop the message.
    let id = letter.event_id_of("again").to_string();
    message.headers.insert(header::MESSAGE_ID, id);
    Ok(message)
}

fn outcome(plan: &Plan, redriven_as: Option<u64>) -> Redriven<'_> {
    let letter = &plan.letter;
    let because = plan.message.as_ref().err().map(String::as_str);
    Redriven {
        id: letter.number(),
        consumer: &letter.consumer,
        subject: &letter.subject,
        sequence: letter.sequence,
        result: match (because, redriven_as) {
            (Some(_), _) => "left",
            (None, Some(_)) => "redriven",
            (None, None) => "would be redriven",
        },
        because,
        redriven_as,
        repaired_by: plan.repaired_by,
    }
}

fn in_words(outcome: &Redriven<'_>) -> String {
    let mut text = format!("{} of {}: {}", outcome.id, outcome.consumer, outcome.result);
    if let Some(sequence) = outcome.redriven_as {
        text += &format!(" as {sequence} of the log");
    }
    if outcome.repaired_by.is_some() {
        text += ", repaired";
    }
    if let Some(because) = outcome.because {
        text += &format!(": {because}");
    }
    text + "\n"
}
