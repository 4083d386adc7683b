use common::{
    event::{DecidedBy, Outcome},
    ids::{CommentId, PostId},
};
use uuid::Uuid;

use super::*;
use crate::domain::Decision;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_769_860_800_000 + seconds * 1000).unwrap()
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

fn case(target: Target, outcome: Outcome, revision: u64) -> Case {
    let decision = Decision {
        revision,
        digest: "a".to_owned(),
        outcome,
        reason: None,
        note: None,
        decided_by: DecidedBy::Rules,
        moderator_id: None,
        rules_revision: 0,
        matched: Vec::new(),
        decided_at: at(0),
    };
    Case {
        target,
        decision,
        history: Vec::new(),
    }
}

fn comment() -> Target {
    CommentId::from_uuid(Uuid::from_u128(1)).into()
}

fn filed(revision: u64, reason: ReportReason) -> Report {
    let case = case(comment(), Outcome::Approved, revision);
    file((&case, 4), Some(user(1)), user(2), reason, at(10))
        .unwrap()
        .0
}

#[test]
fn given_public_content_when_it_is_reported_then_the_report_is_open() {
    let post: Target = PostId::from_uuid(Uuid::from_u128(1)).into();
    for (target, outcome) in [
        (comment(), Outcome::Approved),
        (post, Outcome::Approved),
        (post, Outcome::Flagged),
        (post, Outcome::Rejected),
    ] {
        let case = case(target, outcome, 3);
        let (report, fact) = file((&case, 4), None, user(2), ReportReason::Spam, at(10)).unwrap();
        assert_eq!((report.status, report.revision), (ReportStatus::Open, 3));
        assert_eq!(
            (fact, report.to_public().reason),
            (ReportFact::Filed, "spam".to_owned())
        );
    }
}

#[test]
fn given_a_comment_that_was_never_public_when_it_is_reported_then_it_is_unknown() {
    for outcome in [Outcome::Flagged, Outcome::Rejected] {
        let mut case = case(comment(), outcome, 2);
        let rejected = file((&case, 4), Some(user(1)), user(2), ReportReason::Abuse, at(10));
        assert_eq!(rejected, Err(ReportError::UnknownTarget));
        // An earlier text of it was public.
        case.history.push(Decision {
            outcome: Outcome::Approved,
            ..case.decision.clone()
        });
        assert!(file((&case, 4), Some(user(1)), user(2), ReportReason::Abuse, at(10)).is_ok());
    }
}

#[test]
fn own_content_cannot_be_reported() {
    let case = case(comment(), Outcome::Approved, 1);
    let rejected = file((&case, 4), Some(user(2)), user(2), ReportReason::Other, at(10));
    assert_eq!(rejected, Err(ReportError::OwnContent));
}

#[test]
fn given_a_report_when_it_is_filed_again_then_only_a_resolved_one_of_an_older_text_is_replaced() {
    let prior = filed(1, ReportReason::Spam);
    assert_eq!(refile(&prior, &prior, true), Ok(None));
    let other = filed(1, ReportReason::Abuse);
    assert_eq!(refile(&prior, &other, false), Err(ReportError::AlreadyReported));
    let newer = filed(2, ReportReason::Abuse);
    assert_eq!(
        refile(&prior, &newer, false),
        Err(ReportError::AlreadyReported),
        "it is still open"
    );
    let (resolved, _) = resolve(&prior, &resolution(ReportStatus::Dismissed, 4)).unwrap();
    assert_eq!(refile(&resolved, &prior, true), Ok(None), "of the same text");
    assert_eq!(
        refile(&resolved, &newer, false),
        Ok(Some((newer, ReportFact::Filed)))
    );
}

fn resolution(status: ReportStatus, decisions: u64) -> Resolution {
    // The clock of the deciding replica is behind.
    let at = at(9);
    Resolution {
        status,
        decisions,
        at,
    }
}

#[test]
fn given_an_open_report_then_it_is_resolved_once_and_not_by_an_earlier_decision_whatever_the_clocks_say() {
    let report = filed(1, ReportReason::Spam);
    assert_eq!(resolve(&report, &resolution(ReportStatus::Upheld, 3)), None);
    let (resolved, fact) = resolve(&report, &resolution(ReportStatus::Upheld, 4)).unwrap();
    assert_eq!(
        (resolved.status, resolved.resolved_at),
        (ReportStatus::Upheld, Some(at(9)))
    );
    assert_eq!(fact, ReportFact::Resolved);
    assert_eq!(resolve(&resolved, &resolution(ReportStatus::Dismissed, 5)), None);
}
