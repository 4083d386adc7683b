//! What was found.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::{
    entry::Entry,
    output::{short_type, visible},
};

/// What kind of finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A line that is no message.
    Line,
    /// A header that is missing or cannot be.
    Header,
    /// A body that cannot be read as its type.
    Body,
    /// A body that can be read, but is not what the schema says.
    Schema,
    /// Subject, headers and body speak of different things.
    SubjectMismatch,
    /// Not what the registry says of the type.
    Registry,
    /// A type that is not in the registry.
    UnknownType,
    /// Versions of the aggregate are missing before this event.
    VersionGap,
    /// A later version came before this event.
    VersionRegression,
    /// Another event has this version.
    VersionConflict,
    /// Another event has this id.
    DuplicateId,
    /// Sequences do not ascend.
    Sequence,
    /// The same event was said again, as `resync` does; consumers pass over it.
    Republished,
}

impl Kind {
    /// Whether it is worth knowing and no failure.
    pub(super) fn is_note(self) -> bool {
        self == Self::Republished
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Header => "header",
            Self::Body => "body",
            Self::Schema => "schema",
            Self::SubjectMismatch => "subject_mismatch",
            Self::Registry => "registry",
            Self::UnknownType => "unknown_type",
            Self::VersionGap => "version_gap",
            Self::VersionRegression => "version_regression",
            Self::VersionConflict => "version_conflict",
            Self::DuplicateId => "duplicate_id",
            Self::Sequence => "sequence",
            Self::Republished => "republished",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Info,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    severity: Severity,
    pub(super) kind: Kind,
    /// The message's place in the log; null if a file does not say it.
    pub(super) sequence: Option<u64>,
    /// The line of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    id: Option<String>,
    subject: Option<String>,
    pub(super) message: String,
}

impl Finding {
    /// Something about `entry`.
    pub(super) fn of(entry: &Entry, kind: Kind, message: String) -> Self {
        Self {
            severity: if kind.is_note() {
                Severity::Info
            } else {
                Severity::Error
            },
            kind,
            sequence: (entry.sequence > 0).then_some(entry.sequence),
            line: None,
            type_name: entry.type_name().map(Into::into),
            id: entry.id().map(Into::into),
            subject: Some(entry.subject.to_string()),
            message,
        }
    }

    /// A line that is no message.
    pub(super) fn of_line(number: u64, message: String) -> Self {
        Self {
            severity: Severity::Error,
            kind: Kind::Line,
            sequence: None,
            line: Some(number),
            type_name: None,
            id: None,
            subject: None,
            message,
        }
    }

    /// As one line for people.
    pub(super) fn human(&self) -> String {
        let colour = match self.severity {
            Severity::Error => AnsiColor::Red.on_default(),
            Severity::Info => Style::new().dimmed(),
        };
        let place = match (self.sequence, self.line) {
            (Some(sequence), _) => sequence.to_string(),
            (None, line) => line.map_or(String::new(), |line| format!("line {line}")),
        };
        let type_name = visible(short_type(self.type_name.as_deref().unwrap_or("-")));
        format!(
            "{place:>8}  {colour}{:<18}{colour:#}  {type_name:<20}  {}\n",
            self.kind.as_str(),
            visible(&self.message)
        )
    }
}
