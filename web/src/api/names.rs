//! Names of users and titles of posts by id, for lists that contain only the ids.

use std::collections::{BTreeSet, HashMap};

use common::{
    api::{
        Page,
        query::{Author, PostSummary},
    },
    ids::{PostId, UserId},
};
use serde::de::DeserializeOwned;

use super::{Api, ApiError};

/// The most ids of one request.
const MAX_IDS: usize = 100;

/// Names of users and titles of posts. Unknown ones are shown without.
#[derive(Debug, Clone, Default)]
pub struct Names {
    users: HashMap<UserId, Author>,
    posts: HashMap<PostId, PostSummary>,
    /// Whether the users could be requested: then a missing user is deleted.
    complete: bool,
}

impl Names {
    /// The user, if it is known.
    pub fn user(&self, id: &UserId) -> Option<&Author> {
        self.users.get(id)
    }

    /// The label of a user who is not known.
    pub fn unknown_user(&self) -> &'static str {
        if self.complete {
            "Deleted user"
        } else {
            "Unknown user"
        }
    }

    /// The post, if it is published.
    pub fn post(&self, id: &PostId) -> Option<&PostSummary> {
        self.posts.get(id)
    }
}

impl Api {
    /// The names of users and the titles of posts. While the read side is unavailable there are none, since pages can be
    /// shown without them.
    pub async fn names(
        &self,
        users: impl IntoIterator<Item = UserId>,
        posts: impl IntoIterator<Item = PostId>,
    ) -> Names {
        let (users, posts) = tokio::join!(
            self.by_ids::<UserId, Author>("/api/query/users", users),
            self.by_ids::<PostId, PostSummary>("/api/query/posts", posts)
        );
        let by_id = |users: Vec<Author>| users.into_iter().map(|user| (user.id, user)).collect();
        Names {
            complete: users.is_ok(),
            users: users.map(by_id).unwrap_or_default(),
            posts: posts
                .unwrap_or_default()
                .into_iter()
                .map(|post| (post.id, post))
                .collect(),
        }
    }

    async fn by_ids<I, T>(&self, path: &str, ids: impl IntoIterator<Item = I>) -> Result<Vec<T>, ApiError>
    where
        I: Ord + ToString,
        T: DeserializeOwned + 'static,
    {
        let ids: BTreeSet<I> = ids.into_iter().collect();
        let ids: Vec<String> = ids.iter().map(I::to_string).collect();
        let mut found = Vec::new();
        for chunk in ids.chunks(MAX_IDS) {
            let call = self.get(path).query(&[("ids", chunk.join(","))]);
            let page: Page<T> = call.page(None, 100).await?;
            found.extend(page.items);
        }
        Ok(found)
    }
}
