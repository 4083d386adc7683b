//! Decisions about comments.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

fn text(raw: &str) -> Text {
    Text::parse(raw).unwrap()
}

fn ann() -> Actor {
    actor(1, false)
}

fn bob() -> Actor {
    actor(2, false)
}

fn moderator() -> Actor {
    actor(3, true)
}

fn actor(number: u128, is_moderator: bool) -> Actor {
    Actor {
        id: UserId::from_uuid(uuid::Uuid::from_u128(number)),
        is_moderator,
    }
}

fn new_comment() -> NewComment {
    NewComment {
        id: CommentId::generate(),
        post_id: PostId::generate(),
        parent_id: None,
        author_id: ann().id,
        text: text("first"),
    }
}

fn comment(mode: ReviewMode) -> Comment {
    create(new_comment(), None, mode, at(1)).unwrap().0
}

fn edited(comment: &Comment, body: &str, mode: ReviewMode) -> Comment {
    edit(comment, text(body), ann(), mode, at(2)).unwrap().unwrap().0
}

fn approved(revision: u32, body: &str) -> Option<ApprovedText> {
    Some(ApprovedText {
        revision,
        body: body.to_owned(),
    })
}

#[test]
fn given_a_text_then_blank_lines_around_it_are_removed_and_an_indent_stays() {
    let cases = [
        ("a", Ok("a")),
        ("\n \n  a\n\n", Ok("  a")),
        ("    code\nnot\n", Ok("    code\nnot")),
        ("\r\n\r\na\r\nb", Ok("a\r\nb")),
        ("", Err(CommentError::EmptyText)),
        (" \n\t\u{a0}", Err(CommentError::EmptyText)),
        ("\u{200B}\u{3164}", Err(CommentError::EmptyText)),
        ("&nbsp; &#x2800;", Err(CommentError::EmptyText)),
        ("<!-- nothing -->", Err(CommentError::EmptyText)),
        ("[link]: https://example.org", Err(CommentError::EmptyText)),
    ];
    for (raw, expected) in cases {
        assert_eq!(
            Text::parse(raw).map(|text| text.0),
            expected.map(str::to_owned),
            "{raw:?}"
        );
    }
}

#[test]
fn given_a_text_then_characters_are_counted_not_bytes() {
    assert!(Text::parse(&format!("\n{}\n", "ä".repeat(5000))).is_ok());
    assert_eq!(
        Text::parse(&"ä".repeat(5001)),
        Err(CommentError::LongText { chars: 5001 })
    );
}

#[test]
fn given_auto_approval_when_created_then_it_is_public_at_once() {
    let (comment, fact) = create(new_comment(), None, ReviewMode::AutoApprove, at(1)).unwrap();
    assert_eq!(fact, CommentFact::Created);
    assert_eq!((comment.status, comment.revision), (CommentStatus::Approved, 1));
    assert_eq!(comment.approved, approved(1, "first"));
    assert_eq!((comment.created_at, comment.edited_at), (at(1), None));
}

#[test]
fn given_review_when_created_then_only_its_author_and_moderators_see_it() {
    let comment = comment(ReviewMode::AwaitVerdict);
    assert_eq!(
        (comment.status, &comment.approved),
        (CommentStatus::Pending, &None)
    );
    assert_eq!(comment.check_visible_to(None), Err(CommentError::NotFound));
    assert_eq!(comment.check_visible_to(Some(bob())), Err(CommentError::NotFound));
    assert_eq!(comment.check_visible_to(Some(ann())), Ok(()));
    assert_eq!(comment.check_visible_to(Some(moderator())), Ok(()));
}

#[test]
fn given_a_parent_then_it_must_be_public_and_on_the_same_post() {
    let public = comment(ReviewMode::AutoApprove);
    let deleted = delete(&public, ann()).unwrap().unwrap().0;
    let elsewhere = Comment {
        post_id: PostId::generate(),
        ..public.clone()
    };
    let cases = [
        (Some(public.clone()), Ok(())),
        (Some(deleted), Err(CommentError::ParentDeleted)),
        (Some(elsewhere), Err(CommentError::UnknownParent)),
        (
            Some(Comment {
                approved: None,
                ..public.clone()
            }),
            Err(CommentError::UnknownParent),
        ),
        (None, Err(CommentError::UnknownParent)),
    ];
    for (parent, expected) in cases {
        let reply = NewComment {
            post_id: public.post_id,
            parent_id: Some(public.id),
            ..new_comment()
        };
        let result = create(reply, parent.as_ref(), ReviewMode::AutoApprove, at(1));
        assert_eq!(result.map(drop), expected, "{parent:?}");
    }
}

