//! The registry: each event named once, with its wire name, aggregate, state and owner.
//!
//! The decoder, the schemas, the catalogue and the permissions are all derived from this one table.
//! Released versions are immutable. A new shape of a body is a new version: keep the old struct beside
//! the new one with `From<Old> for New`, and list the old name under `historic`.

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    decode::BodyError,
    state::{CommentState, FollowState, PostState, ReactionState, UserState},
};

/// The public state of an aggregate, which is the body of its events.
pub trait AggregateState: Serialize + DeserializeOwned + JsonSchema + Clone {
    /// What can happen to such an aggregate.
    type Fact: std::fmt::Debug + Copy + Send + Sync + 'static;
    /// Which aggregate it is.
    const KIND: AggregateKind;

    /// The aggregate's id as it stands in subjects and tokens.
    fn aggregate_id(&self) -> String;

    /// This state as the event that `fact` happened.
    fn into_event(self, fact: Self::Fact) -> Event;

    /// The wire name of the event type written for `fact`.
    fn type_name(fact: Self::Fact) -> &'static str;

    /// This state as the event that `type_name` (of any version) names; [`Event::Unknown`] for a name that is
    /// not this aggregate's.
    fn into_event_named(self, type_name: &str) -> Event;
}

/// One event type of the registry.
#[derive(Clone, Copy)]
pub struct EventType {
    /// The wire name with its version, e.g. `blog.post.published.v1`.
    pub name: &'static str,
    /// The aggregate it is about.
    pub aggregate: AggregateKind,
    /// What happened, the last token of the subject, e.g. `published`.
    pub fact: &'static str,
    /// Whether services still write it; false for versions that are only read.
    pub current: bool,
    pub(super) decode: fn(&[u8]) -> Result<Event, BodyError>,
    schema: fn() -> Schema,
}

impl EventType {
    /// The JSON Schema (2020-12) of the body.
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }

    /// The identifier of the schema, as in `ce-dataschema`.
    pub fn schema_uri(&self) -> String {
        format!("urn:inkstream:schema:{}", self.name)
    }
}

impl std::fmt::Debug for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! registry {
    (
        current {$(
            $(#[$doc:meta])*
            $aggregate:ident($fact:ident, $state:ty) = $kind:literal, owned by $owner:literal, id $id:expr, {
                $($(#[$fact_doc:meta])* $variant:ident = $fact_name:literal as $type_name:literal,)+
            }
        )+}
        historic { $($old_name:literal is $old_aggregate:ident::$old_fact:ident of $old_state:ty,)* }
    ) => {
        /// The kinds of aggregate, each owned by one service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AggregateKind { $($(#[$doc])* $aggregate,)+ }

        impl AggregateKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$aggregate,)+];

            /// The name in subjects, types and consistency tokens.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$aggregate => $kind,)+ }
            }

            /// The service that alone may publish its events.
            pub const fn owner(self) -> &'static str {
                match self { $(Self::$aggregate => $owner,)+ }
            }

            /// The kind of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($kind => Some(Self::$aggregate),)+ _ => None }
            }
        }

        /// What happened, with the aggregate's whole public state after it.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $aggregate($fact, $state),)+
            /// An event of a newer release: passed over by those who apply, kept by those who copy.
            Unknown,
        }

        $(
            #[doc = concat!("What can happen to a ", $kind, ".")]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $fact { $($(#[$fact_doc])* $variant,)+ }

            impl $fact {
                /// Every fact of this aggregate.
                pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

                /// The wire name of the event type that is written for it.
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
            /// The registry's entry that this event is written as; `None` for [`Event::Unknown`].
            pub fn event_type(&self) -> Option<&'static EventType> {
                let name = match self {
                    $(Self::$aggregate(fact, _) => fact.type_name(),)+
                    Self::Unknown => return None,
                };
                event_type(name)
            }

            /// The id of the aggregate it is about; `None` for [`Event::Unknown`].
            pub fn aggregate_id(&self) -> Option<String> {
                match self {
                    $(Self::$aggregate(_, state) => Some(state.aggregate_id()),)+
                    Self::Unknown => None,
                }
            }

            pub(super) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$aggregate(_, state) => serde_json::to_vec(state),)+
                    Self::Unknown => Ok(Vec::new()),
                }
            }
        }

        /// Every event type that can be read, those still written first.
        pub fn event_types() -> &'static [EventType] {
            const TYPES: &[EventType] = &[
                $($(EventType {
                    name: $type_name,
                    aggregate: AggregateKind::$aggregate,
                    fact: $fact_name,
                    current: true,
                    decode: |body| Ok(Event::$aggregate($fact::$variant, super::decode::body::<$state>(body)?)),
                    schema: || schemars::schema_for!($state),
                },)+)+
                $(EventType {
                    name: $old_name,
                    aggregate: AggregateKind::$old_aggregate,
                    fact: $old_fact,
                    current: false,
                    decode: |body| Ok(Event::$old_aggregate(
                        $old_fact,
                        super::decode::body::<$old_state>(body)?.into(),
                    )),
                    schema: || schemars::schema_for!($old_state),
                },)*
            ];
            TYPES
        }
    };
}

