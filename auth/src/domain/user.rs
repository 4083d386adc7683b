//! The decisions about a user: registration, changes of profile and role, deletion.

use common::{
    event::{Role, Timestamp, UserFact, UserProfile, UserState},
    ids::UserId,
};

use super::account::Username;

/// The new state, and the fact.
pub type Decision = (UserState, UserFact);

/// Why a command on a user is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    #[error("the account was deleted")]
    Deleted,
    /// Users cannot change their own role, so that one administrator always remains.
    #[error("users cannot change their own role")]
    OwnRole,
}

/// Checked changes to a profile; `None` means unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The new user name.
    pub username: Option<Username>,
    /// The new display name.
    pub name: Option<String>,
    /// The new bio.
    pub bio: Option<String>,
}

/// Creates a user.
pub fn register(id: UserId, profile: UserProfile, now: Timestamp) -> Decision {
    let user = UserState {
        id,
        role: Role::Author,
        profile: Some(profile),
        created_at: now,
    };
    (user, UserFact::Registered)
}

/// The profile of a user who is not deleted.
pub fn profile(user: &UserState) -> Result<&UserProfile, UserError> {
    user.profile.as_ref().ok_or(UserError::Deleted)
}

/// Changes the profile; `None` if it stays the same.
pub fn update_profile(user: &UserState, change: &ProfileChange) -> Result<Option<Decision>, UserError> {
    let current = profile(user)?;
    let changed = UserProfile {
        username: change
            .username
            .as_ref()
            .map_or_else(|| current.username.clone(), |name| name.as_str().to_owned()),
        name: change.name.clone().unwrap_or_else(|| current.name.clone()),
        bio: change.bio.clone().unwrap_or_else(|| current.bio.clone()),
    };
    if changed == *current {
        return Ok(None);
    }
    let state = UserState {
        profile: Some(changed),
        ..user.clone()
    };
    Ok(Some((state, UserFact::ProfileUpdated)))
}

/// Changes the role on behalf of `assigner` (`None`: an operator); `None` if it stays the same.
pub fn change_role(
    user: &UserState,
    assigner: Option<UserId>,
    role: Role,
) -> Result<Option<Decision>, UserError> {
    profile(user)?;
    if assigner == Some(user.id) {
        return Err(UserError::OwnRole);
    }
    if user.role == role {
        return Ok(None);
    }
    Ok(Some((UserState { role, ..user.clone() }, UserFact::RoleChanged)))
}

/// Deletes the user: a tombstone without content remains.
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
    fn a_new_user_is_an_author() {
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
    fn only_given_fields_change() {
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
    fn a_user_name_may_change_its_case() {
        let change = ProfileChange {
            username: Some(Username::parse("ANN").unwrap()),
            ..ProfileChange::default()
        };
        let (user, _) = update_profile(&ann(), &change).unwrap().unwrap();
        assert_eq!(user.profile.unwrap().username, "ANN");
    }

    #[test]
    fn equal_values_are_no_change() {
        let change = ProfileChange {
            username: Some(Username::parse("ann").unwrap()),
            name: Some("Ann".into()),
            bio: Some(String::new()),
        };
        assert_eq!(update_profile(&ann(), &change), Ok(None));
        assert_eq!(change_role(&ann(), None, Role::Author), Ok(None));
    }

    #[test]
    fn a_role_is_assigned_by_other_users() {
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
    fn a_deleted_user_leaves_an_empty_tombstone_that_refuses_changes() {
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
