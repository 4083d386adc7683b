//! Finds phrases: all of them in one pass by an automaton over letter classes, then each place looked at closely.
//!
//! The class of a letter is what it may be taken for (`1`, `i` and `l` are one), each once however often it is
//! repeated. So the automaton finds a few places too many and none too few, and what it found is then compared letter
//! by letter. Nothing is ever tried again from an earlier place: the work is linear in the text.

use std::{collections::HashMap, mem};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

use super::{
    disguise::{self, Spaced, Way},
    letters::{I_OR_L, class, readings},
    words::{self, Gap, Glyph, Letter, MAX_RUN, Stream},
};

/// So many places are remembered of one text. More than any text has that a person would defend.
const MAX_HITS: usize = 10_000;
/// A phrase of so many letters may have a stray letter beside it when its letters stand apart.
const LONG: usize = 5;

/// A phrase as it is looked for.
#[derive(Debug)]
pub(super) struct Phrase {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    letters: Vec<char>,
    /// No blank stands before it, though it is a word: in scripts whose letters stand by themselves.
    tight: bool,
}

impl Phrase {
    /// None if there are not two letters or digits in it.
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

    /// As bytes for the automaton, its words apart or joined.
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

/// Where a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Which, by its number.
    pub(super) phrase: usize,
    /// The first byte of it.
    pub(super) from: u32,
    /// The first byte of its last letter.
    pub(super) last: u32,
}

/// Phrases, ready to be looked for.
#[derive(Debug)]
pub(super) struct Phrases {
    automaton: AhoCorasick,
    /// Which phrases a pattern may be, and whether joined.
    patterns: Vec<Vec<(usize, bool)>>,
    phrases: Vec<Phrase>,
    /// How many words a phrase can have beside any one of its words.
    reach: usize,
}

impl Phrases {
    /// # Errors
    ///
    /// Of the automaton, when there are more patterns than it can number.
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

    /// Where phrases are, in no particular order. With `all` every place, else at least one of each phrase.
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
                let unwanted = (self.seen[*phrase] && !self.all) || (*joined && spaced.is_none());
                if unwanted || self.hits.len() >= MAX_HITS {
                    continue;
                }
                let way = spaced.map(|spaced| spaced.way(found.start()));
                let place = &self.phrases.phrases[*phrase];
                if let Some((from, last)) = compare(place, *joined, way, stream, found.range()) {
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

/// Whether a phrase is really there; where, if so.
fn compare(
    phrase: &Phrase,
    joined: bool,
    way: Option<Way>,
    stream: &Stream,
    range: std::ops::Range<usize>,
) -> Option<(u32, u32)> {
    if way == Some(Way::WithoutLetter) && phrase.letters().count() < LONG {
        return None;
    }
    let mut found = stream.words(range).peekable();
    let first = *found.peek()?.first()?;
    let mut last = first;
    if joined {
        let letters: Vec<char> = phrase.letters().collect();
        let word = found.next()?;
        last = *word.last()?;
        return same(&letters, word, way.is_some()).then_some((first.at, last.at));
    }
    for word in &phrase.words {
        let letters = found.next()?;
        if (word.tight && !letters.first()?.joins) || !same(&word.letters, letters, way.is_some()) {
            return None;
        }
        last = *letters.last()?;
    }
    (first.starts && last.ends).then_some((first.at, last.at))
}

/// Whether a word of a text is a word of a phrase; `apart` if its letters stand so, which makes each its own.
fn same(wanted: &[char], found: &[Letter], apart: bool) -> bool {
    if wanted.len() == found.len()
        && wanted
            .iter()
            .zip(found)
            .all(|(wanted, found)| *wanted == found.letter)
    {
        return true;
    }
    // No letter is there more often than that, see `words::MAX_RUN`; but many different ones may share a class.
    if found.len() < wanted.len() || found.len() > MAX_RUN * wanted.len() {
        return false;
    }
    let eye = Eye::on(found, apart);
    let (mut wanted, mut found) = (wanted, found);
    while let (Some(first), false) = (wanted.first(), found.is_empty()) {
        let class_ = class(*first);
        let length =
            |is: &dyn Fn(usize) -> bool, most: usize| (0..most).find(|index| !is(*index)).unwrap_or(most);
        let these = length(&|index| class(wanted[index]) == class_, wanted.len());
        let those = length(&|index| class(found[index].letter) == class_, found.len());
        if !eye.same_run(&wanted[..these], &found[..those]) {
            return false;
        }
        wanted = &wanted[these..];
        found = &found[those..];
    }
    wanted.is_empty() && found.is_empty()
}

/// How a word of a text is to be read.
struct Eye {
    /// Digits and symbols may stand for letters.
    leet: bool,
    /// Letters are repeated for effect.
    stretched: bool,
}

impl Eye {
    fn on(word: &[Letter], apart: bool) -> Self {
        let digits = word
            .iter()
            .filter(|letter| letter.letter.is_ascii_digit())
            .count();
        let runs = || {
            word.chunk_by(|last, next| last.letter == next.letter)
                .map(<[Letter]>::len)
        };
        Self {
            // A number with a unit, a road, a size is no word: `45s`, `A55`, `4k`.
            leet: word.len() >= 3 && word.len() - digits >= digits,
            // No word has a letter three times on end, nor each of its letters twice.
            stretched: apart
                || runs().any(|run| run >= 3)
                || (runs().count() >= 3 && runs().all(|run| run >= 2)),
        }
    }

    fn accepts(&self, wanted: char, found: char) -> bool {
        wanted == found || ((self.leet || found == I_OR_L) && readings(found).contains(&wanted))
    }

    /// Whether letters of one class are the same on both sides, or more of them where words are stretched.
    fn same_run(&self, wanted: &[char], found: &[Letter]) -> bool {
        if wanted.len() == found.len() {
            return wanted
                .iter()
                .zip(found)
                .all(|(wanted, found)| self.accepts(*wanted, found.letter));
        }
        if !self.stretched || wanted.len() > found.len() {
            return false;
        }
        // Which wanted letters the found one may be, after all before it: each the same as the last one's or the next.
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
