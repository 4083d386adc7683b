//! Finds phrases: candidates of all phrases in one pass of an automaton over letter classes, then an exact comparison.
//!
//! The class of a letter represents all letters that it may be mistaken for (`1`, `i` and `l` are one class), and
//! repetitions count once. So the automaton finds some false candidates and misses nothing, and the candidates are
//! compared letter by letter. There is no backtracking: the work is linear in the text.

use std::{collections::HashMap, mem};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

use super::{
    disguise::{self, RunPart, Spaced},
    letters::{I_OR_L, class, readings},
    words::{self, Gap, Glyph, Letter, MAX_RUN, Stream},
};

/// After this number of matches in one text, which no legitimate text has, only the first one of each phrase is found.
pub(super) const MAX_HITS: usize = 10_000;
/// The minimum length of a phrase that may have another letter beside it when its letters are separated.
const LONG: usize = 5;

/// A phrase to find.
#[derive(Debug)]
pub(super) struct Phrase {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    letters: Vec<char>,
    /// Whether there is no space before it: in scripts whose letters are matched one by one.
    tight: bool,
}

impl Phrase {
    /// `None` if it has fewer than two letters or digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let glyphs = words::glyphs(text);
        let mut words: Vec<Word> = Vec::new();
        let mut dense = false;
        for (index, glyph) in glyphs.iter().enumerate() {
            let tight = index > 0 && glyph.gap == Gap::None;
            if !tight || dense || glyph.script.is_dense() {
                words.push(Word {
                    letters: Vec::new(),
                    tight,
                });
            }
            dense = glyph.script.is_dense();
            let letter = match glyph.letter {
                I_OR_L => text[glyph.at as usize..]
                    .chars()
                    .next()
                    .map_or('i', |c| c.to_ascii_lowercase()),
                letter => letter,
            };
            if let Some(word) = words.last_mut() {
                word.letters.push(letter);
            }
        }
        let significant = glyphs.iter().filter(|glyph| !glyph.symbol).count();
        (significant >= 2).then_some(Self { words })
    }

    /// The bytes for the automaton, with the words separate or joined.
    fn pattern(&self, joined: bool) -> Vec<u8> {
        let mut stream = Stream::with_capacity(64);
        for word in &self.words {
            for letter in &word.letters {
                stream.push(Letter {
                    letter: *letter,
                    at: 0,
                    starts: true,
                    ends: true,
                    joins: false,
                });
            }
            if !joined {
                stream.end_word();
            }
        }
        stream.end_word();
        mem::take(&mut stream.bytes)
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.words.iter().flat_map(|word| word.letters.iter().copied())
    }

    fn is_spaced(&self) -> bool {
        self.words.len() > 1 && self.words.iter().all(|word| !word.tight)
    }
}

/// A match of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The number of the phrase.
    pub(super) phrase: usize,
    /// Its first byte.
    pub(super) from: u32,
    /// The first byte of its last letter.
    pub(super) last: u32,
}

/// Compiled phrases.
#[derive(Debug)]
pub(super) struct Phrases {
    automaton: AhoCorasick,
    /// The phrases of each pattern, and whether they are joined.
    patterns: Vec<Vec<(usize, bool)>>,
    phrases: Vec<Phrase>,
    /// The maximum number of other words in a phrase.
    reach: usize,
}

impl Phrases {
    /// # Errors
    /// If the automaton cannot have so many patterns.
    pub(super) fn compile(phrases: Vec<Phrase>) -> Result<Self, BuildError> {
        let mut numbers: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut patterns: Vec<Vec<(usize, bool)>> = Vec::new();
        for (index, phrase) in phrases.iter().enumerate() {
            let mut add = |joined: bool| {
                let next = patterns.len();
                let number = *numbers.entry(phrase.pattern(joined)).or_insert(next);
                if number == next {
                    patterns.push(Vec::new());
                }
                patterns[number].push((index, joined));
            };
            add(false);
            if phrase.is_spaced() {
                add(true);
            }
        }
        let mut ordered = vec![Vec::new(); patterns.len()];
        for (pattern, number) in numbers {
            ordered[number] = pattern;
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(ordered)?;
        let longest = phrases.iter().map(|phrase| phrase.words.len()).max();
        Ok(Self {
            automaton,
            patterns,
            reach: longest.map_or(0, |words| words.saturating_sub(1)),
            phrases,
        })
    }

    /// Matches of phrases, in no particular order: with `all` every match up to [`MAX_HITS`], otherwise
    /// at least one of each phrase.
    pub(super) fn find(&self, glyphs: &[Glyph], all: bool) -> Vec<Hit> {
        let mut search = Search {
            phrases: self,
            seen: vec![false; self.phrases.len()],
            all,
            hits: Vec::new(),
        };
        search.run(&words::plain(glyphs), None);
        if let Some(stream) = disguise::reread(glyphs, self.reach) {
            search.run(&stream, None);
        }
        if let Some(spaced) = disguise::spaced(glyphs) {
            search.run(&spaced.stream, Some(&spaced));
        }
        search.hits
    }
}

struct Search<'a> {
    phrases: &'a Phrases,
    seen: Vec<bool>,
    all: bool,
    hits: Vec<Hit>,
}

