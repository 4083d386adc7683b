//! Change notes: which parts of the read model a batch has changed, sent to every replica over the bus.
//!
//! A note can be lost: code that relies on notes also reads the database after a while.

use std::{convert::Infallible, fmt, str::FromStr};

use common::{
    api::query::ChangeKind,
    event::AggregateKind,
    ids::{PostId, UserId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::store::Outline;

/// With more changed keys than this, a note reports a change of everything.
pub const MAX_KEYS: usize = 256;

/// A part of the read model on which a response can depend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything: more changes than a note can contain, or unknown ones.
    All,
    /// Every list of posts.
    Posts,
    /// The list of tags.
    Tags,
    /// The text of a post.
    Post(PostId),
    /// The counters of a post.
    Counts(PostId),
    /// The comments of a post.
    Comments(PostId),
    /// A profile with its counters.
    User(UserId),
    /// The owner of a user name, in lower case.
    Username(String),
}

impl Key {
    /// The post, and the part of it, that the key is about.
    pub fn of_post(&self) -> Option<(PostId, ChangeKind)> {
        match self {
            Self::Post(id) => Some((*id, ChangeKind::Post)),
            Self::Counts(id) => Some((*id, ChangeKind::Counts)),
            Self::Comments(id) => Some((*id, ChangeKind::Comments)),
            Self::All | Self::Posts | Self::Tags | Self::User(_) | Self::Username(_) => None,
        }
    }
}

/// The keys of the responses in which the aggregate appears; lists of posts only if it `is_listed`.
pub fn keys_of(kind: AggregateKind, outline: &Outline, is_listed: bool) -> Vec<Key> {
    let user = |id: Option<UserId>| id.map(Key::User);
    let counts = outline.post_id.map(Key::Counts);
    let keys = match kind {
        AggregateKind::Post => [
            outline.id.parse().ok().map(Key::Post),
            user(outline.author_id),
            is_listed.then_some(Key::Posts),
            is_listed.then_some(Key::Tags),
            outline.id.parse().ok().map(Key::Counts),
        ],
        AggregateKind::User => {
            let username = outline.username_key.clone().map(Key::Username);
            [user(outline.id.parse().ok()), username, None, None, None]
        }
        AggregateKind::Comment => [outline.post_id.map(Key::Comments), counts, None, None, None],
        AggregateKind::Reaction => [counts, None, None, None, None],
        AggregateKind::Follow => [
            user(outline.follower_id),
            user(outline.followee_id),
            None,
            None,
            None,
        ],
        AggregateKind::Verdict
        | AggregateKind::Report
        | AggregateKind::Ruleset
        | AggregateKind::DeadLetter => Default::default(),
    };
    keys.into_iter().flatten().collect()
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Posts => f.write_str("posts"),
            Self::Tags => f.write_str("tags"),
            Self::Post(id) => write!(f, "post:{id}"),
            Self::Counts(id) => write!(f, "counts:{id}"),
            Self::Comments(id) => write!(f, "comments:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Username(name) => write!(f, "username:{name}"),
        }
    }
}

impl FromStr for Key {
    type Err = Infallible;

    /// A key of a newer release is read as everything: it is better to drop too much than to keep stale responses.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = match text.split_once(':').unwrap_or((text, "")) {
            ("posts", "") => Some(Self::Posts),
            ("tags", "") => Some(Self::Tags),
            ("post", id) => id.parse().ok().map(Self::Post),
            ("counts", id) => id.parse().ok().map(Self::Counts),
            ("comments", id) => id.parse().ok().map(Self::Comments),
            ("user", id) => id.parse().ok().map(Self::User),
            ("username", name) => Some(Self::Username(name.to_owned())),
            _ => None,
        };
        Ok(known.unwrap_or(Self::All))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or(Self::All))
    }
}

/// The position of the projection in the log, and what has changed on the way there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeNote {
    pub keys: Vec<Key>,
    pub position: u64,
    /// The latest applied batch of the generation; 0 if the note is about no batch.
    pub batch: i64,
    /// The live generation.
    pub generation: u32,
    /// The sending replica.
    pub from: String,
    /// The versions that can be read now, in the form of consistency tokens; none in notes of an older release.
    #[serde(default)]
    pub versions: Option<Vec<String>>,
}

impl ChangeNote {
    /// Reduces `keys` to [`Key::All`] if they are too many.
    pub fn limited(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
        let keys: Vec<Key> = keys.into_iter().collect();
        if keys.len() > MAX_KEYS {
            vec![Key::All]
        } else {
            keys
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_survives_a_round_trip_and_an_unknown_key_means_everything() {
        let (post, user) = (PostId::generate(), UserId::generate());
        let keys = [
            Key::All,
            Key::Posts,
            Key::Tags,
            Key::Post(post),
            Key::Counts(post),
            Key::Comments(post),
            Key::User(user),
            Key::Username("ann".to_owned()),
        ];
        let note = ChangeNote {
            keys: keys.to_vec(),
            position: 7,
            batch: 3,
            generation: 1,
            from: "me".to_owned(),
            versions: Some(vec![format!("post:{post}@3")]),
        };
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<ChangeNote>(&json).unwrap(), note);
        assert_eq!("series:1".parse(), Ok(Key::All));
    }

    #[test]
    fn the_size_of_a_note_is_bounded() {
        let keys = (0..1000).map(|_| Key::Post(PostId::generate()));
        assert_eq!(ChangeNote::limited(keys), [Key::All]);
    }
}
