use common::api::query::Author;
use serde_json::json;

use super::*;

fn public(id: CommentId, replies: &[Comment]) -> Comment {
    Comment {
        id,
        parent_id: None,
        version: Some(1),
        deleted: false,
        author: None,
        html: Some("<p>Hello</p>".to_owned()),
        created_at: None,
        edited_at: None,
        replies: replies.to_vec(),
        replies_omitted: 0,
    }
}

fn own(id: CommentId, status: &str, parent: Option<CommentId>, approved: bool) -> FullComment {
    serde_json::from_value(json!({
        "id": id, "post_id": common::ids::PostId::generate(), "parent_id": parent,
        "author_id": common::ids::UserId::generate(), "status": status, "revision": 2,
        "body": "One\n\nTwo", "approved": approved.then(|| json!({"revision": 1, "body": "One"})), "reason": "links", "note": null,
        "created_at": "2026-03-12T10:00:00Z", "edited_at": null, "version": 3
    }))
    .unwrap()
}

#[test]
fn a_pending_reply_is_below_its_parent() {
    let (thread, reply, waiting) = (
        CommentId::generate(),
        CommentId::generate(),
        CommentId::generate(),
    );
    let nodes = merge(
        vec![public(thread, &[public(reply, &[])])],
        vec![own(waiting, "pending", Some(reply), false)],
        true,
    );
    let below = &nodes[0].replies[0].replies[0];
    assert_eq!((below.comment.id, below.own), (waiting, true));
    assert_eq!(below.paragraphs, ["One", "Two"]);
    assert_eq!(below.review.as_ref().unwrap().class, "pending");
}

#[test]
fn a_reply_that_is_not_below_its_parent_names_it() {
    let [thread, first, second] = [(); 3].map(|()| CommentId::generate());
    let by = |id, parent_id, name: &str, replies: &[Comment]| Comment {
        parent_id,
        author: Some(Author {
            id: common::ids::UserId::generate(),
            username: name.to_owned(),
            name: String::new(),
        }),
        ..public(id, replies)
    };
    // The depth is limited: the second reply is beside the first one, to which it replies.
    let replies = [
        by(first, Some(thread), "ann", &[]),
        by(second, Some(first), "bob", &[]),
    ];
    let nodes = merge(vec![by(thread, None, "eve", &replies)], Vec::new(), true);
    let named = |node: &Node| node.replies_to.clone();
    assert_eq!(named(&nodes[0]), None);
    assert_eq!(named(&nodes[0].replies[0]), None);
    assert_eq!(named(&nodes[0].replies[1]), Some((first, "ann".to_owned())));
}

#[test]
fn a_pending_thread_is_at_the_end_of_the_last_page() {
    let (thread, mine) = (CommentId::generate(), CommentId::generate());
    for (last, count) in [(true, 2), (false, 1)] {
        let nodes = merge(
            vec![public(thread, &[])],
            vec![own(mine, "rejected", None, false)],
            last,
        );
        assert_eq!(nodes.len(), count);
    }
}

#[test]
fn an_edited_comment_shows_the_public_text() {
    let mine = CommentId::generate();
    let nodes = merge(
        vec![public(mine, &[])],
        vec![own(mine, "pending", None, true)],
        true,
    );
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].comment.html.as_deref(), Some("<p>Hello</p>"));
    assert_eq!(nodes[0].comment.version, Some(3));
    let review = nodes[0].review.as_ref().unwrap();
    assert_eq!(
        review.effect,
        "Readers see the previous version until a moderator reviews it."
    );
    assert_eq!(review.reason.as_deref(), Some("contains too many links"));
}

#[test]
fn an_approved_comment_has_no_review_notice_and_is_not_duplicated() {
    let mine = CommentId::generate();
    let nodes = merge(vec![], vec![own(mine, "approved", None, true)], true);
    assert!(nodes.is_empty(), "it is on another page");
    assert_eq!(ReviewNotice::of_comment(&own(mine, "approved", None, true)), None);
}

#[test]
fn a_recent_public_comment_that_is_not_in_the_threads_is_missing() {
    let (mine, other) = (CommentId::generate(), CommentId::generate());
    let fresh = |status: &str| FullComment {
        created_at: Timestamp::now(),
        ..own(mine, status, None, status == "approved")
    };
    let at = |version| Comment {
        version: Some(version),
        ..public(mine, &[])
    };
    let token = Some(ConsistencyToken::comment(mine, 3));
    assert_eq!(missing_own(&[public(other, &[])], &[fresh("approved")]), token);
    assert_eq!(
        missing_own(&[public(other, &[at(2)])], &[fresh("approved")]),
        token
    );
    assert_eq!(
        missing_own(&[public(other, &[at(3)])], &[fresh("approved")]),
        None
    );
    assert_eq!(missing_own(&[], &[fresh("pending")]), None);
    assert_eq!(
        missing_own(&[], &[own(mine, "approved", None, true)]),
        None,
        "an old comment"
    );
}

#[test]
fn deleted_comments_cannot_be_replied_to() {
    let (thread, reply) = (CommentId::generate(), CommentId::generate());
    let deleted = Comment {
        deleted: true,
        html: None,
        ..public(thread, &[public(reply, &[])])
    };
    let nodes = merge(vec![deleted], vec![], true);
    assert!(find_visible(&nodes, thread).is_none());
    assert!(find_visible(&nodes, reply).is_some());
    assert!(find_visible(&nodes, CommentId::generate()).is_none());
}
