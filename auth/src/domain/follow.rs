//! One user following another. Following and unfollowing are idempotent.

use common::{
    event::{FollowFact, FollowState, Timestamp},
    ids::UserId,
};

/// The new state, and the fact.
pub type Decision = (FollowState, FollowFact);

/// Why following is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    #[error("users cannot follow themselves")]
    OwnAccount,
}

/// Makes `follower` follow `followee`; `None` if that is already so.
pub fn follow(
    current: Option<&FollowState>,
    follower: UserId,
    followee: UserId,
    now: Timestamp,
) -> Result<Option<Decision>, FollowError> {
    if follower == followee {
        return Err(FollowError::OwnAccount);
    }
    if current.is_some_and(|follow| follow.active) {
        return Ok(None);
    }
    let state = FollowState {
        follower_id: follower,
        followee_id: followee,
        active: true,
        changed_at: now,
    };
    Ok(Some((state, FollowFact::Followed)))
}

/// Ends a follow; `None` if it has already ended.
pub fn unfollow(current: &FollowState, now: Timestamp) -> Option<Decision> {
    current.active.then(|| {
        let state = FollowState {
            active: false,
            changed_at: now,
            ..current.clone()
        };
        (state, FollowFact::Unfollowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn following_twice_changes_nothing() {
        let (ann, bob) = (UserId::generate(), UserId::generate());
        let (state, fact) = follow(None, ann, bob, at(1)).unwrap().unwrap();
        assert_eq!(
            (state.active, state.changed_at, fact),
            (true, at(1), FollowFact::Followed)
        );
        assert_eq!(follow(Some(&state), ann, bob, at(2)), Ok(None));
    }

    #[test]
    fn unfollowing_twice_changes_nothing_and_following_again_works() {
        let (ann, bob) = (UserId::generate(), UserId::generate());
        let (state, _) = follow(None, ann, bob, at(1)).unwrap().unwrap();
        let (left, fact) = unfollow(&state, at(2)).unwrap();
        assert_eq!(
            (left.active, left.changed_at, fact),
            (false, at(2), FollowFact::Unfollowed)
        );
        assert_eq!(unfollow(&left, at(3)), None);
        let (again, _) = follow(Some(&left), ann, bob, at(4)).unwrap().unwrap();
        assert!(again.active);
    }

    #[test]
    fn following_the_own_account_is_refused() {
        let ann = UserId::generate();
        assert_eq!(follow(None, ann, ann, at(1)), Err(FollowError::OwnAccount));
    }
}
