//! Deleting what belongs to deleted users.

use common::ids::{PostId, UserId};
use runtime::{service::handle_all, store::Cause};

use super::{BATCH, Commands, Result};

impl Commands {
    /// Deletes all posts and removes all reactions of `user`. Tolerates interruption and repetition.
    ///
    /// # Errors
    /// The first one; everything else is deleted nevertheless.
    pub async fn delete_all_of(&self, user: UserId, cause: &Cause) -> Result<()> {
        let posts = |failed: Vec<PostId>| async move {
            let posts = self.posts.ids_by_author(user, &failed, BATCH).await?;
            Ok(posts)
        };
        let delete = |id| async move { self.delete(id, user, None, cause).await.map(drop) };
        let reactions = |failed: Vec<PostId>| async move {
            let posts = self.reactions.posts_of(user, &failed, BATCH).await?;
            Ok(posts)
        };
        let remove = |post| async move { self.remove_existing(post, user, cause).await.map(drop) };
        let deleted = handle_all(posts, delete).await;
        handle_all(reactions, remove).await?;
        deleted
    }
}
