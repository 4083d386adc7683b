//! `events dlq redrive`

use common::{
    event::{DeadLetterFact, STREAM, dead_letter_header, header},
    ids::EventId,
};
use serde::Serialize;

use super::{
    audit::{self, publish},
    choice::Choice,
    letter::{InLog, Letter},
    repair,
};
use crate::{
    connection::Connection,
    consent::{self, say_that_nothing_was_done},
    failure::Failure,
    log::Log,
    record::Message,
    session::Session,
};

/// Give dead letters to their consumers again, as they are or repaired
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Also what this release cannot read, because the consumer is of another one
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    repair: repair::Args,
    #[command(flatten)]
    record: audit::Args,
    #[command(flatten)]
    consent: consent::Args,
}

/// What is to be done with one letter, or why it cannot.
struct Plan {
    letter: Letter,
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
    /// Where the message lies in the log now.
    #[serde(skip_serializing_if = "Option::is_none")]
    redriven_as: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired_by: Option<EventId>,
}

/// Redrives them: each is published, recorded, and only then taken out of the dead letters.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    args.choice.check()?;
    if args.repair.is_wanted() && !args.choice.is_single() {
        return Err(Failure::usage("a repair is of one letter: give its ID"));
    }
    let operator = args.record.clone().operator()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let plans = plans(&args, &connection).await?;
    let possible = plans.iter().filter(|plan| plan.message.is_ok()).count();
    let really = possible > 0 && args.consent.to(&format!("Redrive {possible} dead letters?"))?;
    for plan in &plans {
        let mut redriven_as = None;
        if let (Ok(message), true) = (&plan.message, really) {
            redriven_as = Some(publish(&connection, message.clone()).await?);
            let fact = DeadLetterFact::Redriven;
            operator
                .close(&connection, &plan.letter, fact, plan.repaired_by)
                .await?;
        }
        let said = said(plan, redriven_as);
        output.item(&said, |_| in_words(&said), &plan.letter.entry.payload)?;
    }
    output.finish()?;
    if !really && possible > 0 {
        say_that_nothing_was_done();
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
            "several letters are of this event: give one's number",
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

async fn plan(args: &Args, letter: Letter, log: Option<&Log>) -> Result<Plan, Failure> {
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
        (Some(entry), _) => as_it_is(&letter, Message::of(&entry), args.force),
        (None, InLog::Replaced) => Err("the log has another message in place of its body".to_owned()),
        (None, _) => Err("the log has its body no more".to_owned()),
    };
    Ok(Plan {
        letter,
        message,
        repaired_by: None,
    })
}

/// `message`, to be read by the letter's consumer alone: the others have read it already.
fn as_it_is(letter: &Letter, mut message: Message, force: bool) -> Result<Message, String> {
    if let Some(problem) = repair::problem(&message).filter(|_| !force) {
        return Err(format!("it would fail again: {problem}"));
    }
    let consumer = letter.consumer.as_str();
    message.headers.insert(dead_letter_header::REDRIVE, consumer);
    // Not the event's own id: the log may remember that, and would drop this one.
    let id = letter.event_id_of("again").to_string();
    message.headers.insert(header::MESSAGE_ID, id);
    Ok(message)
}

fn said(plan: &Plan, redriven_as: Option<u64>) -> Redriven<'_> {
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

fn in_words(said: &Redriven<'_>) -> String {
    let mut text = format!("{} of {}: {}", said.id, said.consumer, said.result);
    if let Some(sequence) = said.redriven_as {
        text += &format!(" as {sequence} of the log");
    }
    if said.repaired_by.is_some() {
        text += ", repaired";
    }
    if let Some(because) = said.because {
        text += &format!(": {because}");
    }
    text + "\n"
}
