//! Comments as threads: what readers see, joined with the viewer's own that wait or were refused.

use std::{collections::HashMap, time::Duration};

use askama::Template;
use common::{
    consistency::ConsistencyToken,
    event::{CommentStatus, Timestamp},
    ids::CommentId,
};

use crate::{
    api::{reading::Comment, talking::OwnComment},
    filters, reasons,
};

/// An own comment that is older and not on the page stands on another; the read side is never that late.
const RECENT: Duration = Duration::from_secs(60);

/// A comment in its place, with what only its author sees of it.
#[derive(Debug, Clone)]
pub struct Node {
    pub comment: Comment,
    /// Whether the viewer wrote it.
    pub own: bool,
    /// What the author is told of its latest text, while readers do not see that.
    pub told: Option<Told>,
    /// The paragraphs of a text that readers do not see; only what is approved is rendered.
    pub paragraphs: Vec<String>,
    pub replies: Vec<Node>,
}

/// What an author is told of a text that readers do not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// As the comment and its badge are classed.
    pub class: &'static str,
    /// In the badge.
    pub word: &'static str,
    /// The whole of it.
    pub sentence: String,
    /// A moderator's words.
    pub note: Option<String>,
}

/// One comment and, by more of its kind, what is below it.
#[derive(Template)]
#[template(path = "comment.html")]
pub struct Thread<'a> {
    pub node: &'a Node,
    pub here: &'a Here,
}

/// What all comments of a page share.
#[derive(Debug, Clone)]
pub struct Here {
    /// The post's path with a query that more can be added to.
    pub reply: String,
    pub signed_in: bool,
    pub moderates: bool,
}

/// What the author is told of `own`; nothing if readers see its latest text.
pub fn told(own: &OwnComment) -> Option<Told> {
    let because = own
        .reason
        .as_deref()
        .map(|code| format!(" Reason: {}.", reasons::words(Some(code))));
    let because = because.unwrap_or_default();
    let seen = !own.is_unseen();
    let (class, word, sentence) = match own.status {
        CommentStatus::Pending => {
            let begin = if seen {
                "Readers see the previous version"
            } else {
                "Only you can see this"
            };
            (
                "pending",
                "Pending",
                format!("{begin} until a moderator reviews it.{because}"),
            )
        }
        CommentStatus::Rejected => {
            let begin = if seen {
                "Readers still see the previous version"
            } else {
                "Not visible to others"
            };
            ("rejected", "Rejected", format!("{begin}.{because}"))
        }
        _ => return None,
    };
    let note = own.note.clone().filter(|note| !note.trim().is_empty());
    Some(Told {
        class,
        word,
        sentence,
        note,
    })
}

/// The latest of the viewer's own comments that readers see by now, but which is not among those `shown`, or not as
/// it is now.
pub fn missed(shown: &[Comment], own: &[OwnComment]) -> Option<ConsistencyToken> {
    let mut approved = own.iter().filter(|own| own.status == CommentStatus::Approved);
    // Older ones stand on another page.
    let missed = approved.find(|own| match among(shown, own.id) {
        Some(comment) => comment.version.is_some_and(|version| version < own.version),
        None => Timestamp::now().since(own.created_at) < RECENT,
    })?;
    Some(ConsistencyToken::comment(missed.id, missed.version))
}

/// The comment of that id, at any depth.
fn among(shown: &[Comment], id: CommentId) -> Option<&Comment> {
    shown.iter().find_map(|comment| {
        if comment.id == id {
            Some(comment)
        } else {
            among(&comment.replies, id)
        }
    })
}

/// The threads that readers see, with the viewer's own comments in their places. Those that no reader sees yet stand
/// below what they answer, or at the end when this is the `last` page.
pub fn weave(seen: Vec<Comment>, own: Vec<OwnComment>, last: bool) -> Vec<Node> {
    let mut own: HashMap<CommentId, OwnComment> = own.into_iter().map(|own| (own.id, own)).collect();
    let mut nodes: Vec<Node> = seen.into_iter().map(|comment| node(comment, &mut own)).collect();
    // What is left has no text that readers see, or stands on another page.
    let mut unseen: Vec<OwnComment> = own.into_values().filter(OwnComment::is_unseen).collect();
    unseen.sort_by_key(|own| (own.created_at, own.id));
    for own in unseen {
        match own.parent_id {
            Some(parent) => {
                if let Some(parent) = find(&mut nodes, parent) {
                    parent.replies.push(alone(own));
                }
            }
            None if last => nodes.push(alone(own)),
            None => {}
        }
    }
    nodes
}

fn node(mut comment: Comment, own: &mut HashMap<CommentId, OwnComment>) -> Node {
    let replies = std::mem::take(&mut comment.replies);
    let mine = own.remove(&comment.id);
    // The read side may be behind: what its author deleted or changed a moment ago is told by its own service.
    if let Some(mine) = &mine {
        comment.version = Some(mine.version);
    }
    Node {
        own: mine.is_some(),
        told: mine.as_ref().and_then(told),
        paragraphs: Vec::new(),
        replies: replies.into_iter().map(|reply| node(reply, own)).collect(),
        comment,
    }
}

/// A comment that only its author sees.
fn alone(own: OwnComment) -> Node {
    let paragraphs = own.text().split("\n\n").map(|text| text.trim().to_owned());
    Node {
        own: true,
        told: told(&own),
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

/// The node of that id, at any depth.
fn find(nodes: &mut [Node], id: CommentId) -> Option<&mut Node> {
    for node in nodes {
        if node.comment.id == id {
            return Some(node);
        }
        if let Some(found) = find(&mut node.replies, id) {
            return Some(found);
        }
    }
    None
}

/// Whom a reply would answer: the comment's author, if readers may answer it.
pub fn answered(nodes: &[Node], id: CommentId) -> Option<&Node> {
    nodes.iter().find_map(|node| {
        if node.comment.id == id {
            (!node.comment.deleted).then_some(node)
        } else {
            answered(&node.replies, id)
        }
    })
}

#[cfg(test)]
mod tests;
