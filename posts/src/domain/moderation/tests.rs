//! Given a post, when a verdict comes or stands, then.

use common::{
    api::posts::{UpdatePostRequest, Visibility},
    event::{DecidedBy, PostStatus, Timestamp},
    ids::PostId,
};

use super::*;
use crate::domain::post::{
    publish_due,
    tests::{draft, now, published},
    update,
};

fn later(seconds: u64) -> Timestamp {
    now().plus(std::time::Duration::from_secs(seconds))
}

fn at(version: u64) -> DecisionContext {
    DecisionContext {
        now: later(version),
        version,
        slug_attempt: 0,
    }
}

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

fn changed(post: &Post, change: UpdatePostRequest, version: u64) -> Post {
    update(post, post.author_id, change, at(version))
        .unwrap()
        .unwrap()
        .0
}

fn written(body: &str) -> UpdatePostRequest {
    UpdatePostRequest {
        body: Some(body.to_owned()),
        ..UpdatePostRequest::default()
    }
}

fn set(status: Visibility) -> UpdatePostRequest {
    UpdatePostRequest {
        status: Some(status),
        ..UpdatePostRequest::default()
    }
}

/// What publishing `post` comes to while `verdict` stands.
fn publishing(post: &Post, verdict: &Verdict) -> Decision {
    let decision = update(post, post.author_id, set(Visibility::Published), at(9)).unwrap();
    check_publication(decision, Some(verdict))
}

#[test]
fn given_a_published_post_when_refused_or_held_then_it_is_taken_down_and_its_event_tells_nothing() {
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
        assert_eq!(enforce(&down, &against, at(3)), None, "twice does nothing");
    }
}

#[test]
fn given_a_post_that_was_taken_down_when_approved_then_it_is_as_it_was() {
    let post = published();
    let down = enforce(&post, &rejected(&post), at(2)).unwrap().0;
    let (up, fact) = enforce(&down, &approved(&down), at(3)).unwrap();
    assert_eq!(fact, PostFact::Published);
    let expected = Post {
        updated_at: later(3),
        ..post
    };
    assert_eq!(up, expected);
    assert_eq!(enforce(&up, &approved(&up), at(4)), None, "twice does nothing");
}

#[test]
fn given_a_draft_then_an_approval_does_not_publish_it_and_a_refusal_changes_nothing() {
    let own = draft();
    for outcome in [Outcome::Approved, Outcome::Rejected, Outcome::Flagged] {
        assert_eq!(enforce(&own, &verdict(1, 1, outcome, &own), at(2)), None);
    }
}

#[test]
fn given_an_outcome_of_a_newer_release_then_nothing_happens() {
    let post = published();
    let unknown = verdict(1, 1, Outcome::Unknown, &post);
    assert!(!unknown.needs_enforcement(&post) && !unknown.forbids(&post));
}

#[test]
fn given_a_changed_text_then_a_verdict_on_the_former_one_does_nothing() {
    let post = published();
    let second = changed(&post, written("Other words"), 2);
    let late = rejected(&second);
    assert_eq!(late.digest, None, "the text of version 1 is not the present one");
    assert_eq!(enforce(&second, &late, at(3)), None);
    let early = rejected(&post);
    assert_eq!(enforce(&second, &early, at(3)), None);
    // A later version of the same text was judged, e.g. after a change of tags.
    assert!(verdict(1, 7, Outcome::Rejected, &second).forbids(&second));
}

#[test]
fn given_a_standing_refusal_then_the_same_text_is_not_published_and_another_is() {
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
    let tagged = changed(&down, tagged, 3);
    assert_eq!(
        publishing(&tagged, &against),
        Err(refusal.clone()),
        "tags are no text"
    );

    let other = changed(&down, written("Other words"), 3);
    let (public, fact) = publishing(&other, &against).unwrap().unwrap();
    assert_eq!((fact, public.status), (PostFact::Published, Status::Published));

    let same_again = changed(&other, written("Text"), 4);
    assert_eq!(publishing(&same_again, &against), Err(refusal.clone()));
    let back = update(&public, public.author_id, written("Text"), at(5)).unwrap();
    assert_eq!(
        check_publication(back, Some(&against)),
        Err(refusal),
        "nor while public"
    );

    let held = verdict(2, 1, Outcome::Flagged, &post);
    assert_eq!(publishing(&down, &held), Err(PostError::UnderReview));
    assert!(publishing(&down, &approved(&post)).is_ok());
    assert_eq!(check_publication(None, Some(&against)), Ok(None));
}

#[test]
fn given_a_post_taken_down_when_its_author_takes_it_in_hand_then_an_approval_does_not_publish_it() {
    let post = published();
    let down = enforce(&post, &rejected(&post), at(2)).unwrap().0;
    let plan = UpdatePostRequest {
        publish_at: Some(Some(later(60))),
        ..UpdatePostRequest::default()
    };
    for change in [set(Visibility::Draft), plan, written("Other words")] {
        let own = changed(&down, change, 3);
        assert!(!own.held_back);
        assert_eq!(enforce(&own, &approved(&own), at(4)), None);
    }
    let tagged = UpdatePostRequest {
        tags: Some(vec!["other".to_owned()]),
        ..UpdatePostRequest::default()
    };
    let tagged = changed(&down, tagged, 3);
    assert!(enforce(&tagged, &approved(&tagged), at(4)).is_some());
}

#[test]
fn given_a_plan_that_comes_due_while_the_text_is_held_then_an_approval_publishes_it() {
    let post = published();
    let held = verdict(1, 1, Outcome::Flagged, &post);
    let down = enforce(&post, &held, at(2)).unwrap().0;
    let plan = UpdatePostRequest {
        publish_at: Some(Some(later(60))),
        ..UpdatePostRequest::default()
    };
    let planned = changed(&down, plan, 3);
    assert_eq!(hold_back(publish_due(&planned, at(59)), Some(&held)), None);

    let (waiting, fact) = hold_back(publish_due(&planned, at(60)), Some(&held)).unwrap();
    assert_eq!(
        (fact, waiting.status, waiting.publish_at, waiting.held_back),
        (PostFact::Updated, Status::Draft, None, true)
    );
    assert_eq!(publish_due(&waiting, at(61)), None);
    let (up, fact) = enforce(&waiting, &approved(&waiting), at(62)).unwrap();
    assert_eq!((fact, up.status), (PostFact::Published, Status::Published));

    let free = hold_back(publish_due(&planned, at(60)), Some(&approved(&planned)));
    assert_eq!(free.unwrap().0.status, Status::Published);
    assert!(hold_back(publish_due(&planned, at(60)), None).is_some());
}

#[test]
fn given_two_texts_then_their_digests_differ_whatever_part_a_word_stands_in() {
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
