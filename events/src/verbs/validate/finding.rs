//! Findings.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::{
    entry::Entry,
    output::{short_type, visible},
};

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A line is not a message.
    Line,
    /// A header is missing or invalid.
    Header,
    /// A body cannot be decoded as its type.
    Body,
    /// A body can be decoded, but violates the schema.
    Schema,
    /// Subject, headers and body contradict each other.
    SubjectMismatch,
    /// The event contradicts the registry.
    Registry,
    /// The type is not in the registry.
    UnknownType,
    /// Versions of the aggregate are missing before this event.
    VersionGap,
    /// A later version precedes this event.
    VersionRegression,
    /// Another event has this version.
    VersionConflict,
    /// Another event has this id.
    DuplicateId,
    /// Sequences do not ascend.
    Sequence,
    /// The same event was republished, as by `resync`; consumers ignore it.
    Republished,
}

impl Kind {
    /// Whether it is informational.
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

/// The severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Info,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    severity: Severity,
    pub(super) kind: Kind,
    /// The message's sequence in the log; null if an export does not contain it.
    pub(super) sequence: Option<u64>,
    /// The line of the export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    id: Option<String>,
    subject: Option<String>,
    pub(super) message: String,
}

impl Finding {
    /// A finding about `entry`.
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

    /// A line is not a message.
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

    /// One human-readable line.
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
