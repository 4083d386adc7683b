//! A jq condition, compiled once.

mod needs;

use std::borrow::Cow;

use common::event::header;
use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader, parse},
    unwrap_valr,
};
use jaq_json::{Map, Val};

use self::needs::Needs;
use crate::{entry::Entry, failure::Failure};

/// A compiled condition. Its input has the fields of [`Document`](crate::entry::Document).
pub struct Predicate {
    source: String,
    needs: Needs,
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
            // A source that is not a single term, for example because it defines functions, may need every field.
            needs: parse(source, |parser| parser.term()).map_or_else(Needs::default, |term| Needs::of(&term)),
            filter,
        })
    }

    /// Whether `entry` fulfils it: whether its first output is neither false nor null.
    ///
    /// # Errors
    /// Why it cannot be evaluated.
    pub fn holds(&self, entry: &Entry) -> Result<bool, String> {
        if !self.needs.may_hold(&entry.payload) {
            return Ok(false);
        }
        let context = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let first = self
            .filter
            .id
            .run((context, self.value(entry)))
            .map(unwrap_valr)
            .next();
        match first {
            None | Some(Ok(Val::Null | Val::Bool(false))) => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(error)) => Err(error.to_string()),
        }
    }
}

impl Predicate {
    /// The needed fields of the entry.
    fn value(&self, entry: &Entry) -> Val {
        let parts = entry.aggregate();
        let mut event = Map::default();
        let mut field = |name: &'static str, value: &dyn Fn() -> Val| {
            if self.needs.field(name) {
                event.insert(Val::utf8_str(bytes::Bytes::from_static(name.as_bytes())), value());
            }
        };
        field("sequence", &|| integer(entry.sequence));
        field("time", &|| text(&entry.time().to_string()));
        field("stored_at", &|| text(&entry.stored_at.to_string()));
        field("type", &|| optional(entry.type_name()));
        field("subject", &|| text(&entry.subject));
        field("aggregate", &|| optional(parts.map(|parts| parts.kind.into())));
        field("aggregate_id", &|| optional(parts.map(|parts| parts.id.into())));
        field("version", &|| entry.version().map_or(Val::Null, integer));
        field("id", &|| optional(entry.id()));
        field("source", &|| optional(entry.header(header::SOURCE)));
        field("actor", &|| optional(entry.header(header::ACTOR)));
        field("correlation_id", &|| {
            optional(entry.header(header::CORRELATION_ID))
        });
        field("causation_id", &|| optional(entry.header(header::CAUSATION_ID)));
        field("traceparent", &|| optional(entry.header(header::TRACEPARENT)));
        field("problem", &|| {
            optional(entry.problem().map(|problem| problem.to_string().into()))
        });
        field("headers", &|| headers(entry));
        field("data", &|| {
            jaq_json::read::parse_single(&entry.payload).unwrap_or_default()
        });
        Val::obj(event)
    }
}

fn headers(entry: &Entry) -> Val {
    let headers = entry.headers.iter().map(|(name, _)| {
        let name: &str = name.as_ref();
        (text(name), optional(entry.header(name)))
    });
    Val::obj(headers.collect())
}

fn undefined(errors: &jaq_core::compile::Errors<&str, ()>) -> String {
    let names = errors.iter().flat_map(|(_, errors)| errors);
    let names: Vec<String> = names
        .map(|(name, kind)| format!("there is no {} `{name}`", kind.as_str()))
        .collect();
    names.join(", ")
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
