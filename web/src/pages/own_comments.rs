//! `/comments`: what one has said oneself, with what became of it; and `/comments/{id}/edit`.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::{
    api::Page as List,
    event::CommentStatus,
    ids::{CommentId, PostId},
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::threads::{Told, told};
use crate::{
    api::{reading::PostSummary, talking::OwnComment, with_query},
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// The fields that messages can stand beside.
const FIELDS: &[&str] = &["body"];

/// The tabs: a status of the API, and what it is called.
const TABS: [(&str, &str); 4] = [
    ("", "All"),
    ("pending", "Pending"),
    ("approved", "Published"),
    ("rejected", "Rejected"),
];

/// Which of them.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    status: Option<String>,
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "own-comments.html")]
struct OwnComments {
    page: Page,
    status: &'static str,
    comments: List<OwnComment>,
    posts: HashMap<PostId, PostSummary>,
    older: Option<String>,
    first: bool,
}

impl OwnComments {
    fn post(&self, comment: &OwnComment) -> Option<&PostSummary> {
        self.posts.get(&comment.post_id)
    }
}

/// `GET /comments`
pub async fn show(visit: Visit, _: CurrentUser, Query(place): Query<Place>) -> PageResult {
    let named = |(status, _): &&(&str, &str)| Some(*status) == place.status.as_deref();
    let status = TABS.iter().find(named).map_or("", |(status, _)| *status);
    let chosen = Some(status).filter(|status| !status.is_empty());
    let comments = visit
        .api()
        .own_comments(chosen, place.after.as_deref())
        .await?
        .value;
    let older = |next: &str| with_query("/comments", &[("status", chosen), ("after", Some(next))]);
    let notice = (place.done.as_deref() == Some("deleted")).then_some("Comment deleted.");
    let template = OwnComments {
        page: visit.page("Your comments").not_indexed().notice(notice),
        status,
        posts: posts_of(&visit, &comments.items).await,
        older: comments.next.as_deref().map(older),
        first: place.after.is_none(),
        comments,
    };
    visit.html(&template).await
}

/// The posts that the comments are on, in one request. While reading rests, the comments go without.
async fn posts_of(visit: &Visit, comments: &[OwnComment]) -> HashMap<PostId, PostSummary> {
    let ids = comments.iter().map(|comment| comment.post_id).collect();
    let posts = visit.api().posts_of(ids).await;
    posts.map_or_else(
        |_| HashMap::new(),
        |posts| {
            posts
                .value
                .items
                .into_iter()
                .map(|post| (post.id, post))
                .collect()
        },
    )
}

#[derive(Template)]
#[template(path = "edit-comment.html")]
struct EditComment<'a> {
    page: Page,
    comment: &'a OwnComment,
    told: Option<Told>,
    post: Option<PostSummary>,
    form: Form,
    /// The text as it is saved, where another was typed over an older one.
    saved: Option<&'a str>,
}

/// `GET /comments/{id}/edit`
pub async fn edit(visit: Visit, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    let comment = own(&visit, &user, &id).await?;
    let form = Form::new()
        .with("body", comment.text())
        .with("version", comment.version.to_string());
    page(&visit, &comment, form, StatusCode::OK).await
}

/// `POST /comments/{id}/edit`: saves the text, or deletes the comment.
pub async fn save(
    visit: Visit,
    user: CurrentUser,
    Path(id): Path<String>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let id = parse(&id)?;
    // A form without a version saves over nothing.
    let version = form.value("version").parse().unwrap_or(0);
    let refused = if form.value("action") == "delete" {
        match visit.api().delete_comment(id, version).await {
            Ok(()) => return Ok(visit.see_other("/comments?done=deleted")),
            Err(trouble) => trouble,
        }
    } else {
        match visit.api().edit_comment(id, version, form.value("body")).await {
            Ok(comment) => return Ok(visit.see_other(&place_of(&visit, &comment.value).await)),
            Err(trouble) => trouble,
        }
    };
    let changed = refused.is("version_mismatch");
    form.take(refused, FIELDS)?;
    let comment = own(&visit, &user, &id.to_string()).await?;
    if changed {
        // To save again is to decide for what was typed, knowing what is saved.
        form = form.with("version", comment.version.to_string());
        return page(&visit, &comment, form, StatusCode::PRECONDITION_FAILED).await;
    }
    let status = form.status();
    page(&visit, &comment, form, status).await
}

async fn page(visit: &Visit, comment: &OwnComment, form: Form, status: StatusCode) -> PageResult {
    let posts = visit.api().posts_of(vec![comment.post_id]).await;
    let template = EditComment {
        page: visit.page("Edit comment").not_indexed(),
        told: told(comment),
        post: posts.ok().and_then(|posts| posts.value.items.into_iter().next()),
        saved: (status == StatusCode::PRECONDITION_FAILED).then(|| comment.text()),
        comment,
        form,
    };
    visit.html_with(status, &template).await
}

/// Where the comment stands on its post's page; while reading rests, among one's own.
async fn place_of(visit: &Visit, comment: &OwnComment) -> String {
    let posts = visit.api().posts_of(vec![comment.post_id]).await;
    match posts.ok().and_then(|posts| posts.value.items.into_iter().next()) {
        Some(post) => format!("{}#comment-{}", post.path(), comment.id),
        None => "/comments".to_owned(),
    }
}

/// One's own comment of that id. Moderators may read others', but not change their words.
async fn own(visit: &Visit, user: &CurrentUser, id: &str) -> Result<OwnComment, Failure> {
    let unknown = Failure::NotFound("comment");
    match visit.api().whole_comment(parse(id)?).await {
        Ok(Some(comment)) if comment.author_id == Some(user.id) => Ok(comment),
        Ok(_) => Err(unknown),
        Err(trouble) if trouble.is("not_found") || trouble.is("gone") => Err(unknown),
        Err(trouble) => Err(trouble.into()),
    }
}

/// A word that is no id leads nowhere.
fn parse(id: &str) -> Result<CommentId, Failure> {
    id.parse().map_err(|_unreadable| Failure::NotFound("comment"))
}

impl OwnComment {
    fn badge(&self) -> (&'static str, &'static str) {
        match self.status {
            CommentStatus::Pending => ("pending", "Pending"),
            CommentStatus::Rejected => ("rejected", "Rejected"),
            _ => ("approved", "Published"),
        }
    }

    fn told(&self) -> Option<Told> {
        told(self)
    }
}
