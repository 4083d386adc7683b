//! What a person is to a page: whether they follow its author and like its post.

use common::{
    api::query::ViewerState,
    event::ReactionKind,
    ids::{PostId, UserId},
};

use super::{Read, Reads, in_time};
use crate::{cache::Made, error::ReadError, notes::Key, store::Generation};

impl Reads {
    /// What `viewer` is to `author` and `post`.
    pub async fn viewer(
        &self,
        viewer: UserId,
        author: Option<UserId>,
        post: Option<PostId>,
    ) -> Read<ViewerState> {
        in_time(async {
            let live = self.store.live().await?;
            let (following, reaction) =
                tokio::try_join!(following(&live, viewer, author), reaction(&live, viewer, post))?;
            let mut keys = vec![Key::User(viewer)];
            keys.extend(post.map(Key::Counts));
            Ok(Made {
                body: ViewerState {
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
