//! Profiles, and the authors of posts and comments.

use std::collections::{BTreeSet, HashMap};

use common::{
    api::{
        Page,
        query::{Author, Profile},
    },
    ids::UserId,
};
use runtime::store::StoreError;

use super::{Read, Reads, in_time};
use crate::{cache::Made, error::ReadError, model::UserDocument, notes::Key, store::Generation};

/// The authors of one answer.
#[derive(Debug, Default)]
pub(super) struct Authors(HashMap<UserId, Author>);

impl Authors {
    /// Joins `ids` by one query, and adds what the answer depends on through them.
    pub(super) async fn of(
        live: &Generation,
        ids: impl IntoIterator<Item = UserId>,
        keys: &mut Vec<Key>,
    ) -> Result<Self, StoreError> {
        let ids: BTreeSet<UserId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        // Also of those who are not there yet.
        keys.extend(ids.iter().map(|id| Key::User(*id)));
        let people = live.people(ids.iter().map(ToString::to_string).collect()).await?;
        Ok(Self(people.into_iter().filter_map(author).collect()))
    }

    /// The author, unless unknown or deleted.
    pub(super) fn get(&self, id: UserId) -> Option<Author> {
        self.0.get(&id).cloned()
    }
}

fn author(document: UserDocument) -> Option<(UserId, Author)> {
    let UserDocument {
        id, username, name, ..
    } = document;
    Some((
        id,
        Author {
            id,
            username: username?,
            name,
        },
    ))
}

impl Reads {
    /// Those among `ids` who are there, in the order of their ids.
    pub async fn people(&self, ids: &[UserId]) -> Read<Page<Author>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = Vec::new();
            let authors = Authors::of(&live, ids.iter().copied(), &mut keys).await?;
            let mut items: Vec<Author> = authors.0.into_values().collect();
            items.sort_by_key(|author| author.id);
            Ok(Made {
                body: Page { items, next: None },
                keys,
            })
        })
        .await
    }

    /// The profile of the person with that user name, in any case.
    pub async fn profile(&self, username: &str) -> Read<Profile> {
        let key = username_key(username);
        in_time(async {
            let live = self.store.live().await?;
            let found = live.person_named(&key).await?;
            let document = found.ok_or(ReadError::NotFound("user"))?;
            let keys = vec![Key::User(document.id), Key::Username(key.clone())];
            let username = document.username.ok_or(ReadError::NotFound("user"))?;
            let body = Profile {
                id: document.id,
                username,
                name: document.name,
                bio: document.bio,
                role: document.role,
                created_at: document.created_at,
                counts: document.counts,
            };
            Ok(Made { body, keys })
        })
        .await
    }
}

/// User names are found without regard to case.
pub(super) fn username_key(username: &str) -> String {
    username.to_lowercase()
}
