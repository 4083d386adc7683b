//! The definition of an event registry: the macro and the types that it generates.
//!
//! The platform has one registry ([`Event`](super::Event)). Tests define others with the same macro, to show the
//! compatibility of releases.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

/// An error of decoding a body, with its position.
pub type BodyError = serde_path_to_error::Error<serde_json::Error>;

/// Decodes a body; an error contains its position.
#[doc(hidden)]
pub fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes))
}

/// All the events of one registry. Only [`event_registry!`](crate::event_registry) implements it.
pub trait EventSet: Sized + Clone + std::fmt::Debug + 'static {
    /// The kinds of aggregate its events are about.
    type Kind: Kind;
    /// The event for a type that is not in the registry.
    const UNKNOWN: Self;

    /// Every type that can be decoded, current ones first.
    fn event_types() -> &'static [EventType<Self>];

    /// The current type of this event; `None` for [`UNKNOWN`](Self::UNKNOWN).
    fn event_type(&self) -> Option<&'static EventType<Self>>;

    /// The id of its aggregate; `None` for [`UNKNOWN`](Self::UNKNOWN).
    fn aggregate_id(&self) -> Option<String>;

    /// The body as JSON; empty for [`UNKNOWN`](Self::UNKNOWN).
    ///
    /// # Errors
    /// If the state cannot be serialised as JSON.
    fn body(&self) -> Result<Vec<u8>, serde_json::Error>;

    /// The type with that wire name.
    fn find_type(name: &str) -> Option<&'static EventType<Self>> {
        Self::event_types()
            .iter()
            .find(|event_type| event_type.name == name)
    }
}

/// A kind of aggregate.
pub trait Kind: Copy + 'static {
    /// The name in subjects, types and consistency tokens.
    fn name(self) -> &'static str;
    /// The only service that may publish its events.
    fn owner(self) -> &'static str;
}

/// One event type of a registry.
#[derive(Clone, Copy)]
pub struct EventType<E: EventSet> {
    /// The wire name with its version, e.g. `blog.post.published.v1`.
    pub name: &'static str,
    /// The kind of its aggregate.
    pub aggregate: E::Kind,
    /// The fact, the last token of the subject, e.g. `published`.
    pub fact: &'static str,
    /// The fact as a sentence.
    pub meaning: &'static str,
    /// Whether services publish it; false for superseded versions.
    pub current: bool,
    #[doc(hidden)]
    pub decode: fn(&[u8]) -> Result<E, BodyError>,
    #[doc(hidden)]
    pub generate: fn() -> Schema,
}

impl<E: EventSet> EventType<E> {
    /// The self-contained JSON Schema (2020-12) of the body.
    pub fn schema(&self) -> Schema {
        let mut schema = (self.generate)();
        // The struct's description is about the state; the description of the type precedes it.
        let about = schema.remove("description");
        let mut fields = std::mem::take(schema.ensure_object());
        fields.remove("$schema");
        fields.remove("title");
        let object = schema.ensure_object();
        object.insert("$schema".to_owned(), DIALECT.into());
        object.insert("$id".to_owned(), self.schema_uri().into());
        object.insert("title".to_owned(), self.name.into());
        let about = about
            .as_ref()
            .and_then(|about| about.as_str())
            .unwrap_or_default();
        object.insert(
            "description".to_owned(),
            format!("{} Body: {about}", self.meaning).into(),
        );
        object.extend(fields);
        schema
    }

    /// The identifier of the schema, as in `ce-dataschema`.
    pub fn schema_uri(&self) -> String {
        format!("urn:inkstream:schema:{}", self.name)
    }

    /// The subject for the aggregate `id`; with `*`, the pattern for all aggregates.
    pub fn subject(&self, id: &str) -> String {
        format!(
            "{}.{}.{id}.{}",
            super::SUBJECT_PREFIX,
            self.aggregate.name(),
            self.fact
        )
    }
}

impl<E: EventSet> std::fmt::Debug for EventType<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of `T` without references, so that each file is self-contained.
#[doc(hidden)]
pub fn generate<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

