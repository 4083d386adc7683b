//! Whether rules can be: every number in bounds, every phrase one that can be found.

use std::{collections::HashSet, ops::RangeInclusive};

use common::api::moderation::{DomainList, PhraseList, RuleSet};

use super::{domains, phrases::Phrase};

/// Most lists of a kind.
pub const MAX_LISTS: usize = 50;
/// Most phrases, of all lists together.
pub const MAX_PHRASES: usize = 10_000;
/// The longest phrase, in characters.
pub const MAX_PHRASE_CHARS: usize = 200;
/// Most characters, of all phrases together: what bounds the memory of the compiled rules.
pub const MAX_PHRASES_CHARS: usize = 400_000;
/// Most domains, of all lists together.
pub const MAX_DOMAINS: usize = 1_000;
/// The longest name of a list, in characters.
pub const MAX_NAME_CHARS: usize = 60;
/// The longest reason code, in characters.
pub const MAX_REASON_CHARS: usize = 40;
/// So many errors are told; who made more finds the rest the next time.
const MAX_ERRORS: usize = 50;

/// What is wrong with a field of the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct RuleError {
    /// Its path, e.g. `phrases[0].phrases[3]`.
    pub field: String,
    /// What is wrong, to be read after the field's name.
    pub message: String,
}

/// Whether the rules can be used.
///
/// # Errors
///
/// Each field that is wrong, by its path, at most 50 of them.
pub fn validate(set: &RuleSet) -> Result<(), Vec<RuleError>> {
    let mut found = Errors::default();
    found.phrases(&set.phrases);
    found.domains(&set.domains);
    found.number("links.max", set.links.max, 0..=1_000);
    found.number("repeated_text.max", set.repeated_text.max, 0..=1_000);
    found.number(
        "repeated_text.min_length",
        set.repeated_text.min_length,
        0..=10_000,
    );
    found.number(
        "first_comment.account_age_hours",
        set.first_comment.account_age_hours,
        0..=24 * 366,
    );
    found.number("capitals.min_length", set.capitals.min_length, 5..=100_000);
    found.number("report_threshold", set.report_threshold, 0..=1_000);
    if found.errors.is_empty() {
        Ok(())
    } else {
        Err(found.errors)
    }
}

#[derive(Default)]
struct Errors {
    errors: Vec<RuleError>,
}

impl Errors {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(RuleError {
                field: field.into(),
                message: message.into(),
            });
        }
    }

    fn number(&mut self, field: &str, value: u32, allowed: RangeInclusive<u32>) {
        if !allowed.contains(&value) {
            let (least, most) = allowed.into_inner();
            self.add(field, format!("is {value}; from {least} to {most} are allowed"));
        }
    }

    fn count(&mut self, field: &str, count: usize, most: usize) -> bool {
        if count > most {
            self.add(field, format!("has {count} entries, at most {most} are allowed"));
        }
        count <= most
    }

    fn heads<'a>(&mut self, field: &str, heads: impl Iterator<Item = (&'a String, &'a Option<String>)>) {
        let mut names = HashSet::new();
        for (index, (name, reason)) in heads.enumerate() {
            let length = name.chars().count();
            if name.trim().is_empty() || length > MAX_NAME_CHARS || name.chars().any(char::is_control) {
                self.add(
                    format!("{field}[{index}].name"),
                    format!("needs 1 to {MAX_NAME_CHARS} characters"),
                );
            } else if !names.insert(name.trim()) {
                self.add(
                    format!("{field}[{index}].name"),
                    "is the name of another list too",
                );
            }
            if reason.as_deref().is_some_and(|reason| !is_code(reason)) {
                let message = format!(
                    "needs to be a code of 1 to {MAX_REASON_CHARS} small letters, digits and underscores"
                );
                self.add(format!("{field}[{index}].reason"), message);
            }
        }
    }

    fn phrases(&mut self, lists: &[PhraseList]) {
        if !self.count("phrases", lists.len(), MAX_LISTS) {
            return;
        }
        self.heads("phrases", lists.iter().map(|list| (&list.name, &list.reason)));
        let total = lists.iter().map(|list| list.phrases.len()).sum();
        if !self.count("phrases", total, MAX_PHRASES) {
            return;
        }
        let mut chars = 0;
        for (number, list) in lists.iter().enumerate() {
            for (index, phrase) in list.phrases.iter().enumerate() {
                let length = phrase.chars().count();
                chars += length;
                let field = || format!("phrases[{number}].phrases[{index}]");
                if length == 0 || length > MAX_PHRASE_CHARS {
                    let message = format!("has {length} characters; 1 to {MAX_PHRASE_CHARS} are allowed");
                    self.add(field(), message);
                } else if Phrase::parse(phrase).is_none() {
                    self.add(
                        field(),
                        "needs at least two letters or digits, else it is found everywhere",
                    );
                }
            }
        }
        if chars > MAX_PHRASES_CHARS {
            let message =
                format!("have {chars} characters together, at most {MAX_PHRASES_CHARS} are allowed");
            self.add("phrases", message);
        }
    }

    fn domains(&mut self, lists: &[DomainList]) {
        if !self.count("domains", lists.len(), MAX_LISTS) {
            return;
        }
        self.heads("domains", lists.iter().map(|list| (&list.name, &list.reason)));
        let total = lists.iter().map(|list| list.domains.len()).sum();
        if !self.count("domains", total, MAX_DOMAINS) {
            return;
        }
        for (number, list) in lists.iter().enumerate() {
            for (index, domain) in list.domains.iter().enumerate() {
                if domains::Host::listed(domain).is_none() {
                    self.add(
                        format!("domains[{number}].domains[{index}]"),
                        "is not a domain such as example.com",
                    );
                }
            }
        }
    }
}

fn is_code(text: &str) -> bool {
    (1..=MAX_REASON_CHARS).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
