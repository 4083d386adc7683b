//! Deleting what belongs to deleted users.

use common::{api::posts::OwnPostsParams, ids::UserId};
use runtime::store::Cause;

use super::{BATCH, Commands, Result};

impl Commands {
    /// Deletes all posts and removes all reactions of `user`. Tolerates interruption and repetition.
    pub async fn delete_all_of(&self, user: UserId, cause: &Cause) -> Result<()> {
        let all = OwnPostsParams::default();
        loop {
            let posts = self.posts.by_author(user, &all, None, BATCH).await?;
            if posts.is_empty() {
                break;
            }
            for post in posts {
                self.delete(post.id, user, None, cause).await?;
            }
        }
        loop {
            let reactions = self.reactions.active_of(user, BATCH).await?;
            if reactions.is_empty() {
                return Ok(());
            }
            for reaction in reactions {
                self.remove_existing(reaction.state.0.post_id, user, cause)
                    .await?;
            }
        }
    }
}
