//! Given a comment, when something is asked, then this comes of it.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

fn text(raw: &str) -> Text {
    Text::parse(raw).unwrap()
}

fn ann() -> Person {
    person(1, false)
}

fn bob() -> Person {
    person(2, false)
}

fn moderator() -> Person {
    person(3, true)
}

fn person(number: u128, moderates: bool) -> Person {
    Person {
        id: UserId::from_uuid(uuid::Uuid::from_u128(number)),
        moderates,
    }
}

fn proposal() -> Proposal {
    Proposal {
        id: CommentId::generate(),
        post_id: PostId::generate(),
        parent_id: None,
        author_id: ann().id,
        text: text("first"),
    }
}

fn comment(review: Review) -> Comment {
    create(proposal(), None, review, at(1)).unwrap().0
}

fn edited(comment: &Comment, body: &str, review: Review) -> Comment {
    edit(comment, text(body), ann(), review, at(2))
        .unwrap()
        .unwrap()
        .0
}

fn approved(revision: u32, body: &str) -> Option<ApprovedText> {
    Some(ApprovedText {
        revision,
        body: body.to_owned(),
    })
}

#[test]
fn given_a_text_then_blank_lines_around_it_go_and_an_indent_stays() {
    let cases = [
        ("a", Ok("a")),
        ("\n \n  a\n\n", Ok("  a")),
        ("    code\nnot\n", Ok("    code\nnot")),
        ("\r\n\r\na\r\nb", Ok("a\r\nb")),
        ("", Err(CommentError::EmptyText)),
        (" \n\t\u{a0}", Err(CommentError::EmptyText)),
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
fn given_automatic_review_when_created_then_it_is_public_at_once() {
    let (comment, fact) = create(proposal(), None, Review::Automatic, at(1)).unwrap();
    assert_eq!(fact, CommentFact::Created);
    assert_eq!((comment.status, comment.revision), (CommentStatus::Approved, 1));
    assert_eq!(comment.approved, approved(1, "first"));
    assert_eq!((comment.created_at, comment.edited_at), (at(1), None));
}

#[test]
fn given_awaited_review_when_created_then_nobody_else_knows_of_it() {
    let comment = comment(Review::Awaited);
    assert_eq!(
        (comment.status, &comment.approved),
        (CommentStatus::Pending, &None)
    );
    assert_eq!(comment.is_known_to(None), Err(CommentError::NotFound));
    assert_eq!(comment.is_known_to(Some(bob())), Err(CommentError::NotFound));
    assert_eq!(comment.is_known_to(Some(ann())), Ok(()));
    assert_eq!(comment.is_known_to(Some(moderator())), Ok(()));
}

#[test]
fn given_a_parent_then_it_must_be_public_and_on_the_same_post() {
    let public = comment(Review::Automatic);
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
        let answer = Proposal {
            post_id: public.post_id,
            parent_id: Some(public.id),
            ..proposal()
        };
        let result = create(answer, parent.as_ref(), Review::Automatic, at(1));
        assert_eq!(result.map(drop), expected, "{parent:?}");
    }
}

#[test]
fn given_awaited_review_when_edited_then_the_approved_text_stays() {
    let first = comment(Review::Automatic);
    let (second, fact) = edit(&first, text("second"), ann(), Review::Awaited, at(2))
        .unwrap()
        .unwrap();
    assert_eq!(fact, CommentFact::Edited);
    assert_eq!((second.status, second.revision), (CommentStatus::Pending, 2));
    assert_eq!(second.body.as_deref(), Some("second"));
    assert_eq!(second.approved, approved(1, "first"));
    assert_eq!(second.edited_at, Some(at(2)));
}

#[test]
fn given_automatic_review_when_edited_then_the_new_text_is_public() {
    let second = edited(&comment(Review::Automatic), "second", Review::Automatic);
    assert_eq!(second.status, CommentStatus::Approved);
    assert_eq!(second.approved, approved(2, "second"));
}

#[test]
fn given_the_same_text_when_edited_then_nothing_happens() {
    let comment = comment(Review::Automatic);
    assert_eq!(
        edit(&comment, text("first\n"), ann(), Review::Automatic, at(2)),
        Ok(None)
    );
}

#[test]
fn given_a_comment_then_only_its_author_edits_it() {
    let public = comment(Review::Automatic);
    let pending = comment(Review::Awaited);
    let deleted = delete(&public, ann()).unwrap().unwrap().0;
    let cases = [
        (&public, bob(), CommentError::NotOwner),
        (&public, moderator(), CommentError::NotOwner),
        (&pending, bob(), CommentError::NotFound),
        (&deleted, ann(), CommentError::Gone),
        (&deleted, bob(), CommentError::NotFound),
    ];
    for (comment, person, expected) in cases {
        let result = edit(comment, text("other"), person, Review::Automatic, at(2));
        assert_eq!(result, Err(expected), "{person:?}");
    }
}

#[test]
fn given_a_comment_then_its_author_and_moderators_delete_it() {
    let public = comment(Review::Automatic);
    assert_eq!(delete(&public, bob()), Err(CommentError::NotOwner));
    assert_eq!(
        delete(&comment(Review::Awaited), bob()),
        Err(CommentError::NotFound)
    );
    for person in [ann(), moderator()] {
        let (tombstone, fact) = delete(&public, person).unwrap().unwrap();
        assert_eq!(fact, CommentFact::Deleted);
        let expected = Comment {
            status: CommentStatus::Deleted,
            body: None,
            approved: None,
            reason: None,
            ..public.clone()
        };
        assert_eq!(tombstone, expected);
        assert_eq!(delete(&tombstone, person), Ok(None), "a repeat does nothing");
        assert_eq!(tombstone.is_known_to(Some(person)), Err(CommentError::Gone));
        assert_eq!(tombstone.is_known_to(None), Err(CommentError::NotFound));
    }
}

#[test]
fn given_a_comment_when_its_author_leaves_then_the_text_stays() {
    let public = comment(Review::Automatic);
    let (nameless, fact) = anonymise(&public).unwrap();
    assert_eq!(fact, CommentFact::Edited);
    assert_eq!(
        nameless,
        Comment {
            author_id: None,
            ..public
        }
    );
    assert_eq!(anonymise(&nameless), None, "twice does nothing");
    assert_eq!(
        edit(&nameless, text("x"), ann(), Review::Automatic, at(3)),
        Err(CommentError::NotOwner)
    );
}
