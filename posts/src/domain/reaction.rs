//! One person's reaction to one post.

use common::{
    event::{ReactionFact, ReactionKind, ReactionState, Timestamp},
    ids::{PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::post::{Post, PostError, Status};

/// Whether and how one person reacts to one post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub post_id: PostId,
    pub user_id: UserId,
    pub kind: ReactionKind,
    /// False after it was taken back.
    pub active: bool,
    pub changed_at: Timestamp,
}

/// What was decided; `None` when all is so already.
type Decision = Option<(Reaction, ReactionFact)>;

impl Reaction {
    /// The state that its events carry, which is all of it.
    pub fn public(&self) -> ReactionState {
        ReactionState {
            post_id: self.post_id,
            user_id: self.user_id,
            kind: self.kind,
            active: self.active,
            changed_at: self.changed_at,
        }
    }
}

/// `user` reacts to `post`, which has to be published: of others nobody is told that they are there.
pub fn react(
    prior: Option<&Reaction>,
    post: &Post,
    user: UserId,
    kind: ReactionKind,
    now: Timestamp,
) -> Result<Decision, PostError> {
    if post.status != Status::Published {
        return Err(PostError::NotFound);
    }
    if prior.is_some_and(|prior| prior.active && prior.kind == kind) {
        return Ok(None);
    }
    let next = Reaction {
        post_id: post.id,
        user_id: user,
        kind,
        active: true,
        changed_at: now,
    };
    Ok(Some((next, ReactionFact::Added)))
}

/// Takes a reaction back, whatever became of the post.
pub fn remove(prior: &Reaction, now: Timestamp) -> Decision {
    let next = Reaction {
        active: false,
        changed_at: now,
        ..prior.clone()
    };
    prior.active.then_some((next, ReactionFact::Removed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::post::tests::{draft, now, published};

    #[test]
    fn given_a_published_post_then_one_reaction_is_added_once() {
        let (post, user) = (published(), UserId::generate());
        let added = react(None, &post, user, ReactionKind::Like, now()).unwrap();
        let (reaction, fact) = added.unwrap();
        assert_eq!(fact, ReactionFact::Added);
        assert!(reaction.active && reaction.post_id == post.id && reaction.user_id == user);
        let again = react(Some(&reaction), &post, user, ReactionKind::Like, now());
        assert_eq!(again, Ok(None));
    }

    #[test]
    fn given_a_reaction_when_taken_back_then_it_can_be_added_again() {
        let (post, user) = (published(), UserId::generate());
        let (reaction, _) = react(None, &post, user, ReactionKind::Like, now())
            .unwrap()
            .unwrap();
        let (removed, fact) = remove(&reaction, now()).unwrap();
        assert_eq!(fact, ReactionFact::Removed);
        assert!(!removed.active);
        assert_eq!(remove(&removed, now()), None);
        let again = react(Some(&removed), &post, user, ReactionKind::Like, now());
        assert!(again.unwrap().is_some());
    }

    #[test]
    fn given_a_draft_then_nobody_can_react() {
        let refused = react(None, &draft(), UserId::generate(), ReactionKind::Like, now());
        assert_eq!(refused, Err(PostError::NotFound));
    }
}
