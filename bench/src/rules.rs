//! Checks texts against ten thousand phrases; the reference is Unicode normalisation of the same text.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{anyhow, ensure};
use common::{
    api::moderation::{Action, DomainList, PhraseList, RuleSet},
    event::Outcome,
};
use moderation::domain::rules::{Field, Kind, Rules, Submission};
use unicode_normalization::UnicodeNormalization as _;

const PHRASES: usize = 10_000;
/// Lengths of comments in characters, and the maximum of the median time for each; the last is the longest comment.
const COMMENTS: [(usize, Duration); 2] = [
    (500, Duration::from_micros(100)),
    (5_000, Duration::from_millis(1)),
];
/// The maximum time for the longest post, whatever it contains.
const POST: Duration = Duration::from_millis(100);
/// How often a comment is checked.
const ROUNDS: usize = 2_000;

const PROSE: &str = "I have been reading this blog for about two years now, and I don't think that there's been a better \
    explanation of how an outbox works. One thing I'd add: if the relay is unavailable for a long time, say 2 days, then what? \
    We had 4,500 events waiting once; they all arrived, in order, within a minute. Well done! The code is easy to follow \
    (I'm no expert), e.g. the part about retries. ";
const MARKDOWN: &str = "I **really** like how `relay_once` is written, see [the docs](https://docs.rs/tokio) and \
    <https://example.com/a>.\n\n> Nothing is lost\n\n- one *thing*\n- an\u{a0}other &amp; more\n\n```rust\nfn main() { \
    println!(\"hello\"); }\n```\n\nThanks, and have a look at example.org/path too! ";
const RUSSIAN: &str = "Я читаю этот блог уже два года, и лучшего объяснения не видел. Один вопрос: что будет, если \
    реле не работает долго, скажем, два дня? У нас однажды ждали 4500 событий; все пришли по порядку, за минуту. ";
const DISGUISED: &str = "Ｃаrеful! th1s t3xt is w-r-i-t-t-e-n t o h i d e ev\u{200b}ery w.o.r.d, s*o t\u{301}here's much to r@ad \
    agа\u{ad}in; x!y $o many 𝓌𝑜𝓇𝒹𝓈 looooong. ";

/// Random words with the letter frequencies of English, so that phrases begin like words of a text.
fn phrases() -> Vec<String> {
    let letters = b"eeeeetttaaaooiinnsshhrrddlluccmwfgypbvk";
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        // xorshift64*, Vigna 2016: the same phrases on every machine.
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        usize::try_from(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap_or(0) % bound
    };
    let mut word = |least: usize, more: usize| -> String {
        let length = least + next(more);
        (0..length)
            .map(|_| char::from(letters[next(letters.len())]))
            .collect()
    };
    (0..PHRASES)
        .map(|number| match number % 4 {
            0 => format!("{} {}", word(3, 5), word(4, 6)),
            1 => format!("{} {} {}", word(2, 4), word(3, 4), word(4, 5)),
            _ => word(6, 6),
        })
        .collect()
}

fn rules() -> anyhow::Result<Rules> {
    let set = RuleSet {
        phrases: vec![PhraseList {
            name: "all".to_owned(),
            action: Action::Reject,
            reason: None,
            phrases: phrases(),
        }],
        domains: vec![DomainList {
            name: "all".to_owned(),
            action: Action::Reject,
            reason: None,
            domains: (0..1_000).map(|number| format!("shop{number}.example")).collect(),
        }],
        ..RuleSet::default()
    };
    let begun = Instant::now();
    let rules = Rules::compile(&set, None).map_err(|errors| anyhow!("{errors:?}"))?;
    print_time(&format!("compiling {PHRASES} phrases"), begun.elapsed(), None);
    Ok(rules)
}

pub(crate) fn run() -> anyhow::Result<()> {
    let rules = rules()?;
    let mut slow = Vec::new();
    for (name, text) in [
        ("prose", PROSE),
        ("Markdown", MARKDOWN),
        ("Russian", RUSSIAN),
        ("disguised", DISGUISED),
    ] {
        for (length, most) in COMMENTS {
            let text: String = text.chars().cycle().take(length).collect();
            let (checked, reference) = (
                median(ROUNDS, || check(&rules, &text)),
                median(ROUNDS, || normalise(&text)),
            );
            let name = format!("rules: a comment of {length} characters, {name}");
            print_time(&name, checked, Some(reference));
            slow.extend((checked > most).then_some((name, checked)));
        }
    }
    for (name, piece) in [
        ("prose", PROSE),
        ("Markdown", MARKDOWN),
        ("disguised", DISGUISED),
        ("one letter", "a"),
        ("brackets", "["),
        ("links", "a.example/ "),
    ] {
        let text = piece.repeat(256 * 1024 / piece.len());
        let (checked, reference) = (median(5, || check(&rules, &text)), median(5, || normalise(&text)));
        let name = format!("rules: a post of 256 KiB, {name}");
        print_time(&name, checked, Some(reference));
        slow.extend((checked > POST).then_some((name, checked)));
    }
    ensure!(slow.is_empty(), "too slow: {slow:?}");
    Ok(())
}

fn check(rules: &Rules, text: &str) -> Outcome {
    let submission = Submission {
        kind: Kind::Comment,
        fields: &[Field::Markdown(text)],
        author_approved_comments: 1,
        author_account_age: None,
        same_text_elsewhere: 0,
    };
    rules.judge(&submission).outcome
}

/// The reference: the letters of a text, decomposed and in lower case.
fn normalise(text: &str) -> usize {
    text.nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .count()
}

fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            black_box(work());
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(rounds / 2).copied().unwrap_or_default()
}

#[allow(clippy::print_stdout, reason = "the result")]
fn print_time(what: &str, time: Duration, reference: Option<Duration>) {
    let micros = time.as_secs_f64() * 1e6;
    match reference {
        None => println!("{what:<70} {micros:>9.1} µs"),
        Some(reference) => {
            let ratio = time.as_secs_f64() / reference.as_secs_f64().max(1e-9);
            println!("{what:<70} {micros:>9.1} µs  {ratio:>6.2} x normalisation alone");
        }
    }
}
