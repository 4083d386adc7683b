//! The comments below a post, and the form for a new comment or a reply.

use askama::Template;
use common::{api::query::Post, ids::CommentId};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::threads::{Node, Thread, ThreadContext, find_visible, merge, missing_own};
use crate::{
    forms::Form,
    links::{DisplayName as _, PagePath as _},
    request::PageRequest,
    url::with_query,
};

/// The position in a discussion, in the query of a post's page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Position {
    /// The cursor of a page of threads.
    pub(super) after: Option<String>,
    /// The comment to reply to.
    pub(super) reply: Option<String>,
}

/// The content of the section of comments.
#[derive(Template)]
#[template(path = "discussion.html")]
pub(super) struct Discussion {
    context: ThreadContext,
    title: String,
    path: String,
    sign_in: String,
    /// `None` while comments are unavailable.
    nodes: Option<Vec<Node>>,
    /// Whether the viewer's own comments are unavailable, so that pending ones are missing.
    own_unavailable: bool,
    more: Option<String>,
    /// The comment to reply to, and the name of its author.
    parent: Option<(CommentId, String)>,
    form: Form,
}

impl Discussion {
    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    /// Loads the comments on `post` at `position`. `form` is the comment form as it was submitted.
    pub(super) async fn load(request: &PageRequest, post: &Post, position: &Position, form: Form) -> Self {
        let id = post.summary.id;
        let own = async {
            match request.viewer() {
                Some(_) => request.api().own_comments_on(id).await.map(|own| own.items),
                None => Ok(Vec::new()),
            }
        };
        let cursor = position.after.as_deref();
        let (mut threads, own) = tokio::join!(request.api().threads(id, cursor, None), own);
        // The responses are not from the same moment: an own comment may be approved, but not in the threads yet.
        if let (Ok(threads_page), Ok(own)) = (&threads, &own)
            && let Some(token) = missing_own(&threads_page.items, own)
        {
            threads = request.api().threads(id, cursor, Some(&token)).await.or(threads);
        }
        let own_unavailable = own.is_err();
        let path = post.summary.path();
        let (mut more, mut nodes) = (None, None);
        if let Ok(threads) = threads {
            let next = threads.next.as_deref();
            more = next.map(|next| with_query(&path, &[("after", Some(next))]));
            nodes = Some(merge(threads.items, own.unwrap_or_default(), next.is_none()));
        }
        let parent = form.given("parent_id").or(position.reply.as_deref());
        let parent = parent.and_then(|id| id.parse().ok());
        let parent = parent.and_then(|id| Some((id, author_name(find_visible(nodes.as_deref()?, id)?))));
        let here = with_query(&path, &[("after", cursor)]);
        Self {
            context: ThreadContext {
                reply_path: format!("{here}{}", if here.contains('?') { '&' } else { '?' }),
                signed_in: request.viewer().is_some(),
                moderates: request.viewer().is_some_and(CurrentUser::is_moderator),
            },
            title: match post.summary.counts.comments {
                0 => "No comments yet".to_owned(),
                1 => "1 comment".to_owned(),
                count => format!("{count} comments"),
            },
            sign_in: with_query("/signin", &[("next", Some(&format!("{path}#comments")))]),
            path,
            nodes,
            own_unavailable,
            more,
            parent,
            form: form.with_key(),
        }
    }
}

fn author_name(node: &Node) -> String {
    match &node.comment.author {
        Some(author) => author.display_name().to_owned(),
        None => "your own comment".to_owned(),
    }
}
