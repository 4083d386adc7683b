//! The conditions that the server cannot apply.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use common::event::{Timestamp, header};

use super::{moment::Moment, predicate::Predicate, subjects::Subjects};
use crate::{
    entry::Entry,
    failure::{Failure, warn},
};

/// Every condition on an entry.
#[derive(Debug)]
pub(super) struct Filter {
    subjects: Subjects,
    until: Option<Timestamp>,
    actor: Option<String>,
    headers: Vec<(String, String)>,
    predicate: Option<Predicate>,
    errors: AtomicU64,
    first_error: Mutex<Option<String>>,
}

impl Filter {
    pub(super) fn new(
        subjects: &Subjects,
        until: Option<Moment>,
        actor: Option<String>,
        headers: &[String],
        condition: Option<&str>,
    ) -> Result<Self, Failure> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Failure::usage(format!("--header takes NAME=VALUE, not `{text}`"))),
        };
        Ok(Self {
            subjects: subjects.clone(),
            until: until.map(Moment::time),
            actor,
            headers: headers.iter().map(pair).collect::<Result<_, _>>()?,
            predicate: condition.map(Predicate::new).transpose()?,
            errors: AtomicU64::new(0),
            first_error: Mutex::default(),
        })
    }

    /// Whether it is too fast for other cores to be worthwhile.
    pub(super) fn is_cheap(&self) -> bool {
        self.predicate.is_none()
    }

    /// Whether `entry` fulfils every condition.
    pub(super) fn passes(&self, entry: &Entry) -> bool {
        self.until.is_none_or(|until| entry.stored_at < until)
            && (self.subjects.is_all() || self.subjects.includes(entry))
            && self.actor.as_deref().is_none_or(|wanted| is_actor(entry, wanted))
            && self
                .headers
                .iter()
                .all(|(name, wanted)| entry.header(name).is_some_and(|value| value == *wanted))
            && self
                .predicate
                .as_ref()
                .is_none_or(|predicate| self.holds(predicate, entry))
    }

    /// A condition that cannot be evaluated, for example because a field is missing, does not hold.
    fn holds(&self, predicate: &Predicate, entry: &Entry) -> bool {
        predicate.holds(entry).unwrap_or_else(|error| {
            if self.errors.fetch_add(1, Ordering::Relaxed) == 0 {
                let mut first = self.first_error.lock().unwrap_or_else(PoisonError::into_inner);
                *first = Some(format!("{error} (event {})", entry.sequence));
            }
            false
        })
    }

    /// Prints on stderr the number of events for which the condition could not be evaluated.
    pub(super) fn report_errors(&self) {
        let first = self
            .first_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(error) = first {
            let count = self.errors.load(Ordering::Relaxed);
            warn(&format!(
                "--where cannot be evaluated for {count} events, which are skipped: {error}"
            ));
        }
    }
}

fn is_actor(entry: &Entry, wanted: &str) -> bool {
    entry.header(header::ACTOR).is_some_and(|actor| {
        let name = actor.split_once(':').map(|(_, name)| name);
        actor == wanted || name == Some(wanted)
    })
}
