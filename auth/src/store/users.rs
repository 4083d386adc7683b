//! Accounts: the aggregate, and its private part in the same document.

use common::{
    consistency::ConsistencyToken,
    event::{Timestamp, UserState},
    ids::{SessionId, UserId},
};
use mongodb::bson::{Document, doc};
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, CommandError, Index, NewAggregate, Storage, StoreError, Stored,
    execute, fetch_all,
};
use serde::{Deserialize, Serialize};

use crate::domain::{
    account::{Email, Login, Username},
    user::{Decision, UserError},
};

/// The stored field with the [`PendingCleanup`]s.
const CLEANUPS: &str = "cleanups";
/// Exists if there is one; also the partial filter of their index.
const SOME_CLEANUP: &str = "cleanups.0";
/// The field of earlier releases, with at most one.
const EARLIER_CLEANUP: &str = "unfinished";

/// A stored user; all of its state is public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct User(pub UserState);

impl Aggregate for User {
    type Public = UserState;
    const COLLECTION: &'static str = "users";

    fn public(&self) -> UserState {
        self.0.clone()
    }

    /// Keys of accounts that are not deleted, and pending cleanups. [`Names`](super::Names) makes the keys unique.
    fn indexes() -> Vec<Index> {
        let by = |name| Index::new(name, doc! { name: 1 }).where_exists(name);
        let cleanups = Index::new(CLEANUPS, doc! { "cleanups.at": 1 }).where_exists(SOME_CLEANUP);
        let earlier = Index::new(EARLIER_CLEANUP, doc! { "unfinished.at": 1 }).where_exists(EARLIER_CLEANUP);
        vec![by("username_key"), by("email_key"), cleanups, earlier]
    }
}

/// An account with its private part.
#[derive(Clone, Deserialize)]
pub struct Account {
    /// The aggregate's version.
    pub version: u64,
    /// The public state.
    #[serde(rename = "state")]
    pub user: UserState,
    /// As the owner entered it.
    pub email: String,
    /// A PHC string.
    pub password_hash: String,
}

impl Account {
    pub fn username(&self) -> &str {
        let profile = self.user.profile.as_ref();
        profile.map_or("", |profile| profile.username.as_str())
    }

    /// The token of its version.
    pub fn token(&self) -> ConsistencyToken {
        ConsistencyToken::of(&self.user, self.version)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.user.id)
    }
}

/// Work that has to follow a commit. Stored in the same document, so that a crash does not lose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCleanup {
    /// When it was committed.
    pub at: Timestamp,
    /// The session to keep; all others end.
    pub keep_session: Option<SessionId>,
    /// Whether the account was deleted: then its names are released, and follows of and by it end.
    #[serde(rename = "account_gone")]
    pub account_deleted: bool,
}

impl PendingCleanup {
    /// Ends all sessions but `keep_session`.
    pub fn end_sessions(keep_session: Option<SessionId>) -> Self {
        Self {
            at: Timestamp::now(),
            keep_session,
            account_deleted: false,
        }
    }

    fn document(&self) -> Document {
        let keep_session = self.keep_session.map(|session| session.to_string());
        doc! { "at": self.at.to_string(), "keep_session": keep_session, "account_gone": self.account_deleted }
    }
}

/// Changes to the private part, written together with the state.
#[derive(Debug, Clone, Default)]
pub struct PrivateChange {
    /// The new user name.
    pub username: Option<Username>,
    /// The new e-mail address.
    pub email: Option<Email>,
    /// The cleanup that has to follow.
    pub cleanup: Option<PendingCleanup>,
    /// Whether to delete the private part.
    pub erase: bool,
}

impl PrivateChange {
    fn operators(self) -> Document {
        let mut set = Document::new();
        if let Some(username) = self.username {
            set.insert("username_key", username.key());
        }
        if let Some(email) = self.email {
            set.insert("email", email.as_str());
            set.insert("email_key", email.key());
        }
        let mut operators = Document::new();
        if let Some(cleanup) = self.cleanup {
            operators.insert("$push", doc! { CLEANUPS: cleanup.document() });
        }
        if !set.is_empty() {
            operators.insert("$set", set);
        }
        if self.erase {
            let private = doc! { "username_key": "", "email": "", "email_key": "", "password_hash": "" };
            operators.insert("$unset", private);
        }
        operators
    }
}

/// The users and their accounts.
#[derive(Debug, Clone)]
pub struct Users {
    aggregates: AggregateStore<User>,
}

