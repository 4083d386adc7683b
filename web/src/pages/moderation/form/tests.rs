//! The rules, to the form and back.

use common::api::Problem;
use common::api::ProblemError;

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
        report_threshold: 3,
    }
}

#[test]
fn rules_come_back_from_the_form_as_they_were() {
    let mut form = filled(&rules(), 7);
    assert_eq!(form.value("version"), "7");
    assert_eq!(blocks(&form, PHRASES).len(), 3, "one more, for another list");
    assert_eq!(read(&mut form).unwrap().rules, rules());
}

#[test]
fn what_is_taken_away_or_empty_is_no_list() {
    let mut form = filled(&rules(), 1)
        .with("phrases-0-remove", "yes")
        .with("phrases-2-name", " ")
        .with("phrases-2-entries", "\n \n")
        .with("domains-1-name", "theirs")
        .with("domains-1-action", "reject")
        .with("domains-1-entries", " spam.example \n\nads.example\n");
    let read = read(&mut form).unwrap();
    assert_eq!(read.rules.phrases, rules().phrases[1..]);
    assert_eq!(read.rules.domains[1].domains, ["spam.example", "ads.example"]);
}

#[test]
fn what_is_no_number_or_choice_is_told_beside_it() {
    let mut form = filled(&rules(), 1)
        .with("links-max", "many")
        .with("report-threshold", "-1")
        .with("phrases-0-action", "burn");
    assert!(read(&mut form).is_none());
    for field in ["links-max", "report-threshold", "phrases-0-action"] {
        assert!(form.is_wrong(field), "{field}");
    }
    assert!(form.alerts().is_empty());
}

#[test]
fn a_refusal_stands_beside_the_block_it_is_about() {
    let mut form = filled(&rules(), 1).with("phrases-0-remove", "yes");
    let read = read(&mut form).unwrap();
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
            // The first list that was sent is the second block.
            error("rules.phrases[0].phrases[0]", "needs at least two letters"),
            error("rules.phrases[0].name", "is the name of another list too"),
            error("rules.capitals.min_length", "is 1; from 5 to 100000 are allowed"),
            error("note", "is too long"),
            error("rules.phrases", "has 60 entries"),
            error("rules.phrases[9].name", "is odd"),
        ],
        current_version: None,
    };
    read.refuse(&mut form, Trouble::Problem(Box::new(problem), None))
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
