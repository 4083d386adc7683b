//! Accounts: the aggregate, and beside it what nobody else may know.

use common::{
    event::{Timestamp, UserState},
    ids::{SessionId, UserId},
};
use mongodb::bson::{Document, deserialize_from_document, doc};
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, CommandError, NewAggregate, Storage, StoreError, Stored,
    bounded,
};
use serde::{Deserialize, Serialize};

use super::{index, named};
use crate::domain::{
    account::{Email, Login, Username},
    user::{Decision, UserError},
};

/// A user as stored; all of the state is public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct User(pub UserState);

impl Aggregate for User {
    type Public = UserState;
    const COLLECTION: &'static str = "users";

    fn public(&self) -> UserState {
        self.0.clone()
    }
}

/// Somebody's account with its private part.
#[derive(Clone, Deserialize)]
pub struct Account {
    /// The aggregate's version.
    pub version: i64,
    /// The public state.
    #[serde(rename = "state")]
    pub user: UserState,
    /// As its owner wrote it.
    pub email: String,
    /// A PHC string.
    pub password_hash: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.user.id)
    }
}

/// What a commit promised and a later step does; kept in the same document, so that no crash breaks the promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// When it was promised; also tells one promise from the next.
    pub at: Timestamp,
    /// All sessions but this one end.
    pub keep_session: Option<SessionId>,
    /// The account is gone: its names are free, follows of and by it end.
    pub account_gone: bool,
}

impl Unfinished {
    fn document(&self) -> Document {
        let keep_session = self.keep_session.map(|session| session.to_string());
        doc! { "at": self.at.to_string(), "keep_session": keep_session, "account_gone": self.account_gone }
    }
}

/// The users and their accounts.
#[derive(Debug, Clone)]
pub struct Users {
    /// The aggregates.
    pub aggregates: AggregateStore<User>,
}

impl Users {
    /// The users in `database`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            aggregates: storage.aggregates(),
        }
    }

    /// Makes the indexes: by user name and by e-mail address, which hold living accounts only (that each belongs to
    /// one account is the business of [`Names`](super::Names)), and one of unfinished work.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.aggregates.ensure_indexes().await?;
        let collection = self.aggregates.collection();
        for name in ["username_key", "email_key"] {
            let mut living = named(name);
            living.partial_filter_expression = Some(doc! { name: { "$exists": true } });
            index(collection, doc! { name: 1 }, living).await?;
        }
        let mut unfinished = named("unfinished");
        unfinished.partial_filter_expression = Some(doc! { "unfinished": { "$exists": true } });
        index(collection, doc! { "unfinished.at": 1 }, unfinished).await
    }

    /// The account `id`, unless it was deleted. Served by `_id`.
    ///
    /// # Errors
    /// If the database is away or the document cannot be read.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let living = doc! { "_id": id.to_string(), "username_key": { "$exists": true } };
        self.find(living).await
    }

    /// The account that somebody signs in to. Served by `username_key` or `email_key`.
    ///
    /// # Errors
    /// As [`account`](Self::account).
    pub async fn account_by_login(&self, login: &Login) -> Result<Option<Account>, StoreError> {
        self.find(match login {
            Login::Username(key) => doc! { "username_key": key },
            Login::Email(key) => doc! { "email_key": key },
        })
        .await
    }

    async fn find(&self, filter: Document) -> Result<Option<Account>, StoreError> {
        let private = doc! { "version": 1, "state": 1, "email": 1, "password_hash": 1 };
        bounded(async {
            let found = self
                .aggregates
                .collection()
                .find_one(filter)
                .projection(private)
                .await?;
            Ok(found.map(deserialize_from_document).transpose()?)
        })
        .await
    }

    /// Creates an account, whose names were claimed.
    ///
    /// # Errors
    /// If the database is away.
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

    /// Commits what `decide` decides of the user `id`, and in the same write what it changes of the private part.
    ///
    /// # Errors
    /// Those of [`AggregateStore::update`].
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

    /// Replaces a password, if it is still the one that was checked; whether it was. No event: nothing that others
    /// may know has changed. With `unfinished`, what must follow is promised in the same write.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn replace_password(
        &self,
        id: UserId,
        old_hash: &str,
        new_hash: &str,
        unfinished: Option<&Unfinished>,
    ) -> Result<bool, StoreError> {
        let mut fields = doc! { "password_hash": new_hash };
        if let Some(unfinished) = unfinished {
            fields.insert("unfinished", unfinished.document());
        }
        let guard = doc! { "_id": id.to_string(), "password_hash": old_hash };
        bounded(async {
            let collection = self.aggregates.collection();
            let result = collection.update_one(guard, doc! { "$set": fields }).await?;
            Ok(result.matched_count == 1)
        })
        .await
    }

    /// Users with unfinished work, oldest first. Served by `unfinished`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unfinished(&self, limit: i64) -> Result<Vec<(UserId, Unfinished)>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: UserId,
            unfinished: Unfinished,
        }
        bounded(async {
            let collection = self.aggregates.collection();
            let mut cursor = collection
                .find(doc! { "unfinished": { "$exists": true } })
                .projection(doc! { "unfinished": 1 })
                .sort(doc! { "unfinished.at": 1 })
                .limit(limit)
                .await?;
            let mut rows = Vec::new();
            while cursor.advance().await? {
                let row: Row = deserialize_from_document(cursor.deserialize_current()?)?;
                rows.push((row.id, row.unfinished));
            }
            Ok(rows)
        })
        .await
    }

    /// The promise `done` was kept; a later one stays.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn finished(&self, id: UserId, done: &Unfinished) -> Result<(), StoreError> {
        let guard = doc! { "_id": id.to_string(), "unfinished.at": done.at.to_string() };
        let update = doc! { "$unset": { "unfinished": "" } };
        bounded(async {
            Ok(self
                .aggregates
                .collection()
                .update_one(guard, update)
                .await
                .map(drop)?)
        })
        .await
    }
}

/// What changes of the private part in the same write as the state.
#[derive(Debug, Clone, Default)]
pub struct PrivateChange {
    /// Another user name.
    pub username: Option<Username>,
    /// Another e-mail address.
    pub email: Option<Email>,
    /// What must follow.
    pub unfinished: Option<Unfinished>,
    /// Everything private goes.
    pub forget: bool,
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
        if let Some(unfinished) = self.unfinished {
            set.insert("unfinished", unfinished.document());
        }
        let mut operators = Document::new();
        if !set.is_empty() {
            operators.insert("$set", set);
        }
        if self.forget {
            let private = doc! { "username_key": "", "email": "", "email_key": "", "password_hash": "" };
            operators.insert("$unset", private);
        }
        operators
    }
}

impl PrivateChange {
    /// Only a promise of what must follow.
    pub fn promising(unfinished: Option<Unfinished>) -> Self {
        Self {
            unfinished,
            ..Self::default()
        }
    }
}