impl Search<'_> {
    fn run(&mut self, stream: &Stream, spaced: Option<&Spaced>) {
        for found in self.phrases.automaton.find_overlapping_iter(&stream.bytes) {
            for (phrase, joined) in &self.phrases.patterns[found.pattern().as_usize()] {
                let all = self.all && self.hits.len() < MAX_HITS;
                if (self.seen[*phrase] && !all) || (*joined && spaced.is_none()) {
                    continue;
                }
                let part = spaced.map(|spaced| spaced.part_at(found.start()));
                let wanted = &self.phrases.phrases[*phrase];
                if let Some((from, last)) = compare(wanted, *joined, part, stream, found.range()) {
                    self.seen[*phrase] = true;
                    self.hits.push(Hit {
                        phrase: *phrase,
                        from,
                        last,
                    });
                }
            }
        }
    }
}

/// Compares a phrase with a candidate; returns the positions of its first and last letter.
fn compare(
    phrase: &Phrase,
    joined: bool,
    part: Option<RunPart>,
    stream: &Stream,
    range: std::ops::Range<usize>,
) -> Option<(u32, u32)> {
    if part == Some(RunPart::WithoutLetter) && phrase.letters().count() < LONG {
        return None;
    }
    let mut found = stream.words(range).peekable();
    let first = *found.peek()?.first()?;
    let mut last = first;
    if joined {
        let letters: Vec<char> = phrase.letters().collect();
        let word = found.next()?;
        last = *word.last()?;
        return is_same_word(&letters, word, part.is_some()).then_some((first.at, last.at));
    }
    for word in &phrase.words {
        let letters = found.next()?;
        if (word.tight && !letters.first()?.joins) || !is_same_word(&word.letters, letters, part.is_some()) {
            return None;
        }
        last = *letters.last()?;
    }
    (first.starts && last.ends).then_some((first.at, last.at))
}

/// Whether a word of a text is a word of a phrase. `separated`: its letters are separated, so each may be repeated.
fn is_same_word(wanted: &[char], found: &[Letter], separated: bool) -> bool {
    if wanted.len() == found.len()
        && wanted
            .iter()
            .zip(found)
            .all(|(wanted, found)| *wanted == found.letter)
    {
        return true;
    }
    // No letter is repeated more often (`words::MAX_RUN`), but different letters may share a class.
    if found.len() < wanted.len() || found.len() > MAX_RUN * wanted.len() {
        return false;
    }
    let reading = WordReading::new(found, separated);
    let (mut wanted, mut found) = (wanted, found);
    while let (Some(first), false) = (wanted.first(), found.is_empty()) {
        let class_ = class(*first);
        let length =
            |is: &dyn Fn(usize) -> bool, most: usize| (0..most).find(|index| !is(*index)).unwrap_or(most);
        let these = length(&|index| class(wanted[index]) == class_, wanted.len());
        let those = length(&|index| class(found[index].letter) == class_, found.len());
        if !reading.is_same_run(&wanted[..these], &found[..those]) {
            return false;
        }
        wanted = &wanted[these..];
        found = &found[those..];
    }
    wanted.is_empty() && found.is_empty()
}

/// How a word of a text is read.
struct WordReading {
    /// Whether digits and symbols may stand for letters.
    leet: bool,
    /// Whether letters are repeated for effect.
    stretched: bool,
}

impl WordReading {
    fn new(word: &[Letter], separated: bool) -> Self {
        let digits = word
            .iter()
            .filter(|letter| letter.letter.is_ascii_digit())
            .count();
        let runs = || {
            word.chunk_by(|last, next| last.letter == next.letter)
                .map(<[Letter]>::len)
        };
        Self {
            // Numbers with a unit, names of roads and sizes are not words: `45s`, `A55`, `4k`.
            leet: word.len() >= 3 && word.len() - digits >= digits,
            // No word has a letter three times in a row, nor each of its letters twice.
            stretched: separated
                || runs().any(|run| run >= 3)
                || (runs().count() >= 3 && runs().all(|run| run >= 2)),
        }
    }

    fn accepts(&self, wanted: char, found: char) -> bool {
        wanted == found || ((self.leet || found == I_OR_L) && readings(found).contains(&wanted))
    }

    /// Whether letters of one class are the same on both sides, or repeated in the text if the word is stretched.
    fn is_same_run(&self, wanted: &[char], found: &[Letter]) -> bool {
        if wanted.len() == found.len() {
            return wanted
                .iter()
                .zip(found)
                .all(|(wanted, found)| self.accepts(*wanted, found.letter));
        }
        if !self.stretched || wanted.len() > found.len() {
            return false;
        }
        // Which wanted letters the found one may be: the same as the letter found before it, or the next one.
        let mut may_be = vec![false; wanted.len()];
        for (index, found) in found.iter().enumerate() {
            let mut before = index == 0;
            for (place, wanted) in may_be.iter_mut().zip(wanted) {
                let here = (*place || before) && self.accepts(*wanted, found.letter);
                before = mem::replace(place, here);
            }
        }
        may_be.last().copied().unwrap_or(false)
    }
}
