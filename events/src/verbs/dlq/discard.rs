//! `events dlq discard`

use common::event::DeadLetterFact;
use serde::Serialize;

use super::{audit, choice::Choice};
use crate::{
    confirm::{self, print_aborted},
    failure::Failure,
    session::Session,
};

/// Remove dead letters without processing them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    record: audit::Args,
    #[command(flatten)]
    confirm: confirm::Args,
}

#[derive(Serialize)]
struct Discarded<'a> {
    id: u64,
    consumer: &'a str,
    subject: &'a str,
    sequence: u64,
    result: &'static str,
}

/// Runs the verb. The log retains the events themselves.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    args.choice.check()?;
    let operator = args.record.operator()?;
    if !operator.has_note() {
        return Err(Failure::usage("a reason is required: --note TEXT"));
    }
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let letters = args.choice.letters(&connection).await?;
    let question = format!("Discard {} dead letters?", letters.len());
    let really = !letters.is_empty() && args.confirm.ask(&question)?;
    for letter in &letters {
        if really {
            let fact = DeadLetterFact::Discarded;
            operator.close(&connection, letter, fact, None).await?;
        }
        let outcome = Discarded {
            id: letter.number(),
            consumer: &letter.consumer,
            subject: &letter.subject,
            sequence: letter.sequence,
            result: if really { "discarded" } else { "would be discarded" },
        };
        let human = |_: &_| format!("{} of {}: {}\n", outcome.id, outcome.consumer, outcome.result);
        output.item(&outcome, human, &letter.entry.payload)?;
    }
    output.finish()?;
    if !really && !letters.is_empty() {
        print_aborted();
    }
    Ok(())
}
