//! One person following another. Following and leaving may be repeated; the second time changes nothing.

use common::{
    event::{FollowFact, FollowState, Timestamp},
    ids::UserId,
};

/// The state to be, and what happened.
pub type Decision = (FollowState, FollowFact);

/// Why somebody cannot follow somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// Nobody follows themselves.
    #[error("nobody follows themselves")]
    Oneself,
}

/// `follower` follows `followee` from now on; `None` if they do already.
///
/// # Errors
/// If both are the same.
pub fn follow(
    present: Option<&FollowState>,
    follower: UserId,
    followee: UserId,
    now: Timestamp,
) -> Result<Option<Decision>, FollowError> {
    if follower == followee {
        return Err(FollowError::Oneself);
    }
    if present.is_some_and(|follow| follow.active) {
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

/// It ends; `None` if it has ended already.
pub fn unfollow(present: &FollowState, now: Timestamp) -> Option<Decision> {
    present.active.then(|| {
        let state = FollowState {
            active: false,
            changed_at: now,
            ..present.clone()
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
    fn following_twice_is_following_once() {
        let (ann, bob) = (UserId::generate(), UserId::generate());
        let (state, fact) = follow(None, ann, bob, at(1)).unwrap().unwrap();
        assert_eq!(
            (state.active, state.changed_at, fact),
            (true, at(1), FollowFact::Followed)
        );
        assert_eq!(follow(Some(&state), ann, bob, at(2)), Ok(None));
    }

    #[test]
    fn leaving_twice_is_leaving_once_and_one_may_come_back() {
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
    fn nobody_follows_themselves() {
        let ann = UserId::generate();
        assert_eq!(follow(None, ann, ann, at(1)), Err(FollowError::Oneself));
    }
}
