//! Copies of events on another subject, at a limited rate, with a record of the position.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use async_nats::HeaderMap;
use common::event::STREAM;
use serde::{Deserialize, Serialize};

use crate::{
    confirm::{self, print_aborted},
    connection::Connection,
    entry::Entry,
    failure::Failure,
    log::Log,
    output::Output,
    progress::Progress,
    selection::{Entries, overlaps},
};

/// The subjects of the platform and the server, to which nothing is replayed.
const OWN: [&str; 4] = ["blog.>", "$JS.>", "$KV.>", "$SYS.>"];
/// The interval between records of the position.
const NOTE: Duration = Duration::from_secs(1);
/// The client library passes denials on by another task than responses, so one may come later than the response that
/// the server sent after it.
const DENIAL_DELAY: Duration = Duration::from_millis(100);

/// The subject of the copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target(String);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tokens: Vec<&str> = text.split('.').collect();
        let is_token = |token: &str| !token.is_empty() && !token.contains(['*', '>', ' ', '\t']);
        let (last, others) = tokens.split_last().ok_or("no subject")?;
        if !(others.iter().all(|token| is_token(token)) && (is_token(last) || *last == ">")) {
            return Err("not a subject such as `replay.test.>`".to_owned());
        }
        if text == ">" || text.starts_with("_INBOX") || OWN.iter().any(|own| overlaps(own, text)) {
            return Err("reserved for the platform or the server; use e.g. `replay.test.>`".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Target {
    /// The subject for the copy of an event on `subject`.
    fn of(&self, subject: &str) -> String {
        match self.0.strip_suffix('>') {
            Some(prefix) => format!("{prefix}{subject}"),
            None => self.0.clone(),
        }
    }
}

/// Events per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate(f64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        let rate: f64 = number.parse().map_err(|_bad| "not a rate such as `500/s`")?;
        if rate.is_finite() && rate > 0.0 {
            Ok(Self(rate))
        } else {
            Err("the rate must be positive".to_owned())
        }
    }
}

/// The recorded position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    to_subject: String,
    /// The creation time of the log, which identifies it.
    log_created: String,
    /// The last sequence whose copy was sent.
    sequence: u64,
}

#[derive(Serialize)]
struct Replayed {
    replayed: u64,
    /// The last copied sequence; 0 if there is none.
    last_sequence: u64,
    to_subject: String,
    dry_run: bool,
    seconds: f64,
}

/// A replay.
pub(super) struct Replay {
    connection: Connection,
    target: Target,
    rate: Option<Rate>,
    file: Option<PathBuf>,
    note: Note,
    head: u64,
}

impl Replay {
    /// Reads the position of an earlier run, if there is one.
    pub(super) fn new(
        connection: &Connection,
        target: Target,
        rate: Option<Rate>,
        file: Option<PathBuf>,
        log: &Log,
    ) -> Result<Self, Failure> {
        let fresh = Note {
            to_subject: target.0.clone(),
            log_created: log.created.clone(),
            sequence: 0,
        };
        let note = match file.as_deref().map(read).transpose()?.flatten() {
            None => fresh,
            Some(note)
                if Note {
                    sequence: 0,
                    ..note.clone()
                } == fresh =>
            {
                note
            }
            Some(_) => {
                return Err(Failure::usage(
                    "the file of --resume belongs to a replay of another subject or another log",
                ));
            }
        };
        Ok(Self {
            connection: connection.clone(),
            target,
            rate,
            file,
            note,
            head: log.head,
        })
    }

    /// Sends the copies.
    pub(super) async fn run(
        mut self,
        entries: &mut Entries,
        confirm: confirm::Args,
        mut output: Output,
    ) -> Result<(), Failure> {
        let (begun, sent_before) = (Instant::now(), self.note.sequence);
        let target = self.target.0.clone();
        let really = confirm.ask(&format!("Replay the selected events to {target}?"))?;
        let connection = self.connection.clone();
        // Watched as a whole: a denial is reported some time after the denied request.
        let sent = connection.allowed(self.send_all(entries, really)).await.flatten();
        // After an interruption, too: nothing that was sent may be sent again.
        let noted = if really { self.write_note() } else { Ok(()) };
        let replayed = sent?;
        noted?;
        let outcome = Replayed {
            replayed,
            last_sequence: self.note.sequence.max(sent_before),
            to_subject: target,
            dry_run: !really,
            seconds: begun.elapsed().as_secs_f64(),
        };
        output.document(&outcome, |_| {
            let verb = if really { "sent to" } else { "would be sent to" };
            format!("{replayed} events {verb} {}\n", outcome.to_subject)
        })?;
        output.finish()?;
        if !really {
            print_aborted();
        }
        Ok(())
    }

