//! Repair of a message that cannot be decoded.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use async_nats::{HeaderName, HeaderValue};
use bytes::Bytes;
use common::{
    event::{Event, Timestamp, header},
    ids::EventId,
};

use super::dead_letter::DeadLetter;
use crate::{
    entry::Entry,
    failure::{Failure, chain},
    record::{Message, Record},
};

/// The changes. A changed message gets a new id, with the old one as its causation id.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Repair (of one dead letter)")]
#[group(skip)]
pub(super) struct Args {
    /// Replace the body: JSON, `@FILE`, or `@-` for standard input
    #[arg(long, value_name = "JSON|@FILE")]
    data: Option<String>,
    /// Replace the value of a header, e.g. ce-aggregateversion=3. Repeat for several
    #[arg(long = "set", value_name = "HEADER=VALUE")]
    headers: Vec<String>,
    /// Replace the subject
    #[arg(long = "to", value_name = "SUBJECT")]
    subject: Option<String>,
    /// Replace the whole message: a file with {"subject", "headers", "data"}, as `.message` of `dlq show -o json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "headers", "subject"])]
    edit: Option<PathBuf>,
}

impl Args {
    /// Whether there is any change.
    pub(super) fn is_wanted(&self) -> bool {
        self.data.is_some() || !self.headers.is_empty() || self.subject.is_some() || self.edit.is_some()
    }

    /// The repaired message of `letter`, which was `before`, and its new id.
    pub(super) fn repaired(
        &self,
        letter: &DeadLetter,
        before: &Entry,
    ) -> Result<(Message, EventId), Failure> {
        let mut message = match &self.edit {
            Some(path) => edited(path)?,
            None => self.changed(Message::of(before))?,
        };
        let id = letter.event_id_of("repaired");
        message.headers.insert(header::ID, id.to_string());
        message.headers.insert(header::MESSAGE_ID, id.to_string());
        if let Some(cause) = letter.event_id() {
            message.headers.insert(header::CAUSATION_ID, cause.to_string());
        }
        match problem(&message) {
            None => Ok((message, id)),
            Some(problem) => Err(Failure::usage(format!("still not an event: {problem}"))),
        }
    }

    fn changed(&self, mut message: Message) -> Result<Message, Failure> {
        if let Some(data) = &self.data {
            message.payload = body(data)?;
        }
        if let Some(subject) = &self.subject {
            message.subject.clone_from(subject);
        }
        for change in &self.headers {
            let parsed = change
                .split_once('=')
                .and_then(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)));
            let (name, value): (HeaderName, HeaderValue) =
                parsed.ok_or_else(|| Failure::usage(format!("`{change}` is not HEADER=VALUE")))?;
            message.headers.insert(name, value);
        }
        Ok(message)
    }
}

fn edited(path: &Path) -> Result<Message, Failure> {
    let shown = path.display();
    let unusable = |why: String| Failure::usage(format!("{shown}: {why}"));
    let text = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let record: Record = serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
    record.message().map_err(unusable)
}

fn body(data: &str) -> Result<Bytes, Failure> {
    let Some(path) = data.strip_prefix('@') else {
        return Ok(data.to_owned().into());
    };
    let read = if path == "-" {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text).map(|_| text)
    } else {
        fs::read(path)
    };
    read.map(Bytes::from)
        .map_err(|error| Failure::usage(format!("{path} cannot be read: {error}")))
}

/// Why consumers of this release cannot decode `message`, if they cannot.
pub(super) fn problem(message: &Message) -> Option<String> {
    let entry = Entry {
        sequence: 0,
        stored_at: Timestamp::now(),
        subject: message.subject.as_str().into(),
        headers: message.headers.clone(),
        payload: message.payload.clone(),
    };
    match entry.decode() {
        Ok(received) if received.event == Event::Unknown => {
            Some(format!("type `{}` is not in the registry", received.type_name))
        }
        Ok(_) => None,
        Err(error) => Some(chain(&error)),
    }
}
