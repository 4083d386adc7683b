//! Change notes: which parts of the read model changed, told to every replica over the bus and to their readers.
//!
//! A note may be lost: whoever relies on one also looks by itself after a while.

use std::{fmt, str::FromStr};

use common::{
    api::query::ChangeKind,
    ids::{PostId, UserId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// More keys than this are told as "everything".
pub const MAX_KEYS: usize = 256;

/// A part of the read model on which an answer can depend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything at once: more than a note can name, or nobody knows what.
    All,
    /// Any list of posts.
    Posts,
    /// The list of tags.
    Tags,
    /// What a post says.
    Post(PostId),
    /// The numbers of its comments and likes.
    Counts(PostId),
    /// Its comments.
    Comments(PostId),
    /// A profile, its numbers included.
    User(UserId),
    /// Who bears a user name, in lower case.
    Username(String),
}

impl Key {
    /// The post it is about, and what of it, if it is about one.
    pub fn of_post(&self) -> Option<(PostId, ChangeKind)> {
        match self {
            Self::Post(id) => Some((*id, ChangeKind::Post)),
            Self::Counts(id) => Some((*id, ChangeKind::Counts)),
            Self::Comments(id) => Some((*id, ChangeKind::Comments)),
            Self::All | Self::Posts | Self::Tags | Self::User(_) | Self::Username(_) => None,
        }
    }
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
    type Err = std::convert::Infallible;

    /// A key of a newer release is read as everything: rather drop too much than keep what is old.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = match text.split_once(':') {
            None => match text {
                "posts" => Some(Self::Posts),
                "tags" => Some(Self::Tags),
                _ => None,
            },
            Some(("post", id)) => id.parse().ok().map(Self::Post),
            Some(("counts", id)) => id.parse().ok().map(Self::Counts),
            Some(("comments", id)) => id.parse().ok().map(Self::Comments),
            Some(("user", id)) => id.parse().ok().map(Self::User),
            Some(("username", name)) => Some(Self::Username(name.to_owned())),
            Some(_) => None,
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

/// Says that the projection has come to `position` of the log and what changed on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub keys: Vec<Key>,
    pub position: u64,
    /// The last batch that is applied, counted in the generation; 0 if the note is of none.
    pub batch: i64,
    /// The generation that is live.
    pub generation: u32,
    /// The replica that says so.
    pub from: String,
}

impl Note {
    /// A note of `keys`, or of everything if they are too many.
    pub fn new(
        keys: impl IntoIterator<Item = Key>,
        position: u64,
        batch: i64,
        generation: u32,
        from: &str,
    ) -> Self {
        let mut keys: Vec<Key> = keys.into_iter().collect();
        if keys.len() > MAX_KEYS {
            keys = vec![Key::All];
        }
        Self {
            keys,
            position,
            batch,
            generation,
            from: from.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_and_a_foreign_key_means_everything() {
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
        let note = Note::new(keys, 7, 3, 1, "me");
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), note);
        assert_eq!("series:1".parse(), Ok(Key::All));
    }

    #[test]
    fn a_note_never_grows_without_bound() {
        let keys = (0..1000).map(|_| Key::Post(PostId::generate()));
        assert_eq!(Note::new(keys, 1, 1, 1, "me").keys, [Key::All]);
    }
}
