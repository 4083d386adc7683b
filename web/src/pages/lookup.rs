//! What several pages look up: a post by its address, and the viewer's relation to it and to its author.

use common::{
    api::query::Post,
    ids::{PostId, UserId},
};

use crate::{api::PostLookup, error::PageError, request::PageRequest, url::segment};

/// The post with this slug or id, which is the second segment of the path.
///
/// # Errors
/// If there is none, or it has another slug now.
pub(super) async fn find_post(request: &PageRequest, slug: &str) -> Result<Post, PageError> {
    match request.api().published_post(slug).await {
        Ok(PostLookup::Found(post)) => Ok(*post),
        Ok(PostLookup::Moved(slug)) => Err(request.moved(&format!("/p/{}", segment(slug)), 2)),
        Err(error) => Err(PageError::not_found(error, "post")),
    }
}

/// Whether the signed-in user likes a post and follows its author.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ViewerRelation {
    pub(super) likes: bool,
    pub(super) follows: bool,
}

impl ViewerRelation {
    /// Loads it. Anonymous visitors have none, and pages can be shown without it.
    pub(super) async fn load(request: &PageRequest, post: Option<PostId>, author: Option<UserId>) -> Self {
        if request.viewer().is_none() {
            return Self::default();
        }
        let state = request.api().viewer_state(post, author).await;
        state.map_or_else(
            |_| Self::default(),
            |state| Self {
                likes: state.reaction.is_some(),
                follows: state.following == Some(true),
            },
        )
    }
}