registry! {
    current {
        /// A person with an account.
        User(UserFact, UserState) = "user", owned by "auth", id |user| user.id.to_string(), {
            /// Somebody signed up.
            Registered = "registered" as "blog.user.registered.v1",
            /// Name, user name or bio changed.
            ProfileUpdated = "profile_updated" as "blog.user.profile_updated.v1",
            /// An administrator gave another role.
            RoleChanged = "role_changed" as "blog.user.role_changed.v1",
            /// The account is gone.
            Deleted = "deleted" as "blog.user.deleted.v1",
        }

        /// One person following another; its id is `<follower>:<followee>`.
        Follow(FollowFact, FollowState) = "follow", owned by "auth",
            id |follow| format!("{}:{}", follow.follower_id, follow.followee_id), {
            /// Began to follow.
            Followed = "followed" as "blog.follow.followed.v1",
            /// Ceased to follow.
            Unfollowed = "unfollowed" as "blog.follow.unfollowed.v1",
        }

        /// A blog post.
        Post(PostFact, PostState) = "post", owned by "posts", id |post| post.id.to_string(), {
            /// A draft was begun.
            Created = "created" as "blog.post.created.v1",
            /// Something of it changed.
            Updated = "updated" as "blog.post.updated.v1",
            /// It became public.
            Published = "published" as "blog.post.published.v1",
            /// It became a draft again.
            Unpublished = "unpublished" as "blog.post.unpublished.v1",
            /// It is gone.
            Deleted = "deleted" as "blog.post.deleted.v1",
        }

        /// One person's reaction to one post; its id is `<post>:<user>`.
        Reaction(ReactionFact, ReactionState) = "reaction", owned by "posts",
            id |reaction| format!("{}:{}", reaction.post_id, reaction.user_id), {
            /// Reacted.
            Added = "added" as "blog.reaction.added.v1",
            /// Took it back.
            Removed = "removed" as "blog.reaction.removed.v1",
        }

        /// A comment on a post.
        Comment(CommentFact, CommentState) = "comment", owned by "comments", id |comment| comment.id.to_string(), {
            /// Somebody commented.
            Created = "created" as "blog.comment.created.v1",
            /// Its text changed, or its author's name was taken off.
            Edited = "edited" as "blog.comment.edited.v1",
            /// Its latest text became public.
            Approved = "approved" as "blog.comment.approved.v1",
            /// Its latest text was refused.
            Rejected = "rejected" as "blog.comment.rejected.v1",
            /// It is gone.
            Deleted = "deleted" as "blog.comment.deleted.v1",
        }
    }

    historic {}
}

/// The type of that wire name, if this release knows it.
pub fn event_type(name: &str) -> Option<&'static EventType> {
    event_types().iter().find(|event_type| event_type.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_made_of_its_parts_and_stands_once() {
        let mut seen = HashSet::new();
        for event_type in event_types() {
            let prefix = format!("blog.{}.{}.v", event_type.aggregate.as_str(), event_type.fact);
            let version = event_type.name.strip_prefix(&prefix);
            assert!(
                version.is_some_and(|v| v.parse::<u16>().is_ok_and(|v| v >= 1)),
                "{}",
                event_type.name
            );
            assert!(seen.insert(event_type.name), "{} stands twice", event_type.name);
        }
    }

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in AggregateKind::ALL {
            assert_eq!(AggregateKind::from_name(kind.as_str()), Some(*kind));
        }
    }
}
