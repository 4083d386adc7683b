//! Levels and ids of headings, and the links within a document.

use std::collections::{HashMap, HashSet};

use crate::{
    tree::{Item, Tree},
    visible::text_of,
};

/// The longest slug of an id, in characters.
const MAX_SLUG: usize = 60;

/// A heading of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TocEntry {
    /// The `id` of the heading element, unique in the document and always starting with `h-`.
    pub id: String,
    /// 2 to 6, as written.
    pub level: u8,
    /// Plain text, not escaped.
    pub text: String,
}

/// Names all headings in document order, and leads the links of the document to them.
pub(crate) fn name(tree: &mut Tree) -> Vec<TocEntry> {
    let mut headings = Vec::new();
    let mut open = None;
    for (at, item) in tree.items.iter().enumerate() {
        match item {
            Item::Open(tag, attributes) if tag.level().is_some() => open = Some((at, *tag, *attributes)),
            Item::Close(tag) => {
                if let Some((start, heading, attributes)) = open
                    && heading == *tag
                {
                    let level = tag.level().unwrap_or(6);
                    let text = text_of(tree, start..at);
                    let own = tree.attribute(attributes, "id").map(str::to_owned);
                    headings.push((level, text, own));
                    open = None;
                }
            }
            _ => {}
        }
    }
    // The page's h1 is the post's title.
    let shift = u8::from(headings.iter().any(|(level, _, _)| *level == 1));
    let mut ids = Ids::default();
    let mut targets = HashMap::new();
    let mut github = HashMap::new();
    let mut entries = Vec::with_capacity(headings.len());
    for (level, text, own) in headings {
        let id = ids.assign(&text);
        let nth = github.entry(github_slug(&text)).or_insert(0_u32);
        let elsewhere = match *nth {
            0 => github_slug(&text),
            nth => format!("{}-{nth}", github_slug(&text)),
        };
        *nth += 1;
        for name in own.into_iter().chain([elsewhere, slug(&text)]) {
            targets.entry(name).or_insert_with(|| id.clone());
        }
        let level = (level + shift).min(6);
        entries.push(TocEntry { id, level, text });
    }
    for value in tree.values_mut("id") {
        let id = match targets.get(value.as_str()) {
            Some(_) => String::new(),
            None => ids.assign(value),
        };
        if !id.is_empty() {
            targets.insert(value.clone(), id.clone());
        }
        *value = id;
    }
    lead(tree, &targets);
    entries
}

/// Leads links to a part of the document to its id.
fn lead(tree: &mut Tree, targets: &HashMap<String, String>) {
    for href in tree.values_mut("href") {
        let Some(fragment) = href.strip_prefix('#').filter(|fragment| !fragment.is_empty()) else {
            continue;
        };
        let fragment = decoded(fragment);
        let target = targets
            .get(&fragment)
            .or_else(|| targets.get(&fragment.to_lowercase()))
            .or_else(|| targets.get(&slug(fragment.trim_start_matches("user-content-"))));
        if let Some(id) = target {
            *href = format!("#{id}");
        }
    }
}

fn decoded(fragment: &str) -> String {
    if !fragment.contains('%') {
        return fragment.to_owned();
    }
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = fragment.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        plain.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Unique ids. Because of the prefix `h-` they cannot shadow DOM properties, whose names contain no hyphens.
#[derive(Default)]
struct Ids {
    assigned: HashSet<String>,
    next: HashMap<String, u32>,
}

impl Ids {
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
    let mut length = 0;
    for c in text.chars().flat_map(char::to_lowercase) {
        if length >= MAX_SLUG {
            break;
        }
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        } else {
            continue;
        }
        length += 1;
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "section".to_owned()
    } else {
        slug.to_owned()
    }
}

/// The fragment that other sites use for a heading: punctuation removed, each blank a hyphen.
fn github_slug(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    let kept = lower.filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then_some(c),
    });
    kept.collect()
}