#[test]
fn given_review_when_edited_then_the_approved_text_stays_public() {
    let first = comment(ReviewMode::AutoApprove);
    let (second, fact) = edit(&first, text("second"), ann(), ReviewMode::AwaitVerdict, at(2))
        .unwrap()
        .unwrap();
    assert_eq!(fact, CommentFact::Edited);
    assert_eq!((second.status, second.revision), (CommentStatus::Pending, 2));
    assert_eq!(second.body.as_deref(), Some("second"));
    assert_eq!(second.approved, approved(1, "first"));
    assert_eq!(second.edited_at, Some(at(2)));
}

#[test]
fn given_auto_approval_when_edited_then_the_new_text_is_public() {
    let second = edited(
        &comment(ReviewMode::AutoApprove),
        "second",
        ReviewMode::AutoApprove,
    );
    assert_eq!(second.status, CommentStatus::Approved);
    assert_eq!(second.approved, approved(2, "second"));
}

#[test]
fn given_the_same_text_when_edited_then_nothing_changes() {
    let comment = comment(ReviewMode::AutoApprove);
    assert_eq!(
        edit(&comment, text("first\n"), ann(), ReviewMode::AutoApprove, at(2)),
        Ok(None)
    );
}

#[test]
fn given_a_comment_then_only_its_author_edits_it() {
    let public = comment(ReviewMode::AutoApprove);
    let pending = comment(ReviewMode::AwaitVerdict);
    let deleted = delete(&public, ann()).unwrap().unwrap().0;
    let cases = [
        (&public, bob(), CommentError::NotOwner),
        (&public, moderator(), CommentError::NotOwner),
        (&pending, bob(), CommentError::NotFound),
        (&deleted, ann(), CommentError::Deleted),
        (&deleted, bob(), CommentError::NotFound),
    ];
    for (comment, actor, expected) in cases {
        let result = edit(comment, text("other"), actor, ReviewMode::AutoApprove, at(2));
        assert_eq!(result, Err(expected), "{actor:?}");
    }
}

#[test]
fn given_a_comment_then_its_author_and_moderators_delete_it() {
    let public = comment(ReviewMode::AutoApprove);
    assert_eq!(delete(&public, bob()), Err(CommentError::NotOwner));
    assert_eq!(
        delete(&comment(ReviewMode::AwaitVerdict), bob()),
        Err(CommentError::NotFound)
    );
    for actor in [ann(), moderator()] {
        let (tombstone, fact) = delete(&public, actor).unwrap().unwrap();
        assert_eq!(fact, CommentFact::Deleted);
        let expected = Comment {
            status: CommentStatus::Deleted,
            body: None,
            approved: None,
            reason: None,
            ..public.clone()
        };
        assert_eq!(tombstone, expected);
        assert_eq!(delete(&tombstone, actor), Ok(None), "a retry changes nothing");
        assert_eq!(
            tombstone.check_visible_to(Some(actor)),
            Err(CommentError::Deleted)
        );
        assert_eq!(tombstone.check_visible_to(None), Err(CommentError::NotFound));
    }
}

#[test]
fn given_a_comment_when_its_author_is_deleted_then_the_text_stays() {
    let public = comment(ReviewMode::AutoApprove);
    let (anonymous, fact) = anonymise(&public).unwrap();
    assert_eq!(fact, CommentFact::Edited);
    assert_eq!(
        anonymous,
        Comment {
            author_id: None,
            ..public
        }
    );
    assert_eq!(anonymise(&anonymous), None, "the second time changes nothing");
    assert_eq!(
        edit(&anonymous, text("x"), ann(), ReviewMode::AutoApprove, at(3)),
        Err(CommentError::NotOwner)
    );
}
