//! Response bodies from the domain's state.

use common::{
    api::comments::{ApprovedText, Comment as CommentView, FullComment, PublicComment},
    event,
};
use runtime::store::Stored;

use crate::domain::{Actor, Comment};

/// As much of a comment as `actor` may see.
pub fn comment(stored: Stored<Comment>, actor: Option<Actor>) -> CommentView {
    if stored.state.is_open_to(actor) {
        CommentView::Full(full(stored))
    } else {
        CommentView::Public(public(stored.state))
    }
}

/// A comment as its author and moderators see it.
pub fn full(stored: Stored<Comment>) -> FullComment {
    let comment = stored.state;
    FullComment {
        id: comment.id,
        post_id: comment.post_id,
        parent_id: comment.parent_id,
        author_id: comment.author_id,
        status: comment.status,
        revision: comment.revision,
        body: comment.body,
        approved: comment.approved.map(approved),
        reason: comment.reason,
        note: comment.verdict.and_then(|verdict| verdict.note),
        created_at: comment.created_at,
        edited_at: comment.edited_at,
        version: stored.version,
    }
}

fn public(comment: Comment) -> PublicComment {
    PublicComment {
        id: comment.id,
        post_id: comment.post_id,
        parent_id: comment.parent_id,
        author_id: comment.author_id,
        approved: comment.approved.map(approved),
        created_at: comment.created_at,
    }
}

fn approved(text: event::ApprovedText) -> ApprovedText {
    ApprovedText {
        revision: text.revision,
        body: text.body,
    }
}
