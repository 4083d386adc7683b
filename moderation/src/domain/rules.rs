//! The automatic rules: what a text is judged by before a person looks at it.
//!
//! A text is read as a reader's eye would: markup taken off, disguises seen through ([`letters`], [`words`],
//! [`disguise`]), and only whole words compared, so that "Scunthorpe" is a town. What the rules find decides so:
//!
//! 1. A list whose action is `approve` takes findings away. A phrase of it excuses the phrases that lie wholly inside it
//!    (allow "kick-ass" and "ass" is no matter there); a domain of it is trusted with all its subdomains, is on no other
//!    list and does not count as a link. What only looks like a trusted domain is not trusted. Nothing approves a whole
//!    text: a kind word would then open the door to any other.
//! 2. Of what is left the strictest decides: `reject`, then `hold`. A number exceeded under `approve` is only noted.
//! 3. Among equals the order is that of the rule set: phrases, domains, links, repeated text, first comment, capitals;
//!    within lists, as they are listed.
//! 4. Nothing found: approved.
//!
//! All of it is pure, and linear in the text: a post of 256 KiB takes milliseconds.

mod check;
mod disguise;
mod domains;
mod finding;
mod fingerprint;
mod letters;
mod links;
mod phrases;
mod plain;
mod words;

use std::time::Duration;

pub use check::{
    MAX_DOMAINS, MAX_LISTS, MAX_NAME_CHARS, MAX_PHRASE_CHARS, MAX_PHRASES, MAX_PHRASES_CHARS,
    MAX_REASON_CHARS, RuleError, validate,
};
pub use finding::Judgement;
pub use fingerprint::fingerprint;

use common::api::moderation::{Action, RuleKind, RuleSet};

use domains::{Domains, Host};
use phrases::{Hit, Phrase, Phrases};
use plain::Plain;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of a comment.
    Comment,
    /// Of a post: title, summary and body, a blank line between.
    Post,
}

/// A text to be judged, and what must be known of it besides.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// What it is.
    pub kind: Kind,
    /// In Markdown.
    pub text: &'a str,
    /// How many of its author's comments were approved before.
    pub author_approved_comments: u64,
    /// Since when its author has an account; an account of unknown age is a new one.
    pub author_account_age: Option<Duration>,
    /// How many other recent texts have the same [`fingerprint()`].
    pub same_text_elsewhere: u64,
}

/// Rules, ready to judge by.
#[derive(Debug)]
pub struct Rules {
    set: RuleSet,
    phrases: Phrases,
    /// For each phrase its list and its place there.
    places: Vec<(usize, usize)>,
    /// There are phrases that excuse others.
    excuses: bool,
    trusted: Domains<(usize, usize)>,
    listed: Domains<(usize, usize)>,
}

impl Rules {
    /// Makes rules ready. Takes some milliseconds for 10,000 phrases: keep the result.
    ///
    /// # Errors
    ///
    /// What is wrong with them, see [`validate`].
    pub fn compile(set: &RuleSet) -> Result<Self, Vec<RuleError>> {
        validate(set)?;
        let mut places = Vec::new();
        let mut phrases = Vec::new();
        let used = |action: Action| action != Action::Off;
        for (list, place) in set.phrases.iter().zip(0..).filter(|(list, _)| used(list.action)) {
            for (phrase, index) in list.phrases.iter().zip(0..) {
                places.push((place, index));
                phrases.extend(Phrase::parse(phrase));
            }
        }
        let mut trusted = Domains::default();
        let mut listed = Domains::default();
        for (list, place) in set.domains.iter().zip(0..).filter(|(list, _)| used(list.action)) {
            let domains = match list.action {
                Action::Approve => &mut trusted,
                _ => &mut listed,
            };
            for (domain, index) in list.domains.iter().zip(0..) {
                if let Some(host) = Host::listed(domain) {
                    domains.add(host, (place, index));
                }
            }
        }
        let phrases = Phrases::compile(phrases).map_err(|error| {
            vec![RuleError {
                field: "phrases".to_owned(),
                message: format!("are too many: {error}"),
            }]
        })?;
        Ok(Self {
            excuses: set.phrases.iter().any(|list| list.action == Action::Approve),
            set: set.clone(),
            phrases,
            places,
            trusted,
            listed,
        })
    }

    /// The rules as they were written.
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// Judges a text. Never fails, whatever the text.
    pub fn judge(&self, submission: &Submission<'_>) -> Judgement {
        let plain = Plain::of(submission.text);
        let glyphs = words::glyphs(&plain.text);
        let mut findings = finding::Findings::default();
        self.judge_phrases(&plain, &glyphs, &mut findings);
        self.judge_links(&plain, &mut findings);
        self.judge_circumstances(submission, glyphs.len(), &mut findings);
        self.judge_capitals(&plain, &mut findings);
        findings.judgement()
    }

