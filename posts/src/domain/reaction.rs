//! The reaction of one user to one post.

use common::{
    event::{ReactionFact, ReactionKind, ReactionState, Timestamp},
    ids::UserId,
};

use super::post::{Post, PostError, Status};

/// The new state and the fact; `None` if nothing changes.
pub type Decision = Option<(ReactionState, ReactionFact)>;

/// Adds the reaction of `user` to `post`, which has to be published: other posts do not exist for other users.
pub fn react(
    prior: Option<&ReactionState>,
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
    let next = ReactionState {
        post_id: post.id,
        user_id: user,
        kind,
        active: true,
        changed_at: now,
    };
    Ok(Some((next, ReactionFact::Added)))
}

/// Removes a reaction, whatever the status of the post.
pub fn remove(prior: &ReactionState, now: Timestamp) -> Decision {
    let next = ReactionState {
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
    fn given_a_reaction_when_removed_then_it_can_be_added_again() {
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
    fn given_a_draft_then_reacting_is_refused() {
        let refused = react(None, &draft(), UserId::generate(), ReactionKind::Like, now());
        assert_eq!(refused, Err(PostError::NotFound));
    }
}
