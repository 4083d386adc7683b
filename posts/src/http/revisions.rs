//! The texts that one's own post has and had.

use axum::{extract::State, response::IntoResponse};
use common::{api::Page, event::Timestamp, ids::PostId};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, Path, ProblemResponses, page_of},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    commands::Commands,
    domain::listing::{Revision, RevisionHead},
};

/// A text that a post has or had, without the text.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionEntry {
    /// The version of the post that brought it
    version: u64,
    /// When that was
    created_at: Timestamp,
    title: String,
    /// Length of the body in bytes
    bytes: u64,
}

impl From<RevisionHead> for RevisionEntry {
    fn from(revision: RevisionHead) -> Self {
        Self {
            version: revision.version,
            created_at: revision.at,
            title: revision.title,
            bytes: revision.bytes,
        }
    }
}

/// A text that a post has or had.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionText {
    /// The version of the post that brought it
    version: u64,
    /// When that was
    created_at: Timestamp,
    title: String,
    /// Markdown
    body: String,
    summary: Option<String>,
}

impl From<Revision> for RevisionText {
    fn from(revision: Revision) -> Self {
        Self {
            version: revision.version,
            created_at: revision.at,
            title: revision.text.title,
            body: revision.text.body,
            summary: revision.text.summary,
        }
    }
}

/// The texts that an own post has and had, newest first
///
/// The first entry is the present text. The newest 200 former ones are kept (`POSTS_REVISIONS_KEPT`).
#[utoipa::path(get, path = "/api/posts/{id}/revisions", tag = "revisions", params(("id" = PostId, Path), PageParams),
    responses((status = 200, description = "A page of them", body = Page<RevisionEntry>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn list(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    page: PageParams,
) -> Result<impl IntoResponse, ApiError> {
    let before: Option<u64> = page.after()?;
    let revisions = commands.revisions(id, user.id, before, page.limit + 1).await?;
    let page = page_of(revisions, page.limit, |revision| revision.version);
    Ok(Json(page.map(RevisionEntry::from)))
}

/// One text that an own post has or had
#[utoipa::path(get, path = "/api/posts/{id}/revisions/{version}", tag = "revisions",
    params(("id" = PostId, Path), ("version" = u64, Path, description = "As in the list")),
    responses((status = 200, description = "The text", body = RevisionText), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn one(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path((id, version)): Path<(PostId, u64)>,
) -> Result<impl IntoResponse, ApiError> {
    let revision = commands.revision(id, user.id, version).await?;
    Ok(Json(RevisionText::from(revision)))
}
