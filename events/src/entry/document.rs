//! An entry as JSON: the output of `-o json` and the input of `--where`.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::event::{Timestamp, header};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Entry, Problem, SubjectParts, decoded};

/// An entry as JSON. Absent values are null.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    sequence: u64,
    time: Timestamp,
    stored_at: Timestamp,
    #[serde(rename = "type")]
    type_name: Option<Cow<'a, str>>,
    subject: &'a str,
    aggregate: Option<&'a str>,
    aggregate_id: Option<&'a str>,
    version: Option<u64>,
    id: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    actor: Option<Cow<'a, str>>,
    correlation_id: Option<Cow<'a, str>>,
    causation_id: Option<Cow<'a, str>>,
    traceparent: Option<Cow<'a, str>>,
    /// Absent if the entry is an event of the registry.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    problem: Option<Problem>,
    /// Every header, percent-decoded; of several values the first.
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    data: Data<'a>,
    /// The body, if it is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

fn as_text<S: Serializer>(problem: &Option<Problem>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&problem.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// The body as JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    /// Unparsed, so that every number keeps its notation.
    Raw(&'a RawValue),
    /// Parsed, because it has line breaks.
    Parsed(serde_json::Value),
    /// Not JSON, or empty.
    None,
}

impl<'a> Data<'a> {
    fn of(payload: &'a [u8]) -> Self {
        let several_lines = payload.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        if several_lines {
            return serde_json::from_slice(payload).map_or(Self::None, Self::Parsed);
        }
        serde_json::from_slice(payload).map_or(Self::None, Self::Raw)
    }
}

impl<'a> Document<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        let parts = entry.aggregate();
        let data = Data::of(&entry.payload);
        let binary = matches!(data, Data::None) && !entry.payload.is_empty();
        Self {
            sequence: entry.sequence,
            time: entry.time(),
            stored_at: entry.stored_at,
            type_name: entry.type_name(),
            subject: &entry.subject,
            aggregate: parts.map(|SubjectParts { kind, .. }| kind),
            aggregate_id: parts.map(|SubjectParts { id, .. }| id),
            version: entry.version(),
            id: entry.id(),
            source: entry.header(header::SOURCE),
            actor: entry.header(header::ACTOR),
            correlation_id: entry.header(header::CORRELATION_ID),
            causation_id: entry.header(header::CAUSATION_ID),
            traceparent: entry.header(header::TRACEPARENT),
            problem: entry.problem(),
            headers: headers(entry),
            data,
            data_base64: binary.then(|| STANDARD.encode(&entry.payload)),
        }
    }
}

fn headers(entry: &Entry) -> BTreeMap<&str, Cow<'_, str>> {
    entry
        .headers
        .iter()
        .filter_map(|(name, values)| Some((AsRef::<str>::as_ref(name), decoded(values.first()?))))
        .collect()
}
