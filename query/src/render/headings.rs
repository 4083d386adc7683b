//! Heading levels and ids.

use std::collections::{HashMap, HashSet};

use comrak::nodes::{Node, NodeValue};

use super::kind::{Kind, TocEntry};
use super::text::plain_text;

/// Longest slug of a heading id, in characters.
const MAX_SLUG: usize = 60;

/// A heading of the output.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) text: String,
    /// None in comments.
    pub(super) id: Option<String>,
}

impl Heading {
    pub(super) fn into_toc(self) -> Option<TocEntry> {
        let Heading { level, text, id } = self;
        id.map(|id| TocEntry { id, level, text })
    }
}

/// Shifts the levels and assigns the ids.
pub(super) fn number_headings(root: Node<'_>, kind: Kind) -> Vec<Heading> {
    let found: Vec<_> = root
        .descendants()
        .filter_map(|node| match node.data().value {
            NodeValue::Heading(heading) => Some((node, heading.level)),
            _ => None,
        })
        .collect();
    // The page's h1 is the post's title. Around comments, h2 and h3 belong to the page, too.
    let shift = match kind {
        Kind::Post => u8::from(found.iter().any(|(_, level)| *level == 1)),
        Kind::Comment => 3,
    };
    let mut ids = HeadingIds::default();
    let mut headings = Vec::with_capacity(found.len());
    for (node, level) in found {
        let level = (level + shift).min(6);
        if let NodeValue::Heading(ref mut heading) = node.data_mut().value {
            heading.level = level;
        }
        let text = plain_text(node);
        let id = (kind == Kind::Post).then(|| ids.assign(&text));
        headings.push(Heading { level, text, id });
    }
    headings
}

/// Unique ids. Because of the prefix `h-` they cannot shadow DOM properties, whose names contain no hyphens.
#[derive(Default)]
struct HeadingIds {
    assigned: HashSet<String>,
    next: HashMap<String, u32>,
}

impl HeadingIds {
    fn assign(&mut self, text: &str) -> String {
        let base = format!("h-{}", slug(text));
        let next = self.next.entry(base.clone()).or_insert(0);
        loop {
            let id = if *next == 0 {
                base.clone()
            } else {
                format!("{base}-{next}")
            };
            *next += 1;
            if self.assigned.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if slug.chars().count() >= MAX_SLUG {
            break;
        }
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "section".to_owned()
    } else {
        slug.to_owned()
    }
}
