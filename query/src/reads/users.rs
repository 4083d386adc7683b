//! Profiles, and the authors of posts and comments.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use common::{
    api::{
        Page,
        query::{Author, Profile},
    },
    ids::UserId,
};
use runtime::store::StoreError;

use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    error::ReadError,
    model::{UserDocument, username_key},
    store::Generation,
};

/// The authors in one response.
#[derive(Debug, Default)]
pub(super) struct Authors(HashMap<UserId, Author>);

impl Authors {
    /// Loads `ids` by one query, and adds their keys.
    pub(super) async fn of(
        live: &Generation,
        ids: impl IntoIterator<Item = UserId>,
        keys: &mut Vec<Key>,
    ) -> Result<Self, StoreError> {
        let ids: BTreeSet<UserId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        // Unknown users may arrive later.
        keys.extend(ids.iter().map(|id| Key::User(*id)));
        let users = live.users(ids.iter().map(ToString::to_string).collect()).await?;
        Ok(Self(users.into_iter().filter_map(author).collect()))
    }

    /// The author, unless unknown or deleted.
    pub(super) fn get(&self, id: UserId) -> Option<Author> {
        self.0.get(&id).cloned()
    }
}

fn author(document: UserDocument) -> Option<(UserId, Author)> {
    let (id, name) = (document.id, document.name);
    let username = document.username?;
    Some((id, Author { id, username, name }))
}

/// The known users among `ids`, ordered by id.
pub async fn users(live: Arc<Generation>, ids: &[UserId]) -> Read<Page<Author>> {
    let mut keys = Vec::new();
    let authors = Authors::of(&live, ids.iter().copied(), &mut keys).await?;
    let mut items: Vec<Author> = authors.0.into_values().collect();
    items.sort_by_key(|author| author.id);
    Ok(WithDependencies {
        body: Page { items, next: None },
        keys,
    })
}

/// The profile of the user with that user name, in any case.
pub async fn profile(live: Arc<Generation>, username: &str) -> Read<Profile> {
    let key = username_key(username);
    let found = live.user_by_name(&key).await?;
    let document = found.ok_or(ReadError::NotFound("user"))?;
    let keys = vec![Key::User(document.id), Key::Username(key)];
    let body = Profile {
        id: document.id,
        username: document.username.ok_or(ReadError::NotFound("user"))?,
        name: document.name,
        bio: document.bio,
        role: document.role,
        created_at: document.created_at,
        counts: document.counts,
    };
    Ok(WithDependencies { body, keys })
}
