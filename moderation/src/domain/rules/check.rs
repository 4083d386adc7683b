//! Validation of rules: numbers within their limits, phrases that can match.

use std::{collections::HashSet, ops::RangeInclusive};

use common::api::moderation::{DomainList, PhraseList, RuleSet};

use super::{domains, phrases::Phrase};

/// The maximum number of lists of a kind.
pub const MAX_LISTS: usize = 50;
/// The maximum number of phrases in all lists.
pub const MAX_PHRASES: usize = 10_000;
/// The maximum length of a phrase, in characters.
pub const MAX_PHRASE_CHARS: usize = 200;
/// The maximum length of all phrases together, in characters. It bounds the memory of the compiled rules.
pub const MAX_PHRASES_CHARS: usize = 400_000;
/// The maximum number of domains in all lists.
pub const MAX_DOMAINS: usize = 1_000;
/// The maximum length of the name of a list, in characters.
pub const MAX_NAME_CHARS: usize = 60;
/// The maximum length of a reason code, in characters.
pub const MAX_REASON_CHARS: usize = 40;
/// The maximum number of errors that are reported.
const MAX_ERRORS: usize = 50;

/// An invalid field of the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct RuleError {
    /// Its path, e.g. `phrases[0].phrases[3]`.
    pub field: String,
    /// What is wrong; continues the name of the field.
    pub message: String,
}

/// Validates the rules.
///
/// # Errors
/// The invalid fields, at most 50.
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
    found.number("posts.links.max", set.posts.links.max, 0..=1_000);
    let min_length = set.posts.capitals.min_length;
    found.number("posts.capitals.min_length", min_length, 5..=100_000);
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
            self.add(field, format!("is {value}, must be from {least} to {most}"));
        }
    }

    fn count(&mut self, field: &str, count: usize, most: usize) -> bool {
        if count > most {
            self.add(field, format!("has {count} entries, at most {most} are allowed"));
        }
        count <= most
    }

    fn names_and_reasons<'a>(
        &mut self,
        field: &str,
        lists: impl Iterator<Item = (&'a String, &'a Option<String>)>,
    ) {
        let mut names = HashSet::new();
        for (index, (name, reason)) in lists.enumerate() {
            let length = name.chars().count();
            if name.trim().is_empty() || length > MAX_NAME_CHARS || name.chars().any(char::is_control) {
                self.add(
                    format!("{field}[{index}].name"),
                    format!("must have 1 to {MAX_NAME_CHARS} characters"),
                );
            } else if !names.insert(name.trim()) {
                self.add(
                    format!("{field}[{index}].name"),
                    "is already the name of another list",
                );
            }
            if reason.as_deref().is_some_and(|reason| !is_reason_code(reason)) {
                let message = format!(
                    "must be a code of 1 to {MAX_REASON_CHARS} lower-case letters, digits and underscores"
                );
                self.add(format!("{field}[{index}].reason"), message);
            }
        }
    }

    fn phrases(&mut self, lists: &[PhraseList]) {
        if !self.count("phrases", lists.len(), MAX_LISTS) {
            return;
        }
        self.names_and_reasons("phrases", lists.iter().map(|list| (&list.name, &list.reason)));
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
                    let message = format!("has {length} characters, must have 1 to {MAX_PHRASE_CHARS}");
                    self.add(field(), message);
                } else if Phrase::parse(phrase).is_none() {
                    self.add(
                        field(),
                        "must have at least two letters or digits, or it would match everywhere",
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
        self.names_and_reasons("domains", lists.iter().map(|list| (&list.name, &list.reason)));
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

/// Whether `text` is a reason code: snake case, at most [`MAX_REASON_CHARS`].
pub fn is_reason_code(text: &str) -> bool {
    (1..=MAX_REASON_CHARS).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
