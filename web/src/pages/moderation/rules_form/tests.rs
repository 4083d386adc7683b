use common::api::{Problem, ProblemError};

use super::*;

fn rules() -> RuleSet {
    let list = |name: &str, phrases: &[&str]| PhraseList {
        name: name.to_owned(),
        action: Action::Reject,
        reason: Some("abuse".to_owned()),
        phrases: phrases.iter().map(|&phrase| phrase.to_owned()).collect(),
    };
    RuleSet {
        phrases: vec![list("insults", &["you fool", "flubber"]), list("shops", &["!"])],
        links: LinkRule {
            max: 5,
            action: Action::Hold,
        },
        domains: vec![DomainList {
            name: "ours".to_owned(),
            action: Action::Approve,
            reason: None,
            domains: vec!["example.org".to_owned()],
        }],
        repeated_text: RepeatRule {
            max: 2,
            min_length: 20,
            action: Action::Hold,
        },
        first_comment: FirstCommentRule {
            account_age_hours: 24,
            action: Action::Off,
        },
        capitals: CapitalsRule {
            min_length: 80,
            action: Action::Hold,
        },
        posts: PostRules {
            links: LinkRule {
                max: 400,
                action: Action::Reject,
            },
            ..PostRules::default()
        },
        report_threshold: 3,
    }
}

#[test]
fn rules_survive_the_round_trip_through_the_form() {
    let mut form = form_of(&rules(), 7);
    assert_eq!(form.value("version"), "7");
    assert_eq!(blocks(&form, PHRASES).len(), 3, "one more, for a new list");
    assert_eq!(parse(&mut form).unwrap().rules, rules());
}

#[test]
fn removed_and_empty_blocks_are_no_lists() {
    let mut form = form_of(&rules(), 1)
        .with("phrases-0-remove", "yes")
        .with("phrases-2-name", " ")
        .with("phrases-2-entries", "\n \n")
        .with("domains-1-name", "theirs")
        .with("domains-1-action", "reject")
        .with("domains-1-entries", " spam.example \n\nads.example\n");
    let parsed = parse(&mut form).unwrap();
    assert_eq!(parsed.rules.phrases, rules().phrases[1..]);
    assert_eq!(parsed.rules.domains[1].domains, ["spam.example", "ads.example"]);
}

#[test]
fn invalid_numbers_and_actions_are_errors_of_their_fields() {
    let mut form = form_of(&rules(), 1)
        .with("links-max", "many")
        .with("report-threshold", "-1")
        .with("phrases-0-action", "unknown");
    assert!(parse(&mut form).is_none());
    for field in ["links-max", "report-threshold", "phrases-0-action"] {
        assert!(form.has_error(field), "{field}");
    }
    assert!(form.alerts().is_empty());
}

#[test]
fn errors_of_the_service_are_added_to_their_blocks() {
    let mut form = form_of(&rules(), 1).with("phrases-0-remove", "yes");
    let parsed = parse(&mut form).unwrap();
    let error = |field: &str, message: &str| ProblemError {
        message: message.to_owned(),
        field: Some(field.to_owned()),
        code: "invalid_value".to_owned(),
    };
    let problem = Problem {
        kind: "urn:inkstream:problem:validation_failed".to_owned(),
        title: String::new(),
        status: 422,
        detail: String::new(),
        trace_id: String::new(),
        errors: vec![
            // The first submitted list is the second block.
            error("rules.phrases[0].phrases[0]", "needs at least two letters"),
            error("rules.phrases[0].name", "is the name of another list too"),
            error("rules.capitals.min_length", "is 1; from 5 to 100000 are allowed"),
            error("note", "is too long"),
            error("rules.phrases", "has 60 entries"),
            error("rules.phrases[9].name", "is odd"),
        ],
        current_version: None,
    };
    let error = ApiError::Problem(Box::new(problem), None);
    parsed
        .blocks
        .add_api_error(&mut form, &parsed.rules, error)
        .unwrap();
    assert_eq!(
        form.errors("phrases-1-entries"),
        ["“!” needs at least two letters."]
    );
    assert_eq!(
        form.errors("phrases-1-name"),
        ["Is the name of another list too."]
    );
    assert_eq!(
        form.errors("capitals-length"),
        ["Is 1; from 5 to 100000 are allowed."]
    );
    assert_eq!(form.errors("note"), ["Is too long."]);
    assert_eq!(
        form.alerts(),
        ["Phrases has 60 entries.", "Phrases[9].name is odd."]
    );
}
