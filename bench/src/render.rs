//! Renders Markdown; the reference is comrak alone, parsing and writing the same text with the same extensions.
//!
//! Highlighting code costs more than everything else and comrak has none, so the claim is on texts whose code has no
//! language; with languages it is printed.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::ensure;
use comrak::Options;
use content::{Document, Flavour};

/// The claim: half of comrak's speed, or more.
const LEAST: f64 = 0.5;
const ROUNDS: usize = 60;

/// Texts with tables, lists, links, quotes and code.
const DOCUMENTS: [(&str, &str); 4] = [
    ("README", include_str!("../../README.md")),
    ("architecture", include_str!("../../docs/architecture.md")),
    ("an event", include_str!("../../docs/adding-an-event.md")),
    ("the catalogue of events", include_str!("../../docs/events.md")),
];
const PROSE: &str = "I have been reading this blog for about two years now, and I don't think that there's been a **better** \
    explanation of how an *outbox* works. One thing I'd add: if the `relay` is stopped for a long time, say 2 days, then \
    what? We had 4,500 events waiting once; see [our notes](https://example.org/notes), they all arrived.\n\n";

pub(crate) fn run() -> anyhow::Result<()> {
    let mut slow = Vec::new();
    let prose = PROSE.repeat(64 * 1024 / PROSE.len());
    for (name, text) in DOCUMENTS.into_iter().chain([("64 KiB of prose", prose.as_str())]) {
        let plain = without_languages(text);
        let ratio = compare(name, &plain);
        slow.extend((ratio < LEAST).then_some((name, ratio)));
        if plain != text {
            compare(&format!("{name}, with code highlighted"), text);
        }
    }
    ensure!(slow.is_empty(), "slower than {LEAST} of comrak: {slow:?}");
    Ok(())
}

/// Fences without their languages.
fn without_languages(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| if line.starts_with("```") { "```" } else { line });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The speed as a part of comrak's. The two take turns, and the fastest round of each counts: on a busy machine a round may
/// be interrupted, the longer one more often.
fn compare(name: &str, text: &str) -> f64 {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.description_lists = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    options.extension.cjk_friendly_emphasis = true;
    options.extension.header_id_prefix = Some("h-".to_owned());
    options.render.r#unsafe = true;
    let (mut own, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        own.push(time(|| Document::markdown(text).html(Flavour::Post)));
        reference.push(time(|| comrak::markdown_to_html(text, &options)));
    }
    let (own, reference) = (fastest(own), fastest(reference));
    let ratio = reference.as_secs_f64() / own.as_secs_f64().max(1e-9);
    print(name, text.len(), own, ratio);
    ratio
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    black_box(work());
    begun.elapsed()
}

fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

#[allow(clippy::print_stdout, reason = "the result")]
fn print(name: &str, bytes: usize, time: Duration, ratio: f64) {
    let speed = bytes as f64 / time.as_secs_f64().max(1e-9) / 1e6;
    println!(
        "render: {name:<50} {:>9.1} µs {speed:>7.1} MB/s {ratio:>6.2} x comrak alone",
        time.as_secs_f64() * 1e6
    );
}
