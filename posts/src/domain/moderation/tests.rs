//! Verdicts on a post, as given, when, then.

use common::{
    api::posts::{UpdatePostRequest, Visibility},
    event::{DecidedBy, PostStatus},
    ids::PostId,
};

use super::*;
use crate::domain::post::{
    publish_due,
    tests::{at, changed, draft, later, now, published, schedule, set},
    update,
};

fn verdict(version: u64, revision: u64, outcome: Outcome, post: &Post) -> Verdict {
    let state = VerdictState {
        target: PostId::into(post.id),
        revision,
        outcome,
        reason: Some("spam".to_owned()),
        note: Some("Please do not".to_owned()),
        decided_by: DecidedBy::Moderator,
        rules_revision: 1,
        decided_at: now(),
    };
    Verdict::new(&state, version, post)
}

fn rejected(post: &Post) -> Verdict {
    verdict(1, 1, Outcome::Rejected, post)
}

fn approved(post: &Post) -> Verdict {
    verdict(2, 1, Outcome::Approved, post)
}

fn written(body: &str) -> UpdatePostRequest {
    UpdatePostRequest {
        body: Some(body.to_owned()),
        ..UpdatePostRequest::default()
    }
}

/// The decision to publish `post` with the current `verdict`.
fn publishing(post: &Post, verdict: &Verdict) -> Decision {
    let decision = update(post, post.author_id, set(Visibility::Published), at(9)).unwrap();
    check_publication(decision, Some(verdict))
}

#[test]
fn given_a_published_post_when_rejected_or_flagged_then_it_is_unpublished_without_its_text() {
    for outcome in [Outcome::Rejected, Outcome::Flagged] {
        let post = published();
        let against = verdict(1, 1, outcome, &post);
        assert!(!against.is_enforced(post.status, post.held_back));
        let (down, fact) = enforce(&post, &against, at(2)).unwrap();
        assert!(against.is_enforced(down.status, down.held_back));
        assert_eq!(
            (fact, down.status, down.held_back),
            (PostFact::Unpublished, Status::Draft, true)
        );
        assert_eq!(
            (down.public().content, down.public().status),
            (None, PostStatus::Draft)
        );
        assert_eq!((&down.text, &down.slug), (&post.text, &post.slug));
        assert_eq!(
            enforce(&down, &against, at(3)),
            None,
            "a repetition changes nothing"
        );
    }
}

#[test]
fn given_a_post_unpublished_by_a_verdict_when_approved_then_it_is_restored() {
    let post = published();
    let down = enforce(&post, &rejected(&post), at(2)).unwrap().0;
    let (up, fact) = enforce(&down, &approved(&down), at(3)).unwrap();
    assert_eq!(fact, PostFact::Published);
    let expected = Post {
        updated_at: later(3),
        ..post
    };
    assert_eq!(up, expected);
    assert_eq!(
        enforce(&up, &approved(&up), at(4)),
        None,
        "a repetition changes nothing"
    );
}

#[test]
fn given_a_draft_then_no_verdict_changes_it() {
    let own = draft();
    for outcome in [Outcome::Approved, Outcome::Rejected, Outcome::Flagged] {
        assert_eq!(enforce(&own, &verdict(1, 1, outcome, &own), at(2)), None);
    }
}

#[test]
fn given_an_outcome_of_a_newer_release_then_it_is_ignored() {
    let post = published();
    let unknown = verdict(1, 1, Outcome::Unknown, &post);
    assert!(!unknown.needs_enforcement(&post) && !unknown.forbids(&post));
}

#[test]
fn given_a_changed_text_then_a_verdict_on_the_former_text_changes_nothing() {
    let post = published();
    let second = changed(&post, written("Other words"), 2).0;
    let late = rejected(&second);
    assert_eq!(late.digest, None, "the text of version 1 is not the current one");
    assert_eq!(enforce(&second, &late, at(3)), None);
    let early = rejected(&post);
    assert_eq!(enforce(&second, &early, at(3)), None);
    // A later version of the same text was moderated, e.g. after a change of tags.
    assert!(verdict(1, 7, Outcome::Rejected, &second).forbids(&second));
}

