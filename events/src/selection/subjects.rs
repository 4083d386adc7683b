//! Types, aggregates and subjects as server-side filters.

use common::event::SUBJECT_PREFIX;

use crate::{entry::Entry, failure::Failure};

/// The filters `--type`, `--aggregate` and `--subject`; repeated values of an option are alternatives.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects {
    /// Patterns for the combinations of types and aggregates; empty if neither is given.
    events: Vec<String>,
    /// Patterns of `--subject`.
    given: Vec<String>,
    /// Types with a version, which the subject does not contain.
    versions: Vec<String>,
    /// Patterns of types without a version.
    any_version: Vec<String>,
}

impl Subjects {
    /// Parses them.
    pub(super) fn new(types: &[String], aggregates: &[String], given: &[String]) -> Result<Self, Failure> {
        let mut subjects = Self {
            given: given.to_vec(),
            ..Self::default()
        };
        let mut kinds_and_facts = Vec::new();
        for name in types {
            let (kind, fact, versioned) = parse_type(name)?;
            if versioned {
                subjects.versions.push(full_name(name));
            } else {
                subjects.any_version.push(pattern(kind, "*", fact));
            }
            kinds_and_facts.push((kind, fact));
        }
        let mut kinds_and_ids = Vec::new();
        for aggregate in aggregates {
            kinds_and_ids.push(parse_aggregate(aggregate)?);
        }
        if types.is_empty() && aggregates.is_empty() {
            return Ok(subjects);
        }
        let any = || vec![("*", "*")];
        let kinds_and_facts = if types.is_empty() { any() } else { kinds_and_facts };
        let kinds_and_ids = if aggregates.is_empty() {
            any()
        } else {
            kinds_and_ids
        };
        for &(kind, fact) in &kinds_and_facts {
            for &(other, id) in &kinds_and_ids {
                if kind == "*" || other == "*" || kind == other {
                    let kind = if kind == "*" { other } else { kind };
                    subjects.events.push(pattern(kind, id, fact));
                }
            }
        }
        if subjects.events.is_empty() {
            return Err(Failure::usage("the types and the aggregates exclude each other"));
        }
        Ok(subjects)
    }

    /// The server-side filters; empty if they cannot be expressed as subjects that do not overlap.
    pub(super) fn at_the_server(&self) -> Vec<String> {
        // Both have to match, but the server supports only "or": it gets the narrower filter, the other is applied here.
        let asked = if self.events.is_empty() {
            &self.given
        } else {
            &self.events
        };
        let mut filters: Vec<String> = Vec::new();
        for subject in asked {
            if !filters.iter().any(|other| covers(other, subject)) {
                filters.retain(|other| !covers(subject, other));
                filters.push(subject.clone());
            }
        }
        let overlap = |(n, one): (usize, &String)| filters[..n].iter().any(|other| overlaps(one, other));
        if filters.iter().enumerate().any(overlap) {
            return Vec::new();
        }
        filters
    }

    /// Whether `entry` matches.
    pub(super) fn includes(&self, entry: &Entry) -> bool {
        let on = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, &entry.subject));
        (self.given.is_empty() || on(&self.given))
            && (self.events.is_empty() || on(&self.events))
            && (self.versions.is_empty()
                || on(&self.any_version)
                || entry
                    .type_name()
                    .is_some_and(|name| self.versions.iter().any(|wanted| *wanted == name)))
    }

    /// Whether there is no filter.
    pub(super) fn is_all(&self) -> bool {
        self.events.is_empty() && self.given.is_empty()
    }
}

fn pattern(kind: &str, id: &str, fact: &str) -> String {
    format!("{SUBJECT_PREFIX}.{kind}.{id}.{fact}")
}

fn full_name(name: &str) -> String {
    let stem = name.strip_prefix("blog.").unwrap_or(name);
    format!("blog.{stem}")
}

/// Kind and fact (`*` for any) of a type's name, and whether it names a version.
fn parse_type(name: &str) -> Result<(&str, &str, bool), Failure> {
    let wrong = || Failure::usage(format!("`{name}` names no type; `events types` lists them"));
    let parts: Vec<&str> = name.strip_prefix("blog.").unwrap_or(name).split('.').collect();
    if parts.iter().any(|part| !is_token(part)) {
        return Err(wrong());
    }
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|n| n.parse::<u16>().is_ok());
    match parts[..] {
        [kind] => Ok((kind, "*", false)),
        [kind, fact] => Ok((kind, fact, false)),
        [kind, fact, version] if is_version(version) => Ok((kind, fact, true)),
        _ => Err(wrong()),
    }
}

/// Kind (`*` for any) and id of an aggregate.
fn parse_aggregate(aggregate: &str) -> Result<(&str, &str), Failure> {
    let (kind, id) = match aggregate.split_once(':') {
        // The id of a follow or reaction consists of two ids with a colon.
        Some((kind, id)) if common::event::AggregateKind::from_name(kind).is_some() => (kind, id),
        _ => ("*", aggregate),
    };
    if !is_token(id) {
        return Err(Failure::usage(format!(
            "`{aggregate}` is not an aggregate such as `post:<id>`"
        )));
    }
    Ok((kind, id))
}

fn is_token(part: &str) -> bool {
    !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || ".>".contains(c))
}

/// Whether `pattern` matches every subject that `other` (a subject or pattern) matches.
fn covers(pattern: &str, other: &str) -> bool {
    let (mut wide, mut narrow) = (pattern.split('.'), other.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(token)) if one == token => {}
            _ => return false,
        }
    }
}

/// Whether some subject matches both patterns.
pub fn overlaps(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_the_server(types: &[&str], aggregates: &[&str], given: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        Subjects::new(&owned(types), &owned(aggregates), &owned(given))
            .unwrap()
            .at_the_server()
    }

    #[test]
    fn types_and_aggregates_become_subjects() {
        assert_eq!(
            at_the_server(&["post.published"], &[], &[]),
            ["blog.evt.post.*.published"]
        );
        assert_eq!(
            at_the_server(&["blog.post.published.v1"], &["x"], &[]),
            ["blog.evt.post.x.published"]
        );
        assert_eq!(
            at_the_server(&["post"], &["post:x", "post:y"], &[]),
            ["blog.evt.post.x.*", "blog.evt.post.y.*"]
        );
        assert_eq!(at_the_server(&[], &["a:b"], &[]), ["blog.evt.*.a:b.*"]);
        assert_eq!(
            at_the_server(&[], &["follow:a:b"], &[]),
            ["blog.evt.follow.a:b.*"]
        );
        assert!(Subjects::new(&["post".into()], &["comment:x".into()], &[]).is_err());
    }

    #[test]
    fn overlapping_subjects_are_not_filtered_by_the_server() {
        assert_eq!(
            at_the_server(&["post", "post.published"], &[], &[]),
            ["blog.evt.post.*.*"]
        );
        assert_eq!(at_the_server(&[], &[], &["a.b", "a.>", "a.b"]), ["a.>"]);
        assert!(at_the_server(&[], &[], &["a.*.c", "a.b.*"]).is_empty());
    }
}
