//! What verdicts change.

use common::{
    event::Timestamp,
    ids::{CommentId, PostId, UserId},
};

use super::*;
use crate::domain::{
    Actor, ReviewMode, Text,
    comment::{self, NewComment},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

fn text(raw: &str) -> Text {
    Text::parse(raw).unwrap()
}

fn ann() -> Actor {
    Actor {
        id: UserId::from_uuid(uuid::Uuid::from_u128(1)),
        is_moderator: false,
    }
}

fn pending() -> Comment {
    let new = NewComment {
        id: CommentId::generate(),
        post_id: PostId::generate(),
        parent_id: None,
        author_id: ann().id,
        text: text("text 1"),
    };
    comment::create(new, None, ReviewMode::AwaitVerdict, at(1))
        .unwrap()
        .0
}

fn edited(comment: &Comment, body: &str) -> Comment {
    let decision = comment::edit(comment, text(body), ann(), ReviewMode::AwaitVerdict, at(2));
    decision.unwrap().unwrap().0
}

fn verdict(version: u64, revision: u32, outcome: Outcome) -> Verdict {
    let reason = (outcome != Outcome::Approved).then(|| format!("reason {version}"));
    Verdict {
        version,
        revision,
        outcome,
        reason,
        note: Some(format!("note {version}")),
    }
}

fn approved(version: u64, revision: u32) -> Verdict {
    verdict(version, revision, Outcome::Approved)
}

fn rejected(version: u64, revision: u32) -> Verdict {
    verdict(version, revision, Outcome::Rejected)
}

fn flagged(version: u64, revision: u32) -> Verdict {
    verdict(version, revision, Outcome::Flagged)
}

/// The comment after all of `verdicts`, in that order.
fn after(comment: &Comment, verdicts: &[Verdict]) -> Comment {
    verdicts.iter().fold(comment.clone(), |comment, verdict| {
        apply(&comment, verdict).map_or(comment, |(judged, _)| judged)
    })
}

/// The status of the latest text, the public revision, and the reason and the note that the author sees.
fn seen(comment: &Comment) -> (CommentStatus, Option<u32>, Option<&str>, Option<&str>) {
    let note = comment
        .verdict
        .as_ref()
        .and_then(|applied| applied.note.as_deref());
    let public = comment.approved.as_ref().map(|text| text.revision);
    (comment.status, public, comment.reason.as_deref(), note)
}

#[test]
fn given_a_pending_text_then_each_outcome_sets_its_status() {
    use CommentStatus::{Approved, Pending, Rejected};
    let first = pending();
    for (verdict, fact, expected) in [
        (
            approved(1, 1),
            CommentFact::Approved,
            (Approved, Some(1), None, Some("note 1")),
        ),
        (
            rejected(1, 1),
            CommentFact::Rejected,
            (Rejected, None, Some("reason 1"), Some("note 1")),
        ),
        (
            flagged(1, 1),
            CommentFact::Held,
            (Pending, None, Some("reason 1"), Some("note 1")),
        ),
    ] {
        let (judged, happened) = apply(&first, &verdict).unwrap();
        assert_eq!((happened, seen(&judged)), (fact, expected));
        assert_eq!(apply(&judged, &verdict), None, "the second time changes nothing");
        assert_eq!(
            judged.approved.is_some_and(|text| text.body == "text 1"),
            expected.1.is_some()
        );
    }
}

#[test]
fn given_an_unknown_outcome_then_nothing_changes() {
    assert_eq!(apply(&pending(), &verdict(1, 1, Outcome::Unknown)), None);
}

#[test]
fn given_an_approved_text_when_an_edit_is_held_or_rejected_then_the_older_text_stays_public() {
    let second = edited(&after(&pending(), &[approved(1, 1)]), "text 2");
    assert_eq!(seen(&second), (CommentStatus::Pending, Some(1), None, None));
    let held = after(&second, &[flagged(2, 2)]);
    assert_eq!(
        seen(&held),
        (CommentStatus::Pending, Some(1), Some("reason 2"), Some("note 2"))
    );
    let judged = after(&held, &[rejected(3, 2)]);
    assert_eq!(
        seen(&judged),
        (CommentStatus::Rejected, Some(1), Some("reason 3"), Some("note 3"))
    );
    let shown = after(&judged, &[approved(4, 2)]);
    assert_eq!(
        seen(&shown),
        (CommentStatus::Approved, Some(2), None, Some("note 4"))
    );
}

#[test]
fn given_the_public_text_when_it_is_rejected_or_held_then_it_is_hidden_and_can_be_approved_again() {
    let public = after(&pending(), &[approved(1, 1)]);
    for against in [rejected(2, 1), flagged(2, 1)] {
        let down = after(&public, &[against]);
        assert_eq!(
            (down.approved.clone(), down.check_visible_to(None).is_err()),
            (None, true)
        );
        let again = after(&down, &[approved(3, 1)]);
        assert_eq!(
            seen(&again),
            (CommentStatus::Approved, Some(1), None, Some("note 3"))
        );
    }
}

#[test]
fn given_an_edit_when_the_older_public_text_is_rejected_then_it_is_hidden_and_the_new_one_stays_pending() {
    let second = edited(&after(&pending(), &[approved(1, 1)]), "text 2");
    for against in [rejected(2, 1), flagged(2, 1)] {
        let (hidden, fact) = apply(&second, &against).unwrap();
        assert_eq!(fact, CommentFact::Held);
        assert_eq!(seen(&hidden), (CommentStatus::Pending, None, None, None));
        assert_eq!(apply(&hidden, &against), None, "the second time changes nothing");
    }
    // Also if the verdict on the new text arrived earlier.
    let judged = after(&second, &[rejected(3, 2), rejected(2, 1)]);
    assert_eq!(
        seen(&judged),
        (CommentStatus::Rejected, None, Some("reason 3"), Some("note 3"))
    );
    // But not by a verdict that was superseded before the edit.
    assert_eq!(apply(&second, &flagged(1, 1)), None);
    assert_eq!(apply(&second, &approved(2, 1)), None, "it is public already");
}

#[test]
fn given_two_verdicts_on_one_text_then_the_newer_one_applies_in_any_order() {
    let first = pending();
    for older in [approved(1, 1), rejected(1, 1), flagged(1, 1)] {
        for newer in [approved(2, 1), rejected(2, 1), flagged(2, 1)] {
            let in_order = after(&first, &[older.clone(), newer.clone()]);
            let late = after(&first, &[newer.clone(), older.clone()]);
            let again = after(&late, &[newer.clone(), older.clone(), newer.clone()]);
            assert_eq!(in_order, late, "{older:?} {newer:?}");
            assert_eq!(again, late, "{older:?} {newer:?}");
            assert_eq!(late.verdict.unwrap().version, 2);
        }
    }
}

#[test]
fn given_the_same_outcome_again_then_the_newer_version_is_kept() {
    let confirmed = after(&pending(), &[approved(1, 1), approved(3, 1)]);
    assert_eq!(
        apply(&confirmed, &rejected(2, 1)),
        None,
        "the third superseded it"
    );
}

#[test]
fn given_a_verdict_on_an_older_or_later_text_or_a_tombstone_then_nothing_changes() {
    let second = edited(&pending(), "text 2");
    let tombstone = comment::delete(&second, ann()).unwrap().unwrap().0;
    for outcome in [Outcome::Approved, Outcome::Rejected, Outcome::Flagged] {
        for (comment, revision) in [(&second, 1), (&second, 3), (&tombstone, 2)] {
            assert_eq!(apply(comment, &verdict(9, revision, outcome)), None);
        }
    }
}

#[test]
fn given_a_judged_text_when_edited_or_deleted_then_reason_and_note_are_removed() {
    let judged = after(&pending(), &[rejected(1, 1)]);
    let second = edited(&judged, "text 2");
    assert_eq!(seen(&second), (CommentStatus::Pending, None, None, None));
    let tombstone = comment::delete(&judged, ann()).unwrap().unwrap().0;
    assert_eq!((tombstone.reason, tombstone.verdict), (None, None));
}

#[test]
fn given_auto_approval_when_rejected_then_it_is_not_public() {
    let public = comment::edit(&pending(), text("text 2"), ann(), ReviewMode::AutoApprove, at(2));
    let public = public.unwrap().unwrap().0;
    assert_eq!(seen(&public).1, Some(2));
    let judged = after(&public, &[rejected(5, 2)]);
    assert_eq!(
        seen(&judged),
        (CommentStatus::Rejected, None, Some("reason 5"), Some("note 5"))
    );
}