#[test]
fn given_a_rejection_then_the_same_text_is_not_published_and_another_one_is() {
    let post = published();
    let against = rejected(&post);
    let down = enforce(&post, &against, at(2)).unwrap().0;
    let refusal = PostError::Rejected {
        reason: Some("spam".to_owned()),
    };
    assert_eq!(publishing(&down, &against), Err(refusal.clone()));

    let tagged = UpdatePostRequest {
        tags: Some(vec!["other".to_owned()]),
        ..UpdatePostRequest::default()
    };
    let tagged = changed(&down, tagged, 3).0;
    assert_eq!(
        publishing(&tagged, &against),
        Err(refusal.clone()),
        "tags are not part of the text"
    );

    let other = changed(&down, written("Other words"), 3).0;
    let (public, fact) = publishing(&other, &against).unwrap().unwrap();
    assert_eq!((fact, public.status), (PostFact::Published, Status::Published));

    let same_again = changed(&other, written("Text"), 4).0;
    assert_eq!(publishing(&same_again, &against), Err(refusal.clone()));
    let back = update(&public, public.author_id, written("Text"), at(5)).unwrap();
    assert_eq!(
        check_publication(back, Some(&against)),
        Err(refusal),
        "nor while published"
    );

    let held = verdict(2, 1, Outcome::Flagged, &post);
    assert_eq!(publishing(&down, &held), Err(PostError::UnderReview));
    assert!(publishing(&down, &approved(&post)).is_ok());
    assert_eq!(check_publication(None, Some(&against)), Ok(None));
}

#[test]
fn given_an_unpublished_post_when_its_author_changes_it_then_an_approval_does_not_publish_it() {
    let post = published();
    let down = enforce(&post, &rejected(&post), at(2)).unwrap().0;
    let scheduled = schedule(later(60));
    for change in [set(Visibility::Draft), scheduled, written("Other words")] {
        let own = changed(&down, change, 3).0;
        assert!(!own.held_back);
        assert_eq!(enforce(&own, &approved(&own), at(4)), None);
    }
    let tagged = UpdatePostRequest {
        tags: Some(vec!["other".to_owned()]),
        ..UpdatePostRequest::default()
    };
    let tagged = changed(&down, tagged, 3).0;
    assert!(enforce(&tagged, &approved(&tagged), at(4)).is_some());
}

#[test]
fn given_a_scheduled_post_that_is_due_while_flagged_then_an_approval_publishes_it() {
    let post = published();
    let held = verdict(1, 1, Outcome::Flagged, &post);
    let down = enforce(&post, &held, at(2)).unwrap().0;
    let scheduled = schedule(later(60));
    let scheduled_post = changed(&down, scheduled, 3).0;
    assert_eq!(hold_back(publish_due(&scheduled_post, at(59)), Some(&held)), None);

    let (waiting, fact) = hold_back(publish_due(&scheduled_post, at(60)), Some(&held)).unwrap();
    assert_eq!(
        (fact, waiting.status, waiting.publish_at, waiting.held_back),
        (PostFact::Updated, Status::Draft, None, true)
    );
    assert_eq!(publish_due(&waiting, at(61)), None);
    let (up, fact) = enforce(&waiting, &approved(&waiting), at(62)).unwrap();
    assert_eq!((fact, up.status), (PostFact::Published, Status::Published));

    let free = hold_back(
        publish_due(&scheduled_post, at(60)),
        Some(&approved(&scheduled_post)),
    );
    assert_eq!(free.unwrap().0.status, Status::Published);
    assert!(hold_back(publish_due(&scheduled_post, at(60)), None).is_some());
}

#[test]
fn given_two_texts_then_their_digests_differ_also_if_only_the_parts_are_divided_differently() {
    let text = |title: &str, body: &str, summary: Option<&str>| Text {
        title: title.to_owned(),
        body: body.to_owned(),
        summary: summary.map(str::to_owned),
    };
    let texts = [
        text("ab", "c", None),
        text("a", "bc", None),
        text("a", "b", Some("c")),
        text("ab", "c", Some("")),
        text("ab", "c ", None),
    ];
    let digests: std::collections::HashSet<String> = texts.iter().map(digest).collect();
    assert_eq!(digests.len(), texts.len());
    assert_eq!(digest(&texts[0]), digest(&texts[0].clone()));
}
