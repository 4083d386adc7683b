use common::{
    api::moderation::{Action, RuleKind},
    ids::CommentId,
};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_769_860_800_000 + seconds * 1000).unwrap()
}

fn target() -> Target {
    CommentId::from_uuid(uuid::Uuid::from_u128(7)).into()
}

fn found(outcome: Outcome, rule: RuleKind, action: Action) -> Judgement {
    let finding = Finding {
        rule,
        action,
        reason: rule.reason().to_owned(),
        list: None,
        entry: None,
        found: Some("words of the text".to_owned()),
        excerpt: Some("more words of the text".to_owned()),
        line: Some(1),
        count: None,
        limit: None,
    };
    Judgement {
        outcome,
        reason: Some(finding.reason.clone()),
        findings: vec![finding],
    }
}

fn clean() -> Judgement {
    Judgement {
        outcome: Outcome::Approved,
        reason: None,
        findings: Vec::new(),
    }
}

fn links() -> Judgement {
    let mut judgement = found(Outcome::Flagged, RuleKind::Links, Action::Hold);
    judgement.findings[0].count = Some(6);
    judgement.findings[0].limit = Some(5);
    judgement
}

fn insult() -> Judgement {
    let mut judgement = found(Outcome::Rejected, RuleKind::Phrases, Action::Reject);
    judgement.findings[0].list = Some("insults".to_owned());
    judgement.findings[0].entry = Some("flubber".to_owned());
    judgement
}

/// The text `digest` as revision `revision`.
fn text(revision: u64, digest: &str) -> ReviewedText<'_> {
    ReviewedText {
        target: target(),
        revision,
        digest,
        rules_revision: 4,
        is_reported: false,
    }
}

fn judged(revision: u64, digest: &str, found: &Judgement) -> Case {
    judge(None, text(revision, digest), found, at(1)).unwrap().0
}

fn moderator_decision(revision: u64, rejected_for: Option<&str>) -> ModeratorDecision {
    ModeratorDecision {
        moderator_id: UserId::from_uuid(uuid::Uuid::from_u128(9)),
        revision,
        rejected_for: rejected_for.map(str::to_owned),
        note: Some("a note".to_owned()),
    }
}

fn decided(case: &Case, revision: u64, rejected_for: Option<&str>) -> Case {
    decide(case, &moderator_decision(revision, rejected_for), at(2))
        .unwrap()
        .unwrap()
        .0
}

/// Outcome, reason, who decided, revision.
fn summary(case: &Case) -> (Outcome, Option<&str>, DecidedBy, u64) {
    let decision = &case.decision;
    (
        decision.outcome,
        decision.reason.as_deref(),
        decision.decided_by,
        decision.revision,
    )
}

#[test]
fn given_no_case_when_a_text_is_judged_then_the_rules_decide() {
    for (found, fact, outcome, reason, matched) in [
        (clean(), VerdictFact::Approved, Outcome::Approved, None, &[][..]),
        (
            links(),
            VerdictFact::Flagged,
            Outcome::Flagged,
            Some("links"),
            &["links: 6, at most 5"],
        ),
        (
            insult(),
            VerdictFact::Rejected,
            Outcome::Rejected,
            Some("banned_phrase"),
            &["phrases insults: flubber"],
        ),
    ] {
        let (case, happened) = judge(None, text(1, "a"), &found, at(1)).unwrap();
        assert_eq!(happened, fact);
        assert_eq!(summary(&case), (outcome, reason, DecidedBy::Rules, 1));
        assert_eq!((case.decision.rules_revision, case.history.len()), (4, 0));
        assert_eq!(case.decision.matched, matched, "it quotes nothing of the text");
    }
}

#[test]
fn given_a_decision_when_its_text_or_an_older_one_arrives_again_then_nothing_changes() {
    let case = judged(2, "b", &clean());
    for late in [text(2, "b"), text(1, "a"), text(2, "other")] {
        assert_eq!(judge(Some(&case), late, &links(), at(3)), None);
    }
    let case = decided(&case, 2, Some("spam"));
    assert_eq!(judge(Some(&case), text(2, "b"), &clean(), at(3)), None);
}

#[test]
fn given_a_moderators_decision_when_another_text_arrives_then_the_rules_judge_it() {
    let case = decided(&judged(1, "a", &links()), 1, None);
    let (case, fact) = judge(Some(&case), text(2, "b"), &links(), at(3)).unwrap();
    assert_eq!(fact, VerdictFact::Flagged);
    assert_eq!(
        summary(&case),
        (Outcome::Flagged, Some("links"), DecidedBy::Rules, 2)
    );
    assert_eq!(case.decision.note, None, "that was about the other text");
    assert_eq!(case.history.len(), 2);
}

#[test]
fn given_a_decision_when_the_same_text_has_a_newer_version_then_the_decision_applies_to_it() {
    let case = decided(&judged(1, "a", &links()), 1, None);
    let (case, fact) = judge(Some(&case), text(5, "a"), &links(), at(3)).unwrap();
    assert_eq!(fact, VerdictFact::Approved);
    assert_eq!(summary(&case), (Outcome::Approved, None, DecidedBy::Moderator, 5));
    assert_eq!((case.history.len(), case.decision.decided_at), (1, at(2)));
    assert_eq!(judge(Some(&case), text(3, "late"), &links(), at(4)), None);
}

