//! The checks of an event.

use std::collections::HashMap;

use common::event::{DecodeError, Event, EventType, dead_letter_header, event_type, event_types, header};
use jsonschema::Validator;
use serde_json::Value;

use super::{
    finding::{Finding, Kind},
    versions::{MAX_AGGREGATES, MAX_IDS, Relation, Versions},
};
use crate::{
    entry::Entry,
    failure::{Failure, chain},
};

/// The most schema errors reported per body.
const MAX_SCHEMA_ERRORS: usize = 3;

/// The checks, with their state between events.
pub(super) struct Checks {
    schemas: HashMap<&'static str, Validator>,
    versions: Versions,
    /// Whether all events of each aggregate are read, so that a missing version is missing in the log.
    whole_aggregates: bool,
    last_sequence: u64,
    untracked: u64,
}

impl Checks {
    /// Compiles the schemas.
    pub(super) fn new(whole_aggregates: bool, from_the_beginning: bool) -> Result<Self, Failure> {
        let compiled = |event_type: &'static EventType| {
            let name = event_type.name;
            let schema = Value::from(event_type.schema());
            let validator = jsonschema::validator_for(&schema)
                .map_err(|error| Failure::usage(format!("the schema of {name} cannot be used: {error}")))?;
            Ok((name, validator))
        };
        Ok(Self {
            schemas: event_types()
                .iter()
                .map(compiled)
                .collect::<Result<_, Failure>>()?,
            versions: Versions::new(from_the_beginning, MAX_AGGREGATES, MAX_IDS),
            whole_aggregates,
            last_sequence: 0,
            untracked: 0,
        })
    }

    /// The number of events whose versions could not be checked, if any.
    pub(super) fn untracked(&self) -> Option<u64> {
        (self.untracked > 0).then_some(self.untracked)
    }

    /// The findings of `entry`.
    pub(super) fn check(&mut self, entry: &Entry) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |kind, message: String| findings.push(Finding::of(entry, kind, message));
        if entry.sequence > 0 && entry.sequence <= self.last_sequence {
            find(Kind::Sequence, format!("it follows {}", self.last_sequence));
        }
        self.last_sequence = self.last_sequence.max(entry.sequence);
        match entry.decode() {
            Ok(received) if received.event == Event::Unknown => {
                find(
                    Kind::UnknownType,
                    format!("`{}` is not in the registry", received.type_name),
                );
            }
            Ok(received) => {
                if let Some(known) = event_type(&received.type_name) {
                    self.schema(entry, known, &mut find);
                    registry(entry, known, &mut find);
                }
            }
            Err(error) => {
                let kind = match &error {
                    DecodeError::MissingHeader(_) | DecodeError::BadHeader { .. } => Kind::Header,
                    DecodeError::Body { .. } => Kind::Body,
                    DecodeError::SubjectMismatch { .. } => Kind::SubjectMismatch,
                };
                find(kind, chain(&error));
                // It has no version of its own.
                return findings;
            }
        }
        self.version(entry, &mut find);
        findings
    }

    fn schema(&self, entry: &Entry, known: &EventType, find: &mut impl FnMut(Kind, String)) {
        let (Some(validator), Ok(body)) = (
            self.schemas.get(known.name),
            serde_json::from_slice::<Value>(&entry.payload),
        ) else {
            return;
        };
        // Checking validity alone is much faster than listing errors.
        if validator.is_valid(&body) {
            return;
        }
        for error in validator.iter_errors(&body).take(MAX_SCHEMA_ERRORS) {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() { "the body" } else { &path };
            find(Kind::Schema, format!("{place}: {error}"));
        }
    }

    fn version(&mut self, entry: &Entry, find: &mut impl FnMut(Kind, String)) {
        let (Some(aggregate), Some(version), Some(id)) = (entry.aggregate(), entry.version(), entry.id())
        else {
            return;
        };
        let of = format!("{}:{}", aggregate.kind, aggregate.id);
        if let Some(consumer) = entry.header(dead_letter_header::REDRIVE) {
            let message = format!("{of} version {version} was republished for {consumer}");
            return find(Kind::Republished, message);
        }
        match self.versions.see((aggregate.kind, aggregate.id), version, &id) {
            Relation::Next => {}
            Relation::NotFirst if self.whole_aggregates => {
                find(Kind::VersionGap, format!("{of} begins with version {version}"));
            }
            Relation::Gap(before) if self.whole_aggregates => {
                find(
                    Kind::VersionGap,
                    format!("{of} has version {version} after {before}"),
                );
            }
            Relation::NotFirst | Relation::Gap(_) => {}
            Relation::Regression(before) => {
                find(
                    Kind::VersionRegression,
                    format!("{of} has version {version} after {before}"),
                );
            }
            Relation::Conflict => {
                find(
                    Kind::VersionConflict,
                    format!("{of} has another event of version {version}"),
                );
            }
            Relation::DuplicateId => find(Kind::DuplicateId, format!("another event has the id {id}")),
            Relation::Republished => find(
                Kind::Republished,
                format!("{of} version {version} was republished"),
            ),
            Relation::Untracked => self.untracked += 1,
        }
    }
}

/// The findings about the type's headers.
fn registry(entry: &Entry, known: &EventType, find: &mut impl FnMut(Kind, String)) {
    let owner = known.aggregate.owner();
    for (name, expected) in [
        (header::SOURCE, format!("/inkstream/{owner}")),
        (header::DATA_SCHEMA, known.schema_uri()),
        (header::SPEC_VERSION, "1.0".to_owned()),
        (header::DATA_CONTENT_TYPE, "application/json".to_owned()),
    ] {
        match entry.header(name) {
            Some(value) if value == expected => {}
            Some(value) => find(
                Kind::Registry,
                format!("header `{name}` is `{value}`, not `{expected}`"),
            ),
            None => find(Kind::Registry, format!("header `{name}` is missing")),
        }
    }
}
