//! What a person is to a page: whether they follow its author and like its post.

use common::{
    event::ReactionKind,
    ids::{PostId, UserId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Read, Reads, in_time};
use crate::{cache::Made, error::ReadError, notes::Key, store::Generation};

/// What whoever is signed in is to an author and a post.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewerView {
    /// Whoever is signed in.
    pub user_id: UserId,
    /// Whether they follow the author; absent unless one was asked for.
    pub following: Option<bool>,
    /// How they react to the post; absent if they do not, or none was asked for.
    #[schema(value_type = Option<String>, example = "like")]
    pub reaction: Option<ReactionKind>,
}

impl Reads {
    /// What `viewer` is to `author` and `post`.
    pub async fn viewer(
        &self,
        viewer: UserId,
        author: Option<UserId>,
        post: Option<PostId>,
    ) -> Read<ViewerView> {
        in_time(async {
            let live = self.store.live().await?;
            let (following, reaction) =
                tokio::try_join!(following(&live, viewer, author), reaction(&live, viewer, post))?;
            let mut keys = vec![Key::User(viewer)];
            keys.extend(post.map(Key::Counts));
            Ok(Made {
                body: ViewerView {
                    user_id: viewer,
                    following,
                    reaction,
                },
                keys,
            })
        })
        .await
    }
}

async fn following(
    live: &Generation,
    viewer: UserId,
    author: Option<UserId>,
) -> Result<Option<bool>, ReadError> {
    Ok(match author {
        Some(author) => Some(live.follows(viewer, author).await?),
        None => None,
    })
}

async fn reaction(
    live: &Generation,
    viewer: UserId,
    post: Option<PostId>,
) -> Result<Option<ReactionKind>, ReadError> {
    Ok(match post {
        Some(post) => live.reaction(post, viewer).await?,
        None => None,
    })
}