#[test]
fn given_a_moderators_decision_on_a_text_when_it_returns_after_another_then_the_decision_applies() {
    for rejected_for in [None, Some("abuse")] {
        let case = decided(&judged(1, "a", &links()), 1, rejected_for);
        let (case, _) = judge(Some(&case), text(2, "b"), &clean(), at(3)).unwrap();
        let (case, _) = judge(Some(&case), text(3, "a"), &clean(), at(4)).unwrap();
        let outcome = rejected_for.map_or(Outcome::Approved, |_| Outcome::Rejected);
        assert_eq!(summary(&case), (outcome, rejected_for, DecidedBy::Moderator, 3));
        assert_eq!(case.decision.note.as_deref(), Some("a note"));
    }
    // A decision of the rules is made again, since the rules may have changed.
    let (case, _) = judge(Some(&judged(1, "a", &links())), text(2, "b"), &clean(), at(3)).unwrap();
    let (case, _) = judge(Some(&case), text(3, "a"), &clean(), at(4)).unwrap();
    assert_eq!(summary(&case), (Outcome::Approved, None, DecidedBy::Rules, 3));
}

#[test]
fn given_enough_reports_when_a_new_text_is_clean_then_it_is_held_nevertheless() {
    let reported = ReviewedText {
        is_reported: true,
        ..text(2, "b")
    };
    let prior = judged(1, "a", &clean());
    let (case, _) = judge(Some(&prior), reported, &clean(), at(3)).unwrap();
    assert_eq!(
        summary(&case),
        (Outcome::Flagged, Some(REPORTED), DecidedBy::Rules, 2)
    );
    let (case, _) = judge(Some(&prior), reported, &links(), at(3)).unwrap();
    assert_eq!(
        case.decision.reason.as_deref(),
        Some("links"),
        "a more specific reason"
    );
}

#[test]
fn given_an_approved_text_when_enough_users_report_it_then_it_is_held_unless_a_moderator_approved_it() {
    let (held, fact) = hold(&judged(1, "a", &clean()), 6, at(3)).unwrap();
    assert_eq!(fact, VerdictFact::Flagged);
    assert_eq!(
        summary(&held),
        (Outcome::Flagged, Some(REPORTED), DecidedBy::Rules, 1)
    );
    assert_eq!(
        (held.decision.rules_revision, held.decision.decided_at),
        (6, at(3))
    );
    assert_eq!(hold(&held, 6, at(4)), None, "it is held already");
    for rejected_for in [None, Some("spam")] {
        let case = decided(&held, 1, rejected_for);
        assert_eq!(hold(&case, 6, at(4)), None, "{rejected_for:?}");
    }
}

#[test]
fn given_any_decision_when_a_moderator_decides_otherwise_then_that_applies_and_can_be_reverted() {
    let case = judged(1, "a", &clean());
    let rejected = decided(&case, 1, Some("spam"));
    assert_eq!(
        summary(&rejected),
        (Outcome::Rejected, Some("spam"), DecidedBy::Moderator, 1)
    );
    assert_eq!(
        rejected.decision.moderator_id,
        Some(moderator_decision(1, None).moderator_id)
    );
    let approved = decided(&rejected, 1, None);
    assert_eq!(
        summary(&approved),
        (Outcome::Approved, None, DecidedBy::Moderator, 1)
    );
    let outcomes: Vec<_> = approved
        .history
        .iter()
        .map(|past| (past.outcome, past.decided_by))
        .collect();
    assert_eq!(
        outcomes,
        [
            (Outcome::Approved, DecidedBy::Rules),
            (Outcome::Rejected, DecidedBy::Moderator)
        ]
    );
    assert_eq!(
        decide(&approved, &moderator_decision(1, None), at(5)),
        Ok(None),
        "the same decision"
    );
    let confirmed = decide(&case, &moderator_decision(1, None), at(5))
        .unwrap()
        .unwrap();
    assert_eq!(
        confirmed.1,
        VerdictFact::Approved,
        "from now on it outweighs reports"
    );
}

#[test]
fn given_a_newer_text_when_a_moderator_decides_on_the_one_they_read_then_it_is_refused() {
    let case = judged(2, "b", &clean());
    for revision in [1, 3] {
        let error = decide(&case, &moderator_decision(revision, Some("spam")), at(2)).unwrap_err();
        assert_eq!(error, CaseError::TextChanged { current: 2 });
    }
}

#[test]
fn given_many_decisions_then_the_newest_are_kept() {
    let mut case = judged(1, "a", &clean());
    for turn in 0..MAX_HISTORY * 2 {
        case = decided(&case, 1, (turn % 2 == 0).then_some("spam"));
    }
    assert_eq!(case.history.len(), MAX_HISTORY);
    assert_eq!(
        case.history.last().unwrap().outcome,
        Outcome::Rejected,
        "the last but one"
    );
}

#[test]
fn an_event_contains_no_text_and_no_findings() {
    let public = judged(1, "a", &links()).to_public();
    let json = serde_json::to_string(&public).unwrap();
    assert!(!json.contains("at most") && !json.contains("digest"), "{json}");
}
