//! `events dlq discard`

use common::event::DeadLetterFact;
use serde::Serialize;

use super::{audit, choice::Choice};
use crate::{
    consent::{self, say_that_nothing_was_done},
    failure::Failure,
    session::Session,
};

/// Take dead letters away without processing them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    record: audit::Args,
    #[command(flatten)]
    consent: consent::Args,
}

#[derive(Serialize)]
struct Discarded<'a> {
    id: u64,
    consumer: &'a str,
    subject: &'a str,
    sequence: u64,
    result: &'static str,
}

/// Discards them. The log keeps the events themselves.
pub(super) async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    args.choice.check()?;
    let operator = args.record.operator()?;
    if !operator.says_why() {
        return Err(Failure::usage("why? Say --note WORDS"));
    }
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let letters = args.choice.letters(&connection).await?;
    let question = format!("Discard {} dead letters?", letters.len());
    let really = !letters.is_empty() && args.consent.to(&question)?;
    for letter in &letters {
        if really {
            let fact = DeadLetterFact::Discarded;
            operator.close(&connection, letter, fact, None).await?;
        }
        let said = Discarded {
            id: letter.number(),
            consumer: &letter.consumer,
            subject: &letter.subject,
            sequence: letter.sequence,
            result: if really { "discarded" } else { "would be discarded" },
        };
        let human = |_: &_| format!("{} of {}: {}\n", said.id, said.consumer, said.result);
        output.item(&said, human, &letter.entry.payload)?;
    }
    output.finish()?;
    if !really && !letters.is_empty() {
        say_that_nothing_was_done();
    }
    Ok(())
}
