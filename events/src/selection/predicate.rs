//! A condition in jq's language, compiled once.

use std::borrow::Cow;

use common::event::header;
use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Map, Val};

use crate::{
    entry::{Entry, SubjectParts},
    failure::Failure,
};

/// A compiled condition. It is told of an event what [`Document`](crate::entry::Document) says.
pub struct Predicate {
    source: String,
    filter: jaq_core::Filter<data::JustLut<Val>>,
}

impl std::fmt::Debug for Predicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Predicate").field(&self.source).finish()
    }
}

impl Predicate {
    /// Compiles `source`.
    ///
    /// # Errors
    /// If it is not jq.
    pub fn new(source: &str) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::usage(format!("--where `{source}`: {what}"));
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let (loader, arena) = (Loader::new(definitions), Arena::default());
        let file = File {
            code: source,
            path: (),
        };
        let modules = loader
            .load(&arena, file)
            .map_err(|errors| wrong(format!("this is not jq: {errors:?}")))?;
        let filter = Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map_err(|errors| wrong(undefined(&errors)))?;
        Ok(Self {
            source: source.to_owned(),
            filter,
        })
    }

    /// Whether it holds of `entry`: whether its first output is neither false nor null.
    ///
    /// # Errors
    /// If it cannot be decided, with why.
    pub fn holds(&self, entry: &Entry) -> Result<bool, String> {
        let context = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let first = self
            .filter
            .id
            .run((context, value(entry)))
            .map(unwrap_valr)
            .next();
        match first {
            None | Some(Ok(Val::Null | Val::Bool(false))) => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(error)) => Err(error.to_string()),
        }
    }
}

fn undefined(errors: &jaq_core::compile::Errors<&str, ()>) -> String {
    let names = errors.iter().flat_map(|(_, errors)| errors);
    let names: Vec<String> = names
        .map(|(name, kind)| format!("there is no {} `{name}`", kind.as_str()))
        .collect();
    names.join(", ")
}

fn value(entry: &Entry) -> Val {
    let parts = entry.aggregate();
    let headers = entry.headers.iter().map(|(name, _)| {
        let name: &str = name.as_ref();
        (text(name), optional(entry.header(name)))
    });
    let fields = [
        ("sequence", integer(entry.sequence)),
        ("time", text(&entry.time().to_string())),
        ("stored_at", text(&entry.stored_at.to_string())),
        ("type", optional(entry.type_name())),
        ("subject", text(&entry.subject)),
        (
            "aggregate",
            optional(parts.map(|SubjectParts { kind, .. }| kind.into())),
        ),
        (
            "aggregate_id",
            optional(parts.map(|SubjectParts { id, .. }| id.into())),
        ),
        ("version", entry.version().map_or(Val::Null, integer)),
        ("id", optional(entry.id())),
        ("source", optional(entry.header(header::SOURCE))),
        ("actor", optional(entry.header(header::ACTOR))),
        ("correlation_id", optional(entry.header(header::CORRELATION_ID))),
        ("causation_id", optional(entry.header(header::CAUSATION_ID))),
        ("traceparent", optional(entry.header(header::TRACEPARENT))),
        (
            "problem",
            optional(entry.problem().map(|problem| problem.to_string().into())),
        ),
        ("headers", Val::obj(headers.collect::<Map>())),
        (
            "data",
            jaq_json::read::parse_single(&entry.payload).unwrap_or_default(),
        ),
    ];
    Val::obj(
        fields
            .into_iter()
            .map(|(name, value)| (text(name), value))
            .collect::<Map>(),
    )
}

fn text(text: &str) -> Val {
    Val::utf8_str(bytes::Bytes::copy_from_slice(text.as_bytes()))
}

fn optional(value: Option<Cow<'_, str>>) -> Val {
    value.map_or(Val::Null, |value| text(&value))
}

fn integer(number: u64) -> Val {
    Val::Num(jaq_json::Num::from_integral(number))
}
