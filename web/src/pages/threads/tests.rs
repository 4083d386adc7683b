use serde_json::json;

use super::*;

fn seen(id: CommentId, replies: &[Comment]) -> Comment {
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

fn own(id: CommentId, status: &str, parent: Option<CommentId>, approved: bool) -> OwnComment {
    serde_json::from_value(json!({
        "id": id, "post_id": common::ids::PostId::generate(), "parent_id": parent,
        "author_id": common::ids::UserId::generate(), "status": status, "revision": 2,
        "body": "One\n\nTwo", "approved": approved.then(|| json!({"revision": 1, "body": "One"})), "reason": "links",
        "created_at": "2026-03-12T10:00:00Z", "edited_at": null, "version": 3
    }))
    .unwrap()
}

#[test]
fn what_only_its_author_sees_stands_in_its_place() {
    let (thread, reply, waiting) = (
        CommentId::generate(),
        CommentId::generate(),
        CommentId::generate(),
    );
    let nodes = weave(
        vec![seen(thread, &[seen(reply, &[])])],
        vec![own(waiting, "pending", Some(reply), false)],
        true,
    );
    let below = &nodes[0].replies[0].replies[0];
    assert_eq!((below.comment.id, below.own), (waiting, true));
    assert_eq!(below.paragraphs, ["One", "Two"]);
    assert_eq!(below.told.as_ref().unwrap().class, "pending");
}

#[test]
fn a_new_thread_of_ones_own_ends_the_last_page_alone() {
    let (thread, mine) = (CommentId::generate(), CommentId::generate());
    for (last, count) in [(true, 2), (false, 1)] {
        let nodes = weave(
            vec![seen(thread, &[])],
            vec![own(mine, "rejected", None, false)],
            last,
        );
        assert_eq!(nodes.len(), count);
    }
}

#[test]
fn an_edited_comment_keeps_the_text_that_readers_see() {
    let mine = CommentId::generate();
    let nodes = weave(
        vec![seen(mine, &[])],
        vec![own(mine, "pending", None, true)],
        true,
    );
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].comment.html.as_deref(), Some("<p>Hello</p>"));
    assert_eq!(nodes[0].comment.version, Some(3));
    let told = nodes[0].told.as_ref().unwrap();
    assert!(
        told.sentence
            .starts_with("Readers see the previous version until"),
        "{}",
        told.sentence
    );
    assert!(
        told.sentence.ends_with("Reason: contains too many links."),
        "{}",
        told.sentence
    );
}

#[test]
fn of_an_approved_comment_nothing_is_told_and_none_is_shown_twice() {
    let mine = CommentId::generate();
    let nodes = weave(vec![], vec![own(mine, "approved", None, true)], true);
    assert!(nodes.is_empty(), "readers see it on another page");
    assert_eq!(told(&own(mine, "approved", None, true)), None);
}

#[test]
fn an_own_comment_that_is_approved_and_not_shown_yet_is_missed() {
    let (mine, other) = (CommentId::generate(), CommentId::generate());
    let fresh = |status: &str| OwnComment {
        created_at: Timestamp::now(),
        ..own(mine, status, None, status == "approved")
    };
    let at = |version| Comment {
        version: Some(version),
        ..seen(mine, &[])
    };
    let token = Some(ConsistencyToken::comment(mine, 3));
    assert_eq!(missed(&[seen(other, &[])], &[fresh("approved")]), token);
    assert_eq!(missed(&[seen(other, &[at(2)])], &[fresh("approved")]), token);
    assert_eq!(missed(&[seen(other, &[at(3)])], &[fresh("approved")]), None);
    assert_eq!(missed(&[], &[fresh("pending")]), None);
    assert_eq!(
        missed(&[], &[own(mine, "approved", None, true)]),
        None,
        "long ago"
    );
}

#[test]
fn only_what_is_there_is_answered() {
    let (thread, reply) = (CommentId::generate(), CommentId::generate());
    let gone = Comment {
        deleted: true,
        html: None,
        ..seen(thread, &[seen(reply, &[])])
    };
    let nodes = weave(vec![gone], vec![], true);
    assert!(answered(&nodes, thread).is_none());
    assert!(answered(&nodes, reply).is_some());
    assert!(answered(&nodes, CommentId::generate()).is_none());
}
