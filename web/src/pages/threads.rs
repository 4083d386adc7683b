//! Threads of comments: the public ones, merged with the viewer's own pending and rejected comments.

use std::{collections::HashMap, time::Duration};

use askama::Template;
use common::{
    api::{comments::FullComment, query::Comment},
    consistency::ConsistencyToken,
    event::{CommentStatus, Timestamp},
    ids::CommentId,
};

use crate::{
    filters,
    links::{DisplayName as _, PagePath as _},
    review::ReviewNotice,
};

/// An older own comment that is not on the page is on another page; the read side never lags that much.
const RECENT: Duration = Duration::from_secs(60);

/// A comment in its thread, with what only its author sees.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) comment: Comment,
    /// The comment that it replies to, and the name of its author, if it is not below that one: the depth of threads is
    /// limited.
    pub(super) replies_to: Option<(CommentId, String)>,
    /// Whether the viewer is the author.
    pub(super) own: bool,
    /// The review of the latest text, if readers cannot see it.
    pub(super) review: Option<ReviewNotice>,
    /// The paragraphs of a text that is not public; only public texts are rendered.
    pub(super) paragraphs: Vec<String>,
    pub(super) replies: Vec<Node>,
}

/// A comment and, recursively, its replies.
#[derive(Template)]
#[template(path = "comment.html")]
pub(super) struct Thread<'a> {
    pub(super) node: &'a Node,
    pub(super) context: &'a ThreadContext,
}

/// What all comments of a page have in common.
#[derive(Debug, Clone)]
pub(super) struct ThreadContext {
    /// The post's path, with a query that can be extended.
    pub(super) reply_path: String,
    pub(super) signed_in: bool,
    pub(super) moderates: bool,
}

/// The token of the viewer's latest public comment that is missing in `threads`, or there in an older version.
pub(super) fn missing_own(threads: &[Comment], own: &[FullComment]) -> Option<ConsistencyToken> {
    let mut approved = own.iter().filter(|own| own.status == CommentStatus::Approved);
    let missing = approved.find(|own| match find(threads, own.id) {
        Some(comment) => comment.version.is_some_and(|version| version < own.version),
        None => Timestamp::now().since(own.created_at) < RECENT,
    })?;
    Some(ConsistencyToken::comment(missing.id, missing.version))
}

fn find(threads: &[Comment], id: CommentId) -> Option<&Comment> {
    threads.iter().find_map(|comment| {
        if comment.id == id {
            Some(comment)
        } else {
            find(&comment.replies, id)
        }
    })
}

/// Merges the public threads with the viewer's own comments. Comments that are not public are below their parent, or at
/// the end of the last page.
pub(super) fn merge(threads: Vec<Comment>, own: Vec<FullComment>, is_last_page: bool) -> Vec<Node> {
    let mut own: HashMap<CommentId, FullComment> = own.into_iter().map(|own| (own.id, own)).collect();
    let threads = threads.into_iter();
    let mut nodes: Vec<Node> = threads.map(|comment| node(comment, &mut own)).collect();
    // The rest is not public, or on another page.
    let mut hidden: Vec<FullComment> = own.into_values().filter(|own| own.approved.is_none()).collect();
    hidden.sort_by_key(|own| (own.created_at, own.id));
    for own in hidden {
        match own.parent_id {
            Some(parent) => {
                if let Some(parent) = find_node(&mut nodes, parent) {
                    parent.replies.push(hidden_node(own));
                }
            }
            None if is_last_page => nodes.push(hidden_node(own)),
            None => {}
        }
    }
    let mut names = HashMap::new();
    for node in &nodes {
        collect_names(node, &mut names);
    }
    for node in &mut nodes {
        name_parents(node, &names);
    }
    nodes
}

/// Adds the names of the authors of visible comments.
fn collect_names(node: &Node, names: &mut HashMap<CommentId, String>) {
    if let Some(author) = &node.comment.author {
        names.insert(node.comment.id, author.display_name().to_owned());
    }
    for reply in &node.replies {
        collect_names(reply, names);
    }
}

fn name_parents(node: &mut Node, names: &HashMap<CommentId, String>) {
    let above = node.comment.id;
    for reply in &mut node.replies {
        let elsewhere = reply.comment.parent_id.filter(|parent| *parent != above);
        reply.replies_to = elsewhere.and_then(|parent| Some((parent, names.get(&parent)?.clone())));
        name_parents(reply, names);
    }
}

fn node(mut comment: Comment, own: &mut HashMap<CommentId, FullComment>) -> Node {
    let replies = std::mem::take(&mut comment.replies);
    let full = own.remove(&comment.id);
    // The read side may have an older version.
    if let Some(full) = &full {
        comment.version = Some(full.version);
    }
    Node {
        replies_to: None,
        own: full.is_some(),
        review: full.as_ref().and_then(ReviewNotice::of_comment),
        paragraphs: Vec::new(),
        replies: replies.into_iter().map(|reply| node(reply, own)).collect(),
        comment,
    }
}

/// A comment that only its author can see.
fn hidden_node(own: FullComment) -> Node {
    let body = own.body.as_deref().unwrap_or_default();
    let paragraphs = body.split("\n\n").map(|text| text.trim().to_owned());
    Node {
        replies_to: None,
        own: true,
        review: ReviewNotice::of_comment(&own),
        paragraphs: paragraphs.filter(|text| !text.is_empty()).collect(),
        replies: Vec::new(),
        comment: Comment {
            id: own.id,
            parent_id: own.parent_id,
            version: Some(own.version),
            deleted: false,
            author: None,
            html: None,
            created_at: Some(own.created_at),
            edited_at: own.edited_at,
            replies: Vec::new(),
            replies_omitted: 0,
        },
    }
}

fn find_node(nodes: &mut [Node], id: CommentId) -> Option<&mut Node> {
    for node in nodes {
        if node.comment.id == id {
            return Some(node);
        }
        if let Some(found) = find_node(&mut node.replies, id) {
            return Some(found);
        }
    }
    None
}

/// The comment with this id, unless it is deleted.
pub(super) fn find_visible(nodes: &[Node], id: CommentId) -> Option<&Node> {
    nodes.iter().find_map(|node| {
        if node.comment.id == id {
            (!node.comment.deleted).then_some(node)
        } else {
            find_visible(&node.replies, id)
        }
    })
}

#[cfg(test)]
mod tests;
