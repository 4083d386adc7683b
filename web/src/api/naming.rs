//! Names of people and titles of posts, by their ids: for lists that know nothing else of them.

use std::collections::{BTreeSet, HashMap};

use common::{
    api::Page,
    ids::{PostId, UserId},
};

use super::{
    Api, Part, Trouble,
    reading::{Author, PostSummary},
    with_query,
};

/// So many ids are asked for at once.
const AT_ONCE: usize = 100;

/// The names of some people and the titles of some posts. Whatever is not known is shown without.
#[derive(Debug, Clone, Default)]
pub struct Names {
    people: HashMap<UserId, Author>,
    posts: HashMap<PostId, PostSummary>,
    /// Whether the people could be asked for: whoever is missing then has left.
    complete: bool,
}

impl Names {
    /// That person.
    pub fn person(&self, id: &Option<UserId>) -> Option<&Author> {
        self.people.get(id.as_ref()?)
    }

    /// What stands for somebody without a name.
    pub fn nobody(&self, id: &Option<UserId>) -> &'static str {
        if self.complete || id.is_none() {
            "Deleted user"
        } else {
            "Unknown user"
        }
    }

    /// That post, if readers can see it.
    pub fn post(&self, id: &PostId) -> Option<&PostSummary> {
        self.posts.get(id)
    }
}

impl Api {
    /// The names of these people and the titles of these posts: one request for each hundred, both kinds at once.
    /// While reading is away there are none, since what they stand beside is worth showing without.
    pub async fn names(
        &self,
        people: impl IntoIterator<Item = UserId>,
        posts: impl IntoIterator<Item = PostId>,
    ) -> Names {
        let (people, posts) = tokio::join!(
            self.by_ids::<UserId, Author>("/api/query/users", people),
            self.by_ids::<PostId, PostSummary>("/api/query/posts", posts)
        );
        let keyed = |authors: Vec<Author>| authors.into_iter().map(|author| (author.id, author)).collect();
        Names {
            complete: people.is_ok(),
            people: people.map(keyed).unwrap_or_default(),
            posts: posts
                .unwrap_or_default()
                .into_iter()
                .map(|post| (post.id, post))
                .collect(),
        }
    }

    async fn by_ids<I, T>(&self, path: &str, ids: impl IntoIterator<Item = I>) -> Result<Vec<T>, Trouble>
    where
        I: Ord + ToString,
        T: serde::de::DeserializeOwned,
    {
        let ids: BTreeSet<I> = ids.into_iter().collect();
        let ids: Vec<String> = ids.iter().map(I::to_string).collect();
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let some = some.join(",");
            let path = with_query(path, &[("ids", Some(&some)), ("limit", Some("100"))]);
            let page = self.get(Part::Reading, path).send::<Page<T>>().await?;
            found.extend(page.value.items);
        }
        Ok(found)
    }
}
