//! Consistency tokens: a client's own writes, which later reads must include.
//!
//! The response to a write contains `Consistency-Token: post:<id>@<version>` and sets the same in a short-lived
//! cookie; a read accepts both and waits until its model includes them.

use std::{fmt, str::FromStr};

use crate::{
    event::{AggregateKind, AggregateState},
    ids::{CommentId, PostId, UserId},
};

/// Name of the header, in requests and responses.
pub const HEADER: &str = "consistency-token";
/// Name of the cookie.
pub const COOKIE: &str = "consistency";
/// The number of tokens kept: the newest.
pub const MAX_TOKENS: usize = 8;
/// Lifetime of the cookie: longer than a read model normally lags.
pub const COOKIE_LIFETIME: std::time::Duration = std::time::Duration::from_secs(30);

/// The oldest version of an aggregate that a read may return. Text form: `post:<id>@<version>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConsistencyToken {
    /// The kind of the aggregate.
    pub kind: AggregateKind,
    /// Its id as in subjects; for a follow or reaction two ids, separated by a colon.
    pub id: String,
    /// Its version, from 1.
    pub version: u64,
}

/// Why a text is not a [`ConsistencyToken`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It does not have the form of a token.
    #[error("not a consistency token such as post:01890a5d-ac96-774b-bcce-b302099a8057@3")]
    Malformed,
    /// It has the form of a token of a kind of aggregate that this release does not know; a newer release may.
    #[error("unknown kind of aggregate")]
    UnknownKind,
}

impl ConsistencyToken {
    /// The token of an aggregate.
    pub fn new(kind: AggregateKind, id: impl fmt::Display, version: u64) -> Self {
        Self {
            kind,
            id: id.to_string(),
            version,
        }
    }

    /// The token of a state at `version`.
    pub fn of<S: AggregateState>(state: &S, version: u64) -> Self {
        Self {
            kind: S::KIND,
            id: state.aggregate_id(),
            version,
        }
    }

    /// The token of a post.
    pub fn post(id: PostId, version: u64) -> Self {
        Self::new(AggregateKind::Post, id, version)
    }

    /// The token of a comment.
    pub fn comment(id: CommentId, version: u64) -> Self {
        Self::new(AggregateKind::Comment, id, version)
    }

    /// The token of a user.
    pub fn user(id: UserId, version: u64) -> Self {
        Self::new(AggregateKind::User, id, version)
    }

    /// Whether both name the same aggregate.
    pub fn same_aggregate(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.kind.as_str(), self.id, self.version)
    }
}

impl FromStr for ConsistencyToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let (kind, rest) = text.trim().split_once(':').ok_or(InvalidToken::Malformed)?;
        let (id, version) = rest.split_once('@').ok_or(InvalidToken::Malformed)?;
        let kind_is_valid =
            (1..=32).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        // Two UUIDs and a colon are 73 characters.
        let id_is_valid = (1..=80).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':'));
        let digits = version.bytes().all(|b| b.is_ascii_digit());
        if !(kind_is_valid && id_is_valid && digits) {
            return Err(InvalidToken::Malformed);
        }
        let version = version.parse().or(Err(InvalidToken::Malformed))?;
        let kind = AggregateKind::from_name(kind).ok_or(InvalidToken::UnknownKind)?;
        Ok(Self {
            kind,
            id: id.to_owned(),
            version,
        })
    }
}

/// Adds `token` as the newest, in place of an older one of the same aggregate, and drops the oldest beyond
/// [`MAX_TOKENS`].
pub fn push_newest(tokens: &mut Vec<ConsistencyToken>, mut token: ConsistencyToken) {
    if let Some(index) = tokens.iter().position(|other| other.same_aggregate(&token)) {
        token.version = token.version.max(tokens.remove(index).version);
    }
    tokens.push(token);
    let surplus = tokens.len().saturating_sub(MAX_TOKENS);
    tokens.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_from_its_text() {
        let post = PostId::generate();
        let token = ConsistencyToken::post(post, 7);
        assert_eq!(token.to_string(), format!("post:{post}@7"));
        assert_eq!(token.to_string().parse(), Ok(token));
        let reaction = ConsistencyToken::new(
            AggregateKind::Reaction,
            format!("{post}:{}", UserId::generate()),
            2,
        );
        assert_eq!(reaction.to_string().parse(), Ok(reaction));
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "post",
            "post:a",
            "post:@1",
            "Post:a@1",
            "post:a@",
            "post:a@-1",
            "post:a@+1",
            "post:a b@1",
        ] {
            assert_eq!(
                text.parse::<ConsistencyToken>(),
                Err(InvalidToken::Malformed),
                "{text}"
            );
        }
        assert!(
            format!("post:{}@1", "a".repeat(81))
                .parse::<ConsistencyToken>()
                .is_err()
        );
    }

    #[test]
    fn an_unknown_kind_is_distinguished_from_a_malformed_token() {
        assert_eq!(
            "newsletter:a@1".parse::<ConsistencyToken>(),
            Err(InvalidToken::UnknownKind)
        );
        assert_eq!(
            "newsletter:a".parse::<ConsistencyToken>(),
            Err(InvalidToken::Malformed)
        );
    }

    #[test]
    fn the_newest_eight_are_kept_and_one_per_aggregate() {
        let mut tokens = Vec::new();
        let first = PostId::generate();
        push_newest(&mut tokens, ConsistencyToken::post(first, 5));
        push_newest(&mut tokens, ConsistencyToken::post(first, 4));
        assert_eq!(tokens, [ConsistencyToken::post(first, 5)]);
        for _ in 0..MAX_TOKENS {
            push_newest(&mut tokens, ConsistencyToken::post(PostId::generate(), 1));
        }
        assert_eq!(tokens.len(), MAX_TOKENS);
        assert!(tokens.iter().all(|token| token.id != first.to_string()));
    }
}