/// Defines a registry: `AggregateKind`, `Event`, one enum of facts for each aggregate and `AggregateState`, in the
/// module where it is called. See `common/src/event/registry.rs` for the form.
#[macro_export]
macro_rules! event_registry {
    (
        current {$(
            $(#[doc = $doc:literal])+
            $aggregate:ident($fact:ident, $state:ty) = $kind:literal, owned by $owner:literal, id $id:expr, {
                $($(#[doc = $fact_doc:literal])+ $variant:ident = $fact_name:literal as $type_name:literal,)+
            }
        )+}
        historic {$(
            $old_name:literal is $old_aggregate:ident($old_fact:ident::$old_variant:ident) of $old_state:ty,
        )*}
    ) => {
        /// The kinds of aggregate, each owned by one service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AggregateKind { $($(#[doc = $doc])+ $aggregate,)+ }

        impl AggregateKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$aggregate,)+];

            /// The name in subjects, types and consistency tokens.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$aggregate => $kind,)+ }
            }

            /// The only service that may publish its events.
            pub const fn owner(self) -> &'static str {
                match self { $(Self::$aggregate => $owner,)+ }
            }

            /// Its description, as a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$aggregate => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The kind with that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($kind => Some(Self::$aggregate),)+ _ => None }
            }
        }

        impl $crate::event::Kind for AggregateKind {
            fn name(self) -> &'static str { self.as_str() }
            fn owner(self) -> &'static str { self.owner() }
        }

        /// A fact, with the aggregate's whole public state after it.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[doc = $doc])+ $aggregate($fact, $state),)+
            /// An event of a newer release: ignored by consumers, retained by copies.
            Unknown,
        }

        /// The public state of an aggregate, which is the body of its events.
        pub trait AggregateState: serde::Serialize + serde::de::DeserializeOwned + schemars::JsonSchema + Clone {
            /// The facts of the aggregate.
            type Fact: std::fmt::Debug + Copy + Send + Sync + 'static;
            /// The kind of the aggregate.
            const KIND: AggregateKind;

            /// The aggregate's id in subjects and tokens.
            fn aggregate_id(&self) -> String;

            /// The event of `fact` with this state.
            fn into_event(self, fact: Self::Fact) -> Event;

            /// The wire name of the current event type of `fact`.
            fn type_name(fact: Self::Fact) -> &'static str;

            /// The event of the type `type_name` (of any version) with this state; [`Event::Unknown`] for another
            /// aggregate's type.
            fn into_event_named(self, type_name: &str) -> Event;
        }

        $(
            #[doc = concat!("What can happen to a ", $kind, ".")]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $fact { $($(#[doc = $fact_doc])+ $variant,)+ }

            impl $fact {
                /// Every fact of this aggregate.
                pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

                /// Its name, the last token of the subject.
                pub const fn name(self) -> &'static str {
                    match self { $(Self::$variant => $fact_name,)+ }
                }

                /// The fact as a sentence.
                pub const fn meaning(self) -> &'static str {
                    match self { $(Self::$variant => concat!($($fact_doc),+).trim_ascii(),)+ }
                }

                /// The wire name of its current event type.
                pub const fn type_name(self) -> &'static str {
                    match self { $(Self::$variant => $type_name,)+ }
                }
            }

            impl AggregateState for $state {
                type Fact = $fact;
                const KIND: AggregateKind = AggregateKind::$aggregate;

                fn aggregate_id(&self) -> String {
                    let id: fn(&Self) -> String = $id;
                    id(self)
                }

                fn into_event(self, fact: $fact) -> Event {
                    Event::$aggregate(fact, self)
                }

                fn type_name(fact: $fact) -> &'static str {
                    fact.type_name()
                }

                fn into_event_named(self, type_name: &str) -> Event {
                    let unversioned = |name: &'static str| name.rsplit_once(".v").map(|(stem, _)| stem);
                    let stem = type_name.rsplit_once(".v").map(|(stem, _)| stem);
                    let fact = $fact::ALL.iter().find(|fact| unversioned(fact.type_name()) == stem);
                    fact.map_or(Event::Unknown, |fact| self.into_event(*fact))
                }
            }
        )+

        impl Event {
            /// The current type of this event; `None` for [`Event::Unknown`].
            pub fn event_type(&self) -> Option<&'static $crate::event::EventTypeOf<Self>> {
                $crate::event::EventSet::event_type(self)
            }

            /// The id of its aggregate; `None` for [`Event::Unknown`].
            pub fn aggregate_id(&self) -> Option<String> {
                $crate::event::EventSet::aggregate_id(self)
            }
        }

        impl $crate::event::EventSet for Event {
            type Kind = AggregateKind;
            const UNKNOWN: Self = Self::Unknown;

            fn event_types() -> &'static [$crate::event::EventTypeOf<Self>] {
                const TYPES: &[$crate::event::EventTypeOf<Event>] = &[
                    $($($crate::event::EventTypeOf {
                        name: $type_name,
                        aggregate: AggregateKind::$aggregate,
                        fact: $fact_name,
                        meaning: $fact::$variant.meaning(),
                        current: true,
                        decode: |body| {
                            let state = $crate::event::decode_body::<$state>(body)?;
                            Ok(Event::$aggregate($fact::$variant, state))
                        },
                        generate: $crate::event::generate_schema::<$state>,
                    },)+)+
                    $($crate::event::EventTypeOf {
                        name: $old_name,
                        aggregate: AggregateKind::$old_aggregate,
                        fact: $old_fact::$old_variant.name(),
                        meaning: $old_fact::$old_variant.meaning(),
                        current: false,
                        decode: |body| {
                            let state = $crate::event::decode_body::<$old_state>(body)?;
                            Ok(Event::$old_aggregate($old_fact::$old_variant, state.into()))
                        },
                        generate: $crate::event::generate_schema::<$old_state>,
                    },)*
                ];
                TYPES
            }

            fn event_type(&self) -> Option<&'static $crate::event::EventTypeOf<Self>> {
                let name = match self {
                    $(Self::$aggregate(fact, _) => fact.type_name(),)+
                    Self::Unknown => return None,
                };
                Self::find_type(name)
            }

            fn aggregate_id(&self) -> Option<String> {
                match self {
                    $(Self::$aggregate(_, state) => Some(AggregateState::aggregate_id(state)),)+
                    Self::Unknown => None,
                }
            }

            fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$aggregate(_, state) => serde_json::to_vec(state),)+
                    Self::Unknown => Ok(Vec::new()),
                }
            }
        }
    };
}
