//! The tree of causes and effects.

use std::{collections::HashMap, fmt::Write as _};

use anstyle::{AnsiColor, Style};
use common::event::header;
use serde::Serialize;

use crate::{
    entry::{Document, Entry},
    output::{Times, duration, gist, short_type, visible},
};

/// The maximum characters of a body's summary.
const GIST: usize = 60;

/// Related entries, each below its cause.
pub(super) struct Tree<'a> {
    entries: &'a [Entry],
    /// The effects of each entry, by index.
    effects: Vec<Vec<usize>>,
    /// The entries whose cause is a request, or is not in the log.
    roots: Vec<usize>,
}

/// An event with its effects.
#[derive(Serialize)]
pub(super) struct Node<'a> {
    #[serde(flatten)]
    event: Document<'a>,
    /// Milliseconds since the first event of the tree.
    after_ms: u128,
    effects: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    /// The tree of `entries`, which are in the order of the log.
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        let mut by_id = HashMap::new();
        let (mut effects, mut roots) = (vec![Vec::new(); entries.len()], Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            // Only an earlier entry can be a cause, so the tree has no cycles.
            let cause = entry.header(header::CAUSATION_ID);
            match cause.and_then(|cause| by_id.get(cause.as_ref()).copied()) {
                Some(cause) => {
                    let siblings: &mut Vec<usize> = &mut effects[cause];
                    siblings.push(index);
                }
                None => roots.push(index),
            }
            if let Some(id) = entry.id() {
                by_id.insert(id.into_owned(), index);
            }
        }
        Self {
            entries,
            effects,
            roots,
        }
    }

    /// The tree for JSON output.
    pub(super) fn nodes(&self) -> Vec<Node<'a>> {
        self.roots.iter().map(|root| self.node(*root)).collect()
    }

    fn node(&self, index: usize) -> Node<'a> {
        Node {
            event: self.entries[index].document(),
            after_ms: self.after(index).as_millis(),
            effects: self.effects[index]
                .iter()
                .map(|effect| self.node(*effect))
                .collect(),
        }
    }

    fn after(&self, index: usize) -> std::time::Duration {
        let first = self.entries.iter().map(Entry::time).min();
        first.map_or_else(Default::default, |first| self.entries[index].time().since(first))
    }

    /// The human-readable tree, with `asked` marked.
    pub(super) fn human(&self, times: &Times, asked: Option<u64>) -> String {
        let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
        let mut text = String::new();
        let first = &self.entries[0];
        let correlation = first.header(header::CORRELATION_ID).unwrap_or_default();
        let mut services: Vec<String> = self.entries.iter().map(service).collect();
        services.sort();
        services.dedup();
        let last = (0..self.entries.len())
            .map(|index| self.after(index))
            .max()
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{bold}{}{bold:#}  {dim}{}, {} in {}, within {}{dim:#}",
            visible(&correlation),
            times.date_time(first.time()),
            count(self.entries.len(), "event"),
            count(services.len(), "service"),
            duration(last),
        );
        for (n, root) in self.roots.iter().enumerate() {
            self.branch(&mut text, *root, "", n + 1 == self.roots.len(), asked);
        }
        text
    }

    fn branch(&self, text: &mut String, index: usize, indent: &str, is_last: bool, asked: Option<u64>) {
        let (dim, cyan, bold) = (
            Style::new().dimmed(),
            AnsiColor::Cyan.on_default(),
            Style::new().bold(),
        );
        let entry = &self.entries[index];
        let corner = if is_last { "└─" } else { "├─" };
        let type_name = entry.type_name().unwrap_or_default();
        let aggregate = entry.aggregate().map_or("", |parts| parts.id);
        let version = entry.version().unwrap_or_default();
        let here = if asked == Some(entry.sequence) {
            "  ◂"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{dim}{indent}{corner}{dim:#} {:>8}  {bold}{}{bold:#}  {cyan}{}{cyan:#} {} v{version}  {dim}{}  #{}{dim:#}{here}",
            format!("+{}", duration(self.after(index))),
            visible(&service(entry)),
            visible(short_type(&type_name)),
            visible(aggregate),
            gist(&entry.payload, GIST),
            entry.sequence,
        );
        let deeper = format!("{indent}{}", if is_last { "   " } else { "│  " });
        for (n, effect) in self.effects[index].iter().enumerate() {
            self.branch(text, *effect, &deeper, n + 1 == self.effects[index].len(), asked);
        }
    }
}

/// The service that published it.
fn service(entry: &Entry) -> String {
    let source = entry.header(header::SOURCE).unwrap_or_default();
    source.rsplit('/').next().unwrap_or_default().to_owned()
}

fn count(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}