    async fn send_all(&mut self, entries: &mut Entries, really: bool) -> Result<u64, Failure> {
        let begun = Instant::now();
        let behind = self.note.sequence;
        let (mut count, mut noted) = (0_u64, Instant::now());
        let mut progress = Progress::new("events", Some(self.head));
        while let Some(batch) = entries.next_batch().await? {
            for entry in batch.iter().filter(|entry| entry.sequence > behind) {
                count += 1;
                if !really {
                    continue;
                }
                if let Some(Rate(rate)) = self.rate {
                    let due = begun + Duration::from_secs_f64((count - 1) as f64 / rate);
                    if due > Instant::now() {
                        self.flush().await?;
                        tokio::time::sleep_until(due.into()).await;
                    }
                }
                self.send(entry).await?;
                self.note.sequence = entry.sequence;
                progress.at(entry.sequence);
                if noted.elapsed() >= NOTE {
                    self.settle().await?;
                    self.write_note()?;
                    noted = Instant::now();
                }
            }
        }
        self.settle().await?;
        tokio::time::sleep(DENIAL_DELAY).await;
        Ok(count)
    }

    async fn send(&self, entry: &Entry) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        for (name, values) in entry.headers.iter() {
            // The copies must not carry instructions to a stream that stores them.
            if !AsRef::<str>::as_ref(name).starts_with("Nats-") {
                for value in values {
                    headers.append(name.clone(), value.clone());
                }
            }
        }
        let subject = self.target.of(&entry.subject);
        let client = &self.connection.client;
        let sent = client.publish_with_headers(subject, headers, entry.payload.clone());
        self.connection.permitted("the copy cannot be sent", sent).await
    }

    /// Flushes to the network.
    async fn flush(&self) -> Result<(), Failure> {
        let flushed = self.connection.client.flush();
        self.connection
            .permitted("the server is unavailable", flushed)
            .await
    }

    /// Waits until the server has received everything: it reports denials before it responds to this.
    async fn settle(&self) -> Result<(), Failure> {
        self.connection.stream(STREAM).await.map(drop)
    }

    /// Writes the position atomically: to a temporary file that replaces the old one.
    fn write_note(&self) -> Result<(), Failure> {
        let Some(path) = &self.file else { return Ok(()) };
        let write = || -> io::Result<()> {
            let new = path.with_extension("new");
            fs::write(&new, serde_json::to_vec(&self.note)?)?;
            fs::rename(new, path)
        };
        write().map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))
    }
}

fn read(path: &Path) -> Result<Option<Note>, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| unusable(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_subjects_are_refused() {
        for good in ["replay.test.>", "replay.all", "a.>"] {
            assert!(good.parse::<Target>().is_ok(), "{good}");
        }
        for bad in [
            "blog.evt.>",
            "blog.>",
            ">",
            "blog.dlq.x",
            "$JS.API.x",
            "_INBOX.x",
            "a.*.b",
            "a..b",
            "",
            "a.>.b",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
        let target: Target = "replay.test.>".parse().unwrap();
        assert_eq!(
            target.of("blog.evt.post.1.published"),
            "replay.test.blog.evt.post.1.published"
        );
        assert_eq!("a.b".parse::<Target>().unwrap().of("x.y"), "a.b");
    }

    #[test]
    fn rates() {
        assert_eq!("500/s".parse(), Ok(Rate(500.0)));
        assert_eq!("0.5".parse(), Ok(Rate(0.5)));
        for bad in ["", "0", "-1/s", "many/s", "inf"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
