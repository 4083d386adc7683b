//! Types, aggregates and subjects as filters that the server understands.

use common::event::SUBJECT_PREFIX;

use crate::{entry::Entry, failure::Failure};

/// What was asked for by `--type`, `--aggregate` and `--subject`; of each, any will do.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects {
    /// Patterns that types and aggregates together amount to; none if neither was given.
    events: Vec<String>,
    /// Patterns as they were given.
    given: Vec<String>,
    /// Types of a certain version, which the subject does not tell.
    versions: Vec<String>,
    /// Whether some type was asked for in any version, with its pattern.
    any_version: Vec<String>,
}

impl Subjects {
    /// Understands them.
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
            return Err(Failure::usage("no such type happens to such an aggregate"));
        }
        Ok(subjects)
    }

    /// What the server is to filter by; nothing if that cannot be put into subjects that do not overlap.
    pub(super) fn at_the_server(&self) -> Vec<String> {
        // Both have to match, and the server knows only "or": it gets the narrower kind, the rest is checked here.
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

    /// Whether `entry` is what was asked for.
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

    /// Whether anything was asked for.
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
        // The id of a follow and of a reaction is itself two ids with a colon.
        Some((kind, id)) if common::event::AggregateKind::from_name(kind).is_some() => (kind, id),
        _ => ("*", aggregate),
    };
    if !is_token(id) {
        return Err(Failure::usage(format!(
            "`{aggregate}` is no aggregate, as `post:<id>` would be"
        )));
    }
    Ok((kind, id))
}

fn is_token(part: &str) -> bool {
    !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || ".>".contains(c))
}

/// Whether every subject that `other` (a subject or pattern) stands for is one that `pattern` stands for.
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

/// Whether some subject is one that both stand for.
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
            at_the_server(&["blog.post.published.v2"], &["x"], &[]),
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
    fn subjects_that_overlap_are_not_given_to_the_server() {
        assert_eq!(
            at_the_server(&["post", "post.published"], &[], &[]),
            ["blog.evt.post.*.*"]
        );
        assert_eq!(at_the_server(&[], &[], &["a.b", "a.>", "a.b"]), ["a.>"]);
        assert!(at_the_server(&[], &[], &["a.*.c", "a.b.*"]).is_empty());
    }
}
