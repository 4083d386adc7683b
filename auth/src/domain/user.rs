//! The life of a user: registered, changed, given another role, deleted.

use common::{
    event::{Role, Timestamp, UserFact, UserProfile, UserState},
    ids::UserId,
};

use super::account::Username;

/// The state to be, and what happened.
pub type Decision = (UserState, UserFact);

/// Why something cannot be done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// The account was deleted.
    #[error("the account was deleted")]
    Deleted,
    /// Nobody changes their own role, so that one administrator always remains.
    #[error("nobody changes their own role")]
    OwnRole,
}

/// What somebody changes of their profile; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Another user name.
    pub username: Option<Username>,
    /// Another name, checked.
    pub name: Option<String>,
    /// Other words, checked.
    pub bio: Option<String>,
}

/// Somebody new.
pub fn register(id: UserId, profile: UserProfile, now: Timestamp) -> Decision {
    let user = UserState {
        id,
        role: Role::Author,
        profile: Some(profile),
        created_at: now,
    };
    (user, UserFact::Registered)
}

/// The profile of somebody who is still there.
///
/// # Errors
/// If the account was deleted.
pub fn profile(user: &UserState) -> Result<&UserProfile, UserError> {
    user.profile.as_ref().ok_or(UserError::Deleted)
}

/// Another profile; `None` if it would be the same.
///
/// # Errors
/// If the account was deleted.
pub fn update_profile(user: &UserState, change: &ProfileChange) -> Result<Option<Decision>, UserError> {
    let present = profile(user)?;
    let changed = UserProfile {
        username: change
            .username
            .as_ref()
            .map_or_else(|| present.username.clone(), |name| name.as_str().to_owned()),
        name: change.name.clone().unwrap_or_else(|| present.name.clone()),
        bio: change.bio.clone().unwrap_or_else(|| present.bio.clone()),
    };
    if changed == *present {
        return Ok(None);
    }
    let state = UserState {
        profile: Some(changed),
        ..user.clone()
    };
    Ok(Some((state, UserFact::ProfileUpdated)))
}

/// Another role, given by `giver` (`None`: an operator at the console); `None` if it would be the same.
///
/// # Errors
/// If the account was deleted or is the giver's own.
pub fn change_role(
    user: &UserState,
    giver: Option<UserId>,
    role: Role,
) -> Result<Option<Decision>, UserError> {
    profile(user)?;
    if giver == Some(user.id) {
        return Err(UserError::OwnRole);
    }
    if user.role == role {
        return Ok(None);
    }
    Ok(Some((UserState { role, ..user.clone() }, UserFact::RoleChanged)))
}

/// The end: a tombstone without content.
///
/// # Errors
/// If it was deleted before.
pub fn delete(user: &UserState) -> Result<Decision, UserError> {
    profile(user)?;
    let state = UserState {
        profile: None,
        role: Role::Author,
        ..user.clone()
    };
    Ok((state, UserFact::Deleted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> UserState {
        let profile = UserProfile {
            username: "ann".into(),
            name: "Ann".into(),
            bio: String::new(),
        };
        register(UserId::generate(), profile, Timestamp::from_millis(0).unwrap()).0
    }

    #[test]
    fn somebody_new_is_an_author() {
        let profile = ann().profile.unwrap();
        let (user, fact) = register(
            UserId::generate(),
            profile.clone(),
            Timestamp::from_millis(7).unwrap(),
        );
        assert_eq!((user.role, fact), (Role::Author, UserFact::Registered));
        assert_eq!(user.profile, Some(profile));
    }

    #[test]
    fn only_what_is_named_changes() {
        let change = ProfileChange {
            name: Some("Ann Other".into()),
            ..ProfileChange::default()
        };
        let (user, fact) = update_profile(&ann(), &change).unwrap().unwrap();
        let profile = user.profile.unwrap();
        assert_eq!(
            (profile.username.as_str(), profile.name.as_str()),
            ("ann", "Ann Other")
        );
        assert_eq!(fact, UserFact::ProfileUpdated);
    }

    #[test]
    fn a_name_may_change_its_case() {
        let change = ProfileChange {
            username: Some(Username::parse("ANN").unwrap()),
            ..ProfileChange::default()
        };
        let (user, _) = update_profile(&ann(), &change).unwrap().unwrap();
        assert_eq!(user.profile.unwrap().username, "ANN");
    }

    #[test]
    fn the_same_again_is_no_change() {
        let change = ProfileChange {
            username: Some(Username::parse("ann").unwrap()),
            name: Some("Ann".into()),
            bio: Some(String::new()),
        };
        assert_eq!(update_profile(&ann(), &change), Ok(None));
        assert_eq!(change_role(&ann(), None, Role::Author), Ok(None));
    }

    #[test]
    fn a_role_is_given_by_others() {
        let ann = ann();
        let (user, fact) = change_role(&ann, Some(UserId::generate()), Role::Admin)
            .unwrap()
            .unwrap();
        assert_eq!((user.role, fact), (Role::Admin, UserFact::RoleChanged));
        assert_eq!(
            change_role(&ann, Some(ann.id), Role::Admin),
            Err(UserError::OwnRole)
        );
        assert_eq!(
            change_role(&ann, Some(ann.id), Role::Author),
            Err(UserError::OwnRole)
        );
    }

    #[test]
    fn a_deleted_user_leaves_an_empty_tombstone_and_nothing_more_happens_to_it() {
        let (tombstone, fact) = delete(&ann()).unwrap();
        assert_eq!(
            (&tombstone.profile, tombstone.role, fact),
            (&None, Role::Author, UserFact::Deleted)
        );
        assert_eq!(delete(&tombstone), Err(UserError::Deleted));
        assert_eq!(
            update_profile(&tombstone, &ProfileChange::default()),
            Err(UserError::Deleted)
        );
        assert_eq!(
            change_role(&tombstone, None, Role::Admin),
            Err(UserError::Deleted)
        );
    }
}