impl Users {
    /// The users in `storage`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            aggregates: storage.aggregates(),
        }
    }

    /// The account `id`, unless it is deleted. Uses `_id`.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let active = doc! { "_id": id.to_string(), "username_key": { "$exists": true } };
        self.find(active).await
    }

    /// The account with that user name or e-mail address. Uses the index `username_key` or `email_key`.
    pub async fn account_by_login(&self, login: &Login) -> Result<Option<Account>, StoreError> {
        self.find(match login {
            Login::Username(key) => doc! { "username_key": key },
            Login::Email(key) => doc! { "email_key": key },
        })
        .await
    }

    async fn find(&self, filter: Document) -> Result<Option<Account>, StoreError> {
        let fields = doc! { "version": 1, "state": 1, "email": 1, "password_hash": 1 };
        let accounts = self.aggregates.documents_as::<Account>();
        execute(accounts.find_one(filter).projection(fields)).await
    }

    /// Creates an account whose names are claimed.
    pub async fn create(
        &self,
        (state, fact): Decision,
        username: &Username,
        email: &Email,
        password_hash: &str,
        cause: &Cause,
    ) -> Result<Stored<User>, StoreError> {
        let private = doc! {
            "username_key": username.key(),
            "email": email.as_str(),
            "email_key": email.key(),
            "password_hash": password_hash,
        };
        let new = NewAggregate::new(User(state), fact).with_private(private);
        Ok(self.aggregates.create(new, cause).await?.into_stored())
    }

    /// Commits the decision on the user `id`, together with the changes to the private part.
    pub async fn update(
        &self,
        id: UserId,
        if_match: Option<u64>,
        cause: &Cause,
        mut decide: impl FnMut(&UserState) -> Result<Option<(Decision, PrivateChange)>, UserError>,
    ) -> Result<Stored<User>, CommandError<UserError>> {
        self.aggregates
            .update(&id.to_string(), if_match, cause, |prior| {
                let decision = decide(&prior.state.0)?;
                Ok(decision.map(|((state, fact), private)| {
                    Change::new(User(state), fact).with_private(private.operators())
                }))
            })
            .await
    }

    /// Replaces the password hash if it is still `old_hash`; returns whether it was. Without an event, since nothing
    /// public changes. `cleanup` is stored in the same write.
    pub async fn replace_password(
        &self,
        id: UserId,
        old_hash: &str,
        new_hash: &str,
        cleanup: Option<&PendingCleanup>,
    ) -> Result<bool, StoreError> {
        let mut change = doc! { "$set": { "password_hash": new_hash } };
        if let Some(cleanup) = cleanup {
            change.insert("$push", doc! { CLEANUPS: cleanup.document() });
        }
        let unchanged = doc! { "_id": id.to_string(), "password_hash": old_hash };
        let update = self.aggregates.collection().update_one(unchanged, change);
        Ok(execute(update).await?.matched_count == 1)
    }

    /// The pending cleanups of at most `limit` users, oldest first, without those of the users `except`. Uses the indexes
    /// of pending cleanups.
    pub async fn pending_cleanups(
        &self,
        except: &[UserId],
        limit: i64,
    ) -> Result<Vec<(UserId, PendingCleanup)>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: UserId,
            #[serde(default)]
            cleanups: Vec<PendingCleanup>,
            unfinished: Option<PendingCleanup>,
        }
        let except: Vec<String> = except.iter().map(UserId::to_string).collect();
        let rows = self.aggregates.documents_as::<Row>();
        let mut pending = Vec::new();
        for (field, exists) in [(CLEANUPS, SOME_CLEANUP), (EARLIER_CLEANUP, EARLIER_CLEANUP)] {
            let find = rows
                .find(doc! { exists: { "$exists": true }, "_id": { "$nin": &except } })
                .projection(doc! { field: 1 })
                .sort(doc! { format!("{field}.at"): 1 })
                .limit(limit);
            for row in fetch_all(find).await? {
                let cleanups = row.cleanups.into_iter().chain(row.unfinished);
                pending.extend(cleanups.map(|cleanup| (row.id, cleanup)));
            }
        }
        Ok(pending)
    }

    /// Removes the completed cleanup `done`; others stay.
    pub async fn remove_cleanup(&self, id: UserId, done: &PendingCleanup) -> Result<(), StoreError> {
        let users = self.aggregates.collection();
        let pull = doc! { "$pull": { CLEANUPS: done.document() } };
        execute(users.update_one(doc! { "_id": id.to_string() }, pull)).await?;
        let earlier = doc! { "_id": id.to_string(), "unfinished.at": done.at.to_string() };
        let unset = doc! { "$unset": { EARLIER_CLEANUP: "" } };
        execute(users.update_one(earlier, unset)).await.map(drop)
    }
}
