//! The registry of typed ids, so that swapped ids do not compile.
//!
//! Every id is a UUID, written as the 36-character hyphenated lower-case string in JSON, in subjects and in MongoDB, so
//! that an id can be copied from any of them and searched in the others. New ids are version 7 (RFC 9562), which sort
//! by creation time; an id derived from an idempotency key is version 5, so that a retry yields the same aggregate.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Namespace of ids derived from idempotency keys. Must never change: retries would create second aggregates.
const IDEMPOTENCY_NAMESPACE: Uuid = Uuid::from_u128(0x7c5f_2f0e_6d5b_4a6b_9a53_1f6b_6f70_e0c1);

/// The error for a text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id (a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057)")]
pub struct InvalidId {
    /// The kind of id that was expected, e.g. `post`.
    pub kind: &'static str,
    /// The text, cut to 64 characters.
    pub text: String,
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The kind's name in messages and tokens.
            pub const KIND: &'static str = $kind;

            /// Converts a UUID to this kind of id.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Generates a new id: UUIDv7, which sorts by creation time.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Derives the id from `owner` and the idempotency key `key`: UUIDv5 of both and the kind.
            pub fn from_idempotency_key(owner: UserId, key: &str) -> Self {
                let name = format!("{}/{}/{}", $kind, owner, key);
                Self(Uuid::new_v5(&IDEMPOTENCY_NAMESPACE, name.as_bytes()))
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hyphenated(text)
                    .map(Self)
                    .ok_or_else(|| InvalidId { kind: $kind, text: text.chars().take(64).collect() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // Text in every format: a binary UUID in MongoDB could not be searched or compared easily.
                let mut buffer = Uuid::encode_buffer();
                serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }
        }
    )+};
}

typed_ids! {
    /// A user account.
    UserId = "user";
    /// A blog post.
    PostId = "post";
    /// A comment on a post.
    CommentId = "comment";
    /// The verdict on a comment or a post: the same UUID as the comment's or the post's.
    VerdictId = "verdict";
    /// One sign-in of one user on one device.
    SessionId = "session";
    /// One dead letter.
    DeadLetterId = "dead letter";
    /// One event of the log; also its `Nats-Msg-Id`.
    EventId = "event";
}

impl From<CommentId> for VerdictId {
    fn from(comment: CommentId) -> Self {
        Self(comment.as_uuid())
    }
}

impl From<PostId> for VerdictId {
    fn from(post: PostId) -> Self {
        Self(post.as_uuid())
    }
}

/// Accepts only the canonical form, so that an aggregate has one subject and one document.
fn parse_hyphenated(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (uuid.hyphenated().encode_lower(&mut buffer) == text).then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text_and_json() {
        let id = PostId::generate();
        assert_eq!(id.to_string().parse::<PostId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<PostId>(&json).unwrap(), id);
    }

    #[test]
    fn other_forms_of_a_uuid_are_rejected() {
        let canonical = PostId::generate().to_string();
        for form in [
            canonical.to_uppercase(),
            canonical.replace('-', ""),
            format!("{{{canonical}}}"),
            format!("urn:uuid:{canonical}"),
            String::new(),
            "not-an-id".to_owned(),
        ] {
            // A UUID without letters is the same in upper case.
            if form != canonical {
                assert!(form.parse::<PostId>().is_err(), "{form}");
            }
        }
    }

    #[test]
    fn an_idempotency_key_makes_one_id_per_user_and_kind() {
        let (ann, bob) = (UserId::generate(), UserId::generate());
        let id = PostId::from_idempotency_key(ann, "k");
        assert_eq!(id, PostId::from_idempotency_key(ann, "k"));
        assert_ne!(id, PostId::from_idempotency_key(bob, "k"));
        assert_ne!(id, PostId::from_idempotency_key(ann, "l"));
        assert_ne!(id.as_uuid(), CommentId::from_idempotency_key(ann, "k").as_uuid());
    }
}