    fn judge_phrases(&self, plain: &Plain<'_>, glyphs: &[words::Glyph], findings: &mut finding::Findings) {
        let action = |hit: &Hit| self.set.phrases[self.places[hit.phrase].0].action;
        let mut hits = self.phrases.find(glyphs, self.excuses);
        let mut excuses: Vec<Hit> = hits
            .extract_if(.., |hit| action(hit) == Action::Approve)
            .collect();
        excuses.sort_unstable_by_key(|hit| (hit.from, std::cmp::Reverse(hit.last)));
        // Of those that begin no later, the one that reaches farthest.
        let mut farthest = 0;
        let reach: Vec<(u32, u32)> = excuses
            .iter()
            .map(|hit| {
                farthest = hit.last.max(farthest);
                (hit.from, farthest)
            })
            .collect();
        let is_excused = |hit: &Hit| {
            let next = reach.partition_point(|(from, _)| *from <= hit.from);
            next > 0 && reach[next - 1].1 >= hit.last
        };
        hits.retain(|hit| !is_excused(hit));
        hits.sort_unstable_by_key(|hit| (hit.phrase, hit.from));
        hits.dedup_by_key(|hit| hit.phrase);
        for hit in hits {
            let (list, index) = self.places[hit.phrase];
            let list = &self.set.phrases[list];
            findings.add(
                || {
                    let mut finding = finding::new(RuleKind::Phrases, list.action, list.reason.as_deref());
                    finding.list = Some(list.name.clone());
                    finding.entry = Some(list.phrases[index].clone());
                    finding::locate(&mut finding, plain, hit.from as usize, hit.last as usize);
                    finding
                },
                list.action,
            );
        }
    }

    fn judge_links(&self, plain: &Plain<'_>, findings: &mut finding::Findings) {
        let rule = &self.set.links;
        if self.listed.is_empty() && rule.action == Action::Off {
            return;
        }
        let mut links = links::find(plain);
        links.retain(|link| self.trusted.find(&link.host).is_none());
        let mut found: Vec<_> = links
            .iter()
            .filter_map(|link| {
                Some((
                    self.listed
                        .find(&link.host)
                        .or_else(|| self.listed.find_alike(&link.host))?,
                    link,
                ))
            })
            .collect();
        found.sort_by_key(|(place, _)| *place);
        found.dedup_by_key(|(place, _)| *place);
        for ((list, index), link) in found {
            let list = &self.set.domains[list];
            findings.add(
                || {
                    let mut finding = finding::new(RuleKind::Domains, list.action, list.reason.as_deref());
                    finding.list = Some(list.name.clone());
                    finding.entry = Some(list.domains[index].clone());
                    finding::locate_written(&mut finding, plain, &link.written);
                    finding
                },
                list.action,
            );
        }
        let count = links.iter().filter(|link| link.counts).count();
        findings.count(RuleKind::Links, rule.action, count, rule.max);
    }

    fn judge_circumstances(
        &self,
        submission: &Submission<'_>,
        length: usize,
        findings: &mut finding::Findings,
    ) {
        let repeated = &self.set.repeated_text;
        if length >= repeated.min_length as usize {
            let count = usize::try_from(submission.same_text_elsewhere).unwrap_or(usize::MAX);
            findings.count(RuleKind::RepeatedText, repeated.action, count, repeated.max);
        }
        let first = &self.set.first_comment;
        let limit = Duration::from_secs(u64::from(first.account_age_hours) * 3600);
        let is_new = submission.author_account_age.is_none_or(|age| age < limit);
        if submission.kind == Kind::Comment
            && submission.author_approved_comments == 0
            && is_new
            && first.action != Action::Off
        {
            findings.add(
                || finding::new(RuleKind::FirstComment, first.action, None),
                first.action,
            );
        }
    }

    fn judge_capitals(&self, plain: &Plain<'_>, findings: &mut finding::Findings) {
        let rule = &self.set.capitals;
        if rule.action == Action::Off {
            return;
        }
        let (length, from, last) = longest_capitals(plain);
        if length >= rule.min_length as usize {
            findings.add(
                || {
                    let mut finding = finding::new(RuleKind::Capitals, rule.action, None);
                    finding.count = u32::try_from(length).ok();
                    finding.limit = Some(rule.min_length);
                    finding::locate(&mut finding, plain, from, last);
                    finding
                },
                rule.action,
            );
        }
    }
}

/// The most capitals on end that are neither code nor a link's destination: how many, where the first and last are.
fn longest_capitals(plain: &Plain<'_>) -> (usize, usize, usize) {
    let mut code = plain.code.iter().peekable();
    let (mut longest, mut from, mut run) = ((0, 0, 0), 0, 0);
    for (at, c) in plain
        .text
        .char_indices()
        .take_while(|(at, _)| *at < plain.visible)
    {
        if code.next_if(|range| range.end <= at).is_some()
            || code.peek().is_some_and(|range| range.contains(&at))
        {
            continue;
        }
        if c.is_ascii_lowercase() {
            run = 0;
        } else if c.is_uppercase() {
            if run == 0 {
                from = at;
            }
            run += 1;
            if run > longest.0 {
                longest = (run, from, at);
            }
        } else if c.is_alphabetic() {
            run = 0;
        }
    }
    longest
}
