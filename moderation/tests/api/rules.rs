//! The rules: validated, versioned, archived, active at once.

use common::event::Event;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fixture::{Comment, Fixture, banning};

#[tokio::test]
async fn until_a_change_the_defaults_are_active() {
    let fixture = Fixture::start().await;
    let response = fixture.read("rules").await;
    let rules = response.expect(200);
    assert_eq!(response.header("etag"), "\"0\"");
    assert_eq!(
        (
            &rules["revision"],
            &rules["changed_by"],
            &rules["rules"]["report_threshold"]
        ),
        (&json!(0), &Value::Null, &json!(3))
    );
    assert_eq!(rules["rules"]["links"], json!({ "max": 5, "action": "hold" }));
    let history = fixture.read("rules/history").await.expect(200);
    assert_eq!(history, json!({ "items": [], "next": null }));
    fixture.read("rules/history/1").await.refused(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn a_change_is_an_event_with_its_actor_and_without_the_phrases() {
    let fixture = Fixture::start().await;
    let body = json!({ "rules": banning("flubber"), "note": "After last week." });
    let response = fixture.put("rules", &body).await;
    let rules = response.expect(200);
    assert_eq!(response.header("etag"), "\"1\"");
    assert_eq!(response.consistency_token(), "ruleset:site@1");
    assert_eq!(rules["rules"]["phrases"][0]["phrases"], json!(["flubber"]));
    assert_eq!(
        (&rules["changed_by"], &rules["note"]),
        (
            &json!(fixture.moderator.id.to_string()),
            &json!("After last week.")
        )
    );
    // The same rules again are no change.
    fixture.put("rules", &body).await.expect(200);
    assert_eq!(fixture.events("ruleset").await, 1);

    let received = fixture.log("ruleset", 1).await.remove(0);
    assert_eq!(received.envelope.actor, format!("user:{}", fixture.moderator.id));
    let Event::Ruleset(_, state) = received.event else {
        unreachable!()
    };
    assert_eq!(
        (state.revision, state.note.as_deref()),
        (1, Some("After last week."))
    );
    assert!(!format!("{state:?}").contains("flubber"));
    let phrases = &state.rules[0];
    assert_eq!(
        (phrases.rule.as_str(), phrases.name.as_deref(), phrases.entries),
        ("phrases", Some("banned"), Some(1))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn changed_rules_judge_the_next_text_on_every_replica_and_change_no_verdict() {
    let fixture = Fixture::start().await;
    let other = fixture.replica().await;
    let (before, case) = fixture.judged("A flubber before.").await;
    assert_eq!(case["outcome"], "approved");
    for turn in 0..10 {
        let word = format!("flubber{turn}");
        fixture.set_rules(banning(&word)).await;
        // Whichever replica judges it.
        let (_, case) = fixture.judged(&format!("A {word} after.")).await;
        assert_eq!(
            (&case["outcome"], &case["rules_revision"]),
            (&json!("rejected"), &json!(turn + 1))
        );
        let trial = other.client().with_token(&fixture.moderator.token);
        let trial = trial
            .post("/api/moderation/rules/try")
            .json(&json!({ "text": word }));
        let result = trial.send().await.expect(200);
        assert_eq!(
            (&result["outcome"], &result["rules_revision"]),
            (&json!("rejected"), &json!(turn + 1))
        );
    }
    let case = fixture.read(&before.path()).await.expect(200);
    assert_eq!(
        (&case["outcome"], &case["version"]),
        (&json!("approved"), &json!(1))
    );
    other.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_history_has_the_moderator_the_note_and_the_rules_of_each_change() {
    let fixture = Fixture::start().await;
    for turn in 1..=5 {
        let body = json!({ "rules": banning(&format!("word{turn}")), "note": format!("turn {turn}") });
        fixture.put("rules", &body).await.expect(200);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("rules/history?limit=2&cursor={cursor}");
        let page = fixture.read(&path).await.expect(200);
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["changed_by"], json!(fixture.moderator.id.to_string()));
            assert!(
                item["rules"].is_null() && !item.to_string().contains("word"),
                "{item}"
            );
            assert_eq!(item["summary"][0]["name"], "banned");
            seen.push((item["revision"].clone(), item["note"].clone()));
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=5)
        .rev()
        .map(|turn| (json!(turn), json!(format!("turn {turn}"))))
        .collect();
    assert_eq!(seen, expected);
    for turn in [1, 3, 5] {
        let path = format!("rules/history/{turn}");
        let archived = fixture.read(&path).await.expect(200);
        assert_eq!(
            archived["rules"]["phrases"][0]["phrases"],
            json!([format!("word{turn}")])
        );
    }
    fixture.read("rules/history/6").await.refused(404, "not_found");
    fixture.read("rules/history/0").await.refused(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn invalid_rules_are_rejected_by_their_fields() {
    let fixture = Fixture::start().await;
    for (rules, field, code) in [
        (
            json!({ "links": { "max": 100_000, "action": "hold" } }),
            "rules.links.max",
            "invalid_value",
        ),
        (
            json!({ "phrases": [{ "name": "", "action": "hold", "phrases": ["word"] }] }),
            "rules.phrases[0].name",
            "invalid_value",
        ),
        (
            json!({ "phrases": [{ "name": "x", "action": "hold", "phrases": ["word", ""] }] }),
            "rules.phrases[0].phrases[1]",
            "invalid_value",
        ),
        (
            json!({ "domains": [{ "name": "x", "action": "hold", "domains": ["not a domain"] }] }),
            "rules.domains[0].domains[0]",
            "invalid_value",
        ),
        (
            json!({ "links": { "max": 5, "action": "delete" } }),
            "rules.links.action",
            "invalid_value",
        ),
        (json!({ "lynx": {} }), "rules.lynx", "unknown_field"),
        (
            json!({ "links": { "max": -1 } }),
            "rules.links.max",
            "invalid_value",
        ),
    ] {
        let body = json!({ "rules": rules });
        fixture.put("rules", &body).await.refused_field(422, code, field);
        let trial = json!({ "text": "x", "rules": rules });
        fixture
            .post(&fixture.moderator, "rules/try", &trial)
            .await
            .refused_field(422, code, field);
    }
    let note = json!({ "rules": {}, "note": "x".repeat(501) });
    fixture
        .put("rules", &note)
        .await
        .refused_field(422, "too_long", "note");
    fixture
        .put("rules", &json!({}))
        .await
        .refused_field(422, "required", "rules");
    assert_eq!(fixture.events("ruleset").await, 0);
    fixture.finish().await;
}

#[tokio::test]
async fn of_concurrent_changes_of_the_same_version_one_succeeds() {
    let fixture = Fixture::start().await;
    for version in 0..3 {
        let put = |word: usize| {
            let request = fixture.client(&fixture.moderator).put("/api/moderation/rules");
            let body = json!({ "rules": banning(&format!("word{version}x{word}")) });
            request
                .header("if-match", format!("\"{version}\""))
                .json(&body)
                .send()
        };
        let responses = join_all((0..6).map(put)).await;
        let succeeded = responses.iter().filter(|response| response.status == 200).count();
        assert_eq!(succeeded, 1, "at version {version}");
        for response in responses.iter().filter(|response| response.status != 200) {
            response.refused(412, "version_mismatch");
        }
    }
    // Without a version each succeeds, one after the other.
    let responses = join_all((0..6).map(|word| {
        let body = json!({ "rules": banning(&format!("any{word}")) });
        async { fixture.put("rules", &{ body }).await }
    }))
    .await;
    assert!(responses.iter().all(|response| response.status == 200));
    let history = fixture.read("rules/history").await.expect(200);
    let revisions: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["revision"].as_u64().unwrap())
        .collect();
    assert_eq!(revisions, (1..=9).rev().collect::<Vec<_>>(), "none is missing");
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_can_be_tried_on_the_active_or_other_rules_without_effect() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let trial = async |body: Value| {
        fixture
            .post(&fixture.moderator, "rules/try", &body)
            .await
            .expect(200)
    };
    let result = trial(json!({ "text": "What a FLÜBBER!" })).await;
    assert_eq!(
        (&result["outcome"], &result["reason"]),
        (&json!("rejected"), &json!("banned_phrase"))
    );
    assert_eq!(result["findings"][0]["list"], "banned");
    assert_eq!(
        trial(json!({ "text": "A kind word." })).await["outcome"],
        "approved"
    );
    let result = trial(json!({ "text": "A kind word.", "rules": banning("kind") })).await;
    assert_eq!(
        (&result["outcome"], &result["rules_revision"]),
        (&json!("rejected"), &json!(0))
    );
    let comment = Comment::by(fixture.ann.id);
    fixture.publish(comment.created("A kind word."), 1).await;
    let case = fixture.case_at(&comment.path(), 1).await;
    assert_eq!(case["outcome"], "approved", "those rules are not active");
    fixture.finish().await;
}
