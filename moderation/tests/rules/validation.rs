//! Invalid rules are rejected by the path of the field.

use common::api::moderation::{Action, DomainList, PhraseList, RuleSet};
use moderation::domain::rules::{Rules, validate};

fn fields(set: &RuleSet) -> Vec<String> {
    let errors = validate(set).err().unwrap_or_default();
    assert!(errors.iter().all(|error| !error.message.is_empty()));
    errors.into_iter().map(|error| error.field).collect()
}

fn list(phrases: &[&str]) -> PhraseList {
    PhraseList {
        name: "a list".to_owned(),
        action: Action::Reject,
        reason: None,
        phrases: phrases.iter().map(|&phrase| phrase.to_owned()).collect(),
    }
}

fn set(phrases: Vec<PhraseList>) -> RuleSet {
    RuleSet {
        phrases,
        ..RuleSet::default()
    }
}

#[test]
fn the_default_is_lenient_and_valid() {
    let rules = RuleSet::default();
    assert_eq!(fields(&rules), [""; 0]);
    let written = serde_json::to_value(&rules).unwrap();
    let expected = serde_json::json!({
        "phrases": [],
        "links": {"max": 5, "action": "hold"},
        "domains": [],
        "repeated_text": {"max": 2, "min_length": 20, "action": "hold"},
        "first_comment": {"account_age_hours": 24, "action": "off"},
        "capitals": {"min_length": 80, "action": "hold"},
        "posts": {
            "links": {"max": 500, "action": "hold"},
            "capitals": {"min_length": 80, "action": "off"},
        },
        "report_threshold": 3,
    });
    assert_eq!(written, expected);
    assert_eq!(
        serde_json::from_value::<RuleSet>(serde_json::json!({})).unwrap(),
        rules
    );
}

#[test]
fn an_unknown_field_is_rejected_everywhere() {
    for text in [
        r#"{"x": 1}"#,
        r#"{"links": {"max": 1, "x": 1}}"#,
        r#"{"phrases": [{"name": "a", "action": "hold", "phrases": [], "x": 1}]}"#,
        r#"{"phrases": [{"name": "a", "action": "delete", "phrases": []}]}"#,
        r#"{"domains": [{"name": "a", "action": "hold"}]}"#,
    ] {
        assert!(serde_json::from_str::<RuleSet>(text).is_err(), "{text}");
    }
}

#[test]
fn a_phrase_that_would_match_everywhere_or_nowhere_is_rejected() {
    let long = "x".repeat(201);
    let phrases = ["scam", "", "a", "!!!", "\u{200b}\u{200b}", &long, "🙂", "赌博"];
    let expected = [1, 2, 3, 4, 5, 6].map(|index| format!("phrases[0].phrases[{index}]"));
    assert_eq!(fields(&set(vec![list(&phrases)])), expected);
    assert_eq!(fields(&set(vec![list(&["x".repeat(200).as_str()])])), [""; 0]);
}

#[test]
fn a_list_needs_a_unique_name_and_a_valid_reason_code() {
    let named = |name: &str, reason: Option<&str>| PhraseList {
        name: name.to_owned(),
        reason: reason.map(str::to_owned),
        ..list(&["scam"])
    };
    let lists = vec![
        named("one", Some("off_topic")),
        named(" ", None),
        named("one", None),
        named(&"n".repeat(61), Some("Off Topic")),
        named("two", Some("")),
    ];
    let expected = ["[1].name", "[2].name", "[3].name", "[3].reason", "[4].reason"];
    assert_eq!(fields(&set(lists)), expected.map(|path| format!("phrases{path}")));
}

#[test]
fn numbers_have_limits() {
    let mut rules = RuleSet::default();
    rules.links.max = 1_001;
    rules.repeated_text.max = 1_001;
    rules.repeated_text.min_length = 10_001;
    rules.first_comment.account_age_hours = 9_000;
    rules.capitals.min_length = 4;
    rules.posts.links.max = 1_001;
    rules.posts.capitals.min_length = 4;
    rules.report_threshold = 1_001;
    assert_eq!(
        fields(&rules),
        [
            "links.max",
            "repeated_text.max",
            "repeated_text.min_length",
            "first_comment.account_age_hours",
            "capitals.min_length",
            "posts.links.max",
            "posts.capitals.min_length",
            "report_threshold"
        ]
    );
    assert!(Rules::compile(&rules, None).is_err());
}

#[test]
fn lists_have_limits() {
    let many = |count: usize, chars: usize| list(&vec!["x".repeat(chars).as_str(); count]);
    assert_eq!(fields(&set(vec![many(10_000, 5)])), [""; 0]);
    assert_eq!(fields(&set(vec![many(10_001, 5)])), ["phrases"]);
    assert_eq!(fields(&set(vec![many(10_000, 41)])), ["phrases"]);
    let named = |index: usize| PhraseList {
        name: index.to_string(),
        ..list(&[])
    };
    assert_eq!(fields(&set((0..51).map(named).collect())), ["phrases"]);
    let domains = |count: usize| RuleSet {
        domains: vec![DomainList {
            name: "a".to_owned(),
            action: Action::Hold,
            reason: None,
            domains: (0..count).map(|index| format!("d{index}.example")).collect(),
        }],
        ..RuleSet::default()
    };
    assert_eq!(fields(&domains(1_000)), [""; 0]);
    assert_eq!(fields(&domains(1_001)), ["domains"]);
}

#[test]
fn a_domain_is_a_host_name() {
    let rules = RuleSet {
        domains: vec![DomainList {
            name: "a".to_owned(),
            action: Action::Hold,
            reason: None,
            domains: ["a.example", "https://a.example", "com", "*.b.example"]
                .map(str::to_owned)
                .to_vec(),
        }],
        ..RuleSet::default()
    };
    assert_eq!(fields(&rules), ["domains[0].domains[1]", "domains[0].domains[2]"]);
}
