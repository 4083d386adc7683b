//! The automatic rules, by which a text is judged before a moderator reads it.
//!
//! A text is read as a reader sees it (by [`content`]), each field on its own, with disguises resolved ([`letters`], [`words`], [`disguise`]).
//! Only whole words are compared, so that "Scunthorpe" matches nothing. The findings lead to a judgement as follows:
//!
//! 1. A list whose action is `approve` removes findings. Its phrases excuse the phrases that lie entirely inside them
//!    (allowing "kick-ass" excuses "ass" there). Its domains are trusted with all their subdomains: they match no other
//!    list and do not count as links. A look-alike of a trusted domain is not trusted. No list approves a whole text, or
//!    one friendly word would excuse everything else.
//! 2. The strictest of the other findings decides: `reject`, then `hold`. A limit exceeded under `approve` is only noted.
//! 3. Of equally strict findings the first decides: phrases, domains, links, repeated text, first comment, capitals;
//!    within lists, in their order.
//! 4. A text without findings is approved.
//!
//! All of it is pure, and linear in the length of the text: a post of 256 KiB takes milliseconds.

mod check;
mod disguise;
mod domains;
mod finding;
mod fingerprint;
mod letters;
mod links;
mod phrases;
mod shown;
mod words;

use std::time::Duration;

pub use check::{
    MAX_DOMAINS, MAX_LISTS, MAX_NAME_CHARS, MAX_PHRASE_CHARS, MAX_PHRASES, MAX_PHRASES_CHARS,
    MAX_REASON_CHARS, RuleError, is_reason_code, validate,
};
pub use finding::Judgement;
pub use fingerprint::fingerprint;
pub use shown::Field;

use common::api::moderation::{Action, CapitalsRule, RuleKind, RuleSet};

use domains::{Domains, Host};
use phrases::{Hit, MAX_HITS, Phrase, Phrases};
use shown::Shown;

/// The kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text of a comment.
    Comment,
    /// The title, the summary, the body, the tags and the cover of a post.
    Post,
}

/// A text to judge, with what the rules have to know about it.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    pub kind: Kind,
    pub fields: &'a [Field<'a>],
    /// The number of approved comments of its author.
    pub author_approved_comments: u64,
    /// The age of its author's account; an account of unknown age counts as new.
    pub author_account_age: Option<Duration>,
    /// The number of other recent texts with the same [`fingerprint()`].
    pub same_text_elsewhere: u64,
}

/// Compiled rules.
#[derive(Debug)]
pub struct Rules {
    set: RuleSet,
    phrases: Phrases,
    /// The list of each phrase and its index in the list.
    places: Vec<(usize, usize)>,
    /// Whether any phrases excuse others.
    excuses: bool,
    trusted: Domains<()>,
    listed: Domains<(usize, usize)>,
}

impl Rules {
    /// Compiles rules. Links to `site`, the host of this platform, are trusted. It takes some milliseconds for 10,000 phrases, so the result should be cached.
    ///
    /// # Errors
    /// The invalid fields, see [`validate`].
    pub fn compile(set: &RuleSet, site: Option<&str>) -> Result<Self, Vec<RuleError>> {
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
            for (host, index) in list.domains.iter().map(|domain| Host::listed(domain)).zip(0..) {
                match (host, list.action) {
                    (Some(host), Action::Approve) => trusted.add(host, ()),
                    (Some(host), _) => listed.add(host, (place, index)),
                    (None, _) => {}
                }
            }
        }
        if let Some(host) = site.and_then(Host::parse) {
            trusted.add(host, ());
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

    /// The rules as moderators write them.
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// Judges a text.
    pub fn judge(&self, submission: &Submission<'_>) -> Judgement {
        let shown = Shown::of(submission.fields);
        let glyphs = words::glyphs(&shown.text);
        let mut findings = finding::Findings::default();
        self.judge_phrases(&shown, &glyphs, &mut findings);
        self.judge_links(submission.kind, &shown, &mut findings);
        self.judge_context(submission, glyphs.len(), &mut findings);
        let capitals = match submission.kind {
            Kind::Comment => &self.set.capitals,
            Kind::Post => &self.set.posts.capitals,
        };
        judge_capitals(capitals, &shown, &mut findings);
        findings.judgement()
    }

    fn judge_phrases(&self, shown: &Shown, glyphs: &[words::Glyph], findings: &mut finding::Findings) {
        let action = |hit: &Hit| self.set.phrases[self.places[hit.phrase].0].action;
        let mut hits = self.phrases.find(glyphs, self.excuses);
        let is_complete = hits.len() < MAX_HITS;
        let mut excuses: Vec<Hit> = hits
            .extract_if(.., |hit| action(hit) == Action::Approve)
            // Otherwise an excused match may stand for others that are not.
            .filter(|_| is_complete)
            .collect();
        excuses.sort_unstable_by_key(|hit| (hit.from, std::cmp::Reverse(hit.last)));
        // For each start, the farthest end of the excuses that start there or earlier.
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
                    finding::locate(&mut finding, shown, hit.from as usize, hit.last as usize);
                    finding
                },
                list.action,
            );
        }
    }

    fn judge_links(&self, kind: Kind, shown: &Shown, findings: &mut finding::Findings) {
        let rule = match kind {
            Kind::Comment => &self.set.links,
            Kind::Post => &self.set.posts.links,
        };
        if self.listed.is_empty() && rule.action == Action::Off {
            return;
        }
        // A comment shows a link in place of an image.
        let mut links = links::find(shown, kind == Kind::Comment);
        links.retain(|link| self.trusted.find(&link.host).is_none());
        let mut found: Vec<_> = links
            .iter()
            .filter_map(|link| {
                Some((
                    self.listed
                        .find(&link.host)
                        .or_else(|| self.listed.find_lookalike(&link.host))?,
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
                    finding::locate_written(&mut finding, shown, &link.written);
                    finding
                },
                list.action,
            );
        }
        let count = links.iter().filter(|link| link.counts).count();
        findings.count(RuleKind::Links, rule.action, count, rule.max);
    }

    fn judge_context(&self, submission: &Submission<'_>, length: usize, findings: &mut finding::Findings) {
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
}

fn judge_capitals(rule: &CapitalsRule, shown: &Shown, findings: &mut finding::Findings) {
    if rule.action == Action::Off {
        return;
    }
    let (length, from, last) = longest_capitals(shown);
    if length >= rule.min_length as usize {
        findings.add(
            || {
                let mut finding = finding::new(RuleKind::Capitals, rule.action, None);
                finding.count = u32::try_from(length).ok();
                finding.limit = Some(rule.min_length);
                finding::locate(&mut finding, shown, from, last);
                finding
            },
            rule.action,
        );
    }
}

/// The longest run of capital letters that are neither code nor the destination of a link: its length, and the
/// positions of its first and last letter.
fn longest_capitals(shown: &Shown) -> (usize, usize, usize) {
    let mut code = shown.code.iter().peekable();
    let (mut longest, mut from, mut run) = ((0, 0, 0), 0, 0);
    for (at, c) in shown
        .text
        .char_indices()
        .take_while(|(at, _)| *at < shown.visible)
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
