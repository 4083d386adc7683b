//! Other ways to read what does not look like plain words: look-alike letters, symbols for letters, words cut by
//! punctuation or blanks. Only such places are read again, each in few ways, so this is linear in the text too.

use std::ops::Range;

use super::{
    letters::Script,
    words::{Gap, Glyph, Stream, dense, letter},
};

/// What stands between two blanks.
struct Chunk {
    range: Range<usize>,
    /// By punctuation inside it.
    parted: bool,
    symbols: bool,
    /// It has letters with look-alikes.
    alike: bool,
    /// There is another way to read it.
    odd: bool,
}

/// Reads the odd places of a text again, each with as many words around as a phrase may have beside it (`reach`).
/// Nothing if there are none.
pub(super) fn reread(glyphs: &[Glyph], reach: usize) -> Option<Stream> {
    let chunks = chunks(glyphs);
    if !chunks.iter().any(|chunk| chunk.odd) {
        return None;
    }
    let mut reading = Reading {
        glyphs,
        scripts: Scripts::of(glyphs),
        cyrillic: false,
        stream: Stream::with_capacity(64),
        word: Vec::new(),
    };
    let mut done = 0;
    let mut odd = chunks
        .iter()
        .enumerate()
        .filter(|(_, chunk)| chunk.odd)
        .peekable();
    while let Some((first, _)) = odd.next() {
        let mut last = first;
        // What is near enough to share a phrase is read together.
        while let Some((next, _)) = odd.next_if(|(next, _)| *next <= last + reach + 1) {
            last = next;
        }
        let from = first.saturating_sub(reach).max(done);
        let to = (last + reach + 1).min(chunks.len());
        done = last + 1;
        reading.all_ways(&chunks[from..to]);
    }
    Some(reading.stream)
}

fn chunks(glyphs: &[Glyph]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::with_capacity(glyphs.len() / 4);
    let mut dense = false;
    for (index, glyph) in glyphs.iter().enumerate() {
        if glyph.gap >= Gap::Space || glyph.script.is_dense() != dense || chunks.is_empty() {
            dense = glyph.script.is_dense();
            chunks.push(Chunk {
                range: index..index,
                parted: false,
                symbols: false,
                alike: false,
                odd: false,
            });
        }
        let Some(chunk) = chunks.last_mut() else { continue };
        let begins = chunk.range.is_empty();
        chunk.range.end = index + 1;
        if dense {
            continue;
        }
        chunk.parted |= !begins && glyph.gap == Gap::Punctuation;
        chunk.symbols |= glyph.symbol;
        chunk.alike |= glyph.alike != '\0';
        let edge = begins || glyphs.get(index + 1).is_none_or(|next| next.gap > Gap::None);
        chunk.odd |=
            chunk.parted || chunk.symbols || glyph.alike != '\0' || (edge && glyph.letter.is_ascii_digit());
    }
    chunks
}

struct Reading<'a> {
    glyphs: &'a [Glyph],
    scripts: Scripts,
    /// Words of Cyrillic and Latin letters are Cyrillic ones.
    cyrillic: bool,
    stream: Stream,
    /// Kept for its memory.
    word: Vec<Glyph>,
}

impl Reading<'_> {
    fn all_ways(&mut self, chunks: &[Chunk]) {
        // `$cam`, `sс@m`, `anti-sсam`, `scam99`.
        self.way(chunks, |glyph| glyph.gap > Gap::None, |_| false);
        if self.scripts.mixed && chunks.iter().any(|chunk| chunk.alike) {
            self.cyrillic = true;
            self.way(chunks, |glyph| glyph.gap > Gap::None, |_| false);
            self.cyrillic = false;
        }
        // `s.c.a.m`, `sc-@m`.
        if chunks.iter().any(|chunk| chunk.parted) {
            self.way(chunks, |_| false, |_| false);
        }
        // `s$c$a$m`.
        if chunks.iter().any(|chunk| chunk.symbols) {
            self.way(chunks, |_| false, |glyph| glyph.symbol);
        }
    }

    fn way(&mut self, chunks: &[Chunk], parts: impl Fn(&Glyph) -> bool, skips: impl Fn(&Glyph) -> bool) {
        self.stream.break_off();
        for chunk in chunks {
            for index in chunk.range.clone() {
                let glyph = self.glyphs[index];
                if glyph.script.is_dense() {
                    dense(&mut self.stream, self.glyphs, index);
                } else {
                    if parts(&glyph) {
                        self.end_word();
                    }
                    if !skips(&glyph) {
                        self.word.push(glyph);
                    }
                }
            }
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        let word = trimmed(&self.word);
        let manner = self.scripts.manner(word, self.cyrillic);
        for glyph in word {
            self.stream.push(letter(glyph, manner.read(glyph)));
        }
        self.word.clear();
        self.stream.end_word();
    }
}

/// Without the digits around a word: `scam2024`.
fn trimmed(word: &[Glyph]) -> &[Glyph] {
    let is_digit = |glyph: &Glyph| glyph.letter.is_ascii_digit();
    let letters = word.iter().filter(|glyph| !is_digit(glyph)).count();
    let first = word.iter().position(|glyph| !is_digit(glyph));
    let last = word.iter().rposition(|glyph| !is_digit(glyph));
    match (first, last) {
        (Some(first), Some(last)) if letters >= 3 => &word[first..=last],
        _ => word,
    }
}

/// How the letters of a word are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    AsTheyAre,
    Latin,
    Cyrillic,
}

impl Manner {
    fn read(self, glyph: &Glyph) -> char {
        let latin = match glyph.alike {
            '\0' => glyph.letter,
            alike => alike,
        };
        match self {
            Self::AsTheyAre => glyph.letter,
            Self::Latin => latin,
            Self::Cyrillic if glyph.script == Script::Cyrillic => glyph.letter,
            Self::Cyrillic => cyrillic(latin),
        }
    }
}

/// The Cyrillic letter for a Latin one, by their looks (Unicode TR39).
fn cyrillic(c: char) -> char {
    match c {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' => 'е',
        'h' => 'н',
        'i' => 'і',
        'j' => 'ј',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        's' => 'ѕ',
        't' => 'т',
        'x' => 'х',
        'y' => 'у',
        _ => c,
    }
}

/// Which scripts a text is really written in, of those whose letters can pass for Latin ones.
#[derive(Debug, Default)]
struct Scripts {
    /// Letters of Latin words.
    latin: usize,
    /// Of words in Cyrillic, Greek and others.
    counts: [Count; 3],
    /// There are words of Cyrillic and Latin letters.
    mixed: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    letters: usize,
    /// Of them, those that do not look closely like a Latin letter: in Russian, more than half.
    own: usize,
}

impl Scripts {
    fn of(glyphs: &[Glyph]) -> Self {
        let mut scripts = Self::default();
        if !glyphs.iter().any(|glyph| glyph.alike != '\0') {
            return scripts;
        }
        for word in glyphs.chunk_by(|_, next| next.gap == Gap::None) {
            if is_mixed(word) {
                scripts.mixed |= word.iter().any(|glyph| glyph.script == Script::Cyrillic);
            } else if let Some(count) = script(word).and_then(|place| scripts.counts.get_mut(place)) {
                count.letters += word.len();
                count.own += word.iter().filter(|glyph| !glyph.close).count();
            } else {
                scripts.latin += word.len();
            }
        }
        scripts
    }

    /// Whether a word of nothing but look-alikes is more likely a disguise than a word of its script.
    fn is_foreign(&self, word: &[Glyph]) -> bool {
        script(word)
            .and_then(|place| self.counts.get(place))
            .is_none_or(|count| self.latin > count.letters || 3 * count.own < count.letters)
    }

    /// With `cyrillic`, a word that may be meant in Cyrillic or Latin is meant in Cyrillic.
    fn manner(&self, word: &[Glyph], cyrillic: bool) -> Manner {
        if word.iter().all(|glyph| glyph.alike == '\0') {
            return Manner::AsTheyAre;
        }
        let mixed = is_mixed(word);
        // No Latin letter looks like these.
        let mut own = word
            .iter()
            .filter(|glyph| !glyph.letter.is_ascii() && glyph.alike == '\0')
            .peekable();
        let latin = own.peek().is_none();
        match (mixed, latin) {
            (true, true) if !cyrillic => Manner::Latin,
            (true, _) if own.all(|glyph| glyph.script == Script::Cyrillic) => Manner::Cyrillic,
            (false, true) if self.is_foreign(word) => Manner::Latin,
            _ => Manner::AsTheyAre,
        }
    }
}

/// Whether a word has letters of several scripts.
fn is_mixed(word: &[Glyph]) -> bool {
    let mut scripts = word
        .iter()
        .filter(|glyph| glyph.letter.is_alphabetic())
        .map(|glyph| glyph.script);
    let first = scripts.next();
    scripts.any(|script| Some(script) != first)
}

fn script(word: &[Glyph]) -> Option<usize> {
    let first = word.iter().find(|glyph| glyph.letter.is_alphabetic())?;
    match first.script {
        Script::Cyrillic => Some(0),
        Script::Greek => Some(1),
        Script::Alike => Some(2),
        _ => None,
    }
}

/// Words whose letters stand apart: `s c a m`, `s. c. a. m.`
#[derive(Debug)]
pub(super) struct Spaced {
    pub(super) stream: Stream,
    /// Where in the stream's bytes each way to read them begins, and which it is.
    ways: Vec<(usize, Way)>,
}

/// How much of a run of single letters is taken for a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Whole,
    /// Without a letter at an end that is a word by itself: `a s c a m`.
    WithoutWord,
    /// Without any other letter at an end.
    WithoutLetter,
}

impl Spaced {
    /// The way in which what begins at this byte is read.
    pub(super) fn way(&self, byte: usize) -> Way {
        let next = self.ways.partition_point(|(begin, _)| *begin <= byte);
        next.checked_sub(1)
            .and_then(|index| self.ways.get(index))
            .map_or(Way::Whole, |(_, way)| *way)
    }

    fn begin(&mut self, way: Way) {
        self.stream.break_off();
        self.ways.push((self.stream.bytes.len() - 1, way));
    }
}

/// Joins runs of three single letters or more; nothing if there are none.
pub(super) fn spaced(glyphs: &[Glyph]) -> Option<Spaced> {
    let scripts = Scripts::of(glyphs);
    let mut found: Option<Spaced> = None;
    // Each a letter, or one repeated: `s cc a m`.
    let mut run: Vec<&[Glyph]> = Vec::new();
    let words = glyphs
        .chunk_by(|last, next| next.gap == Gap::None && last.script.is_dense() == next.script.is_dense());
    for word in words.chain(std::iter::once(&[][..])) {
        let single = word.first().is_some_and(|first| {
            !first.script.is_dense() && word.iter().all(|glyph| glyph.letter == first.letter)
        });
        if single {
            run.push(word);
            continue;
        }
        if run.len() >= 3 {
            let spaced = found.get_or_insert_with(|| Spaced {
                stream: Stream::with_capacity(64),
                ways: Vec::new(),
            });
            join(spaced, &scripts, &run);
        }
        run.clear();
    }
    found
}

fn join(spaced: &mut Spaced, scripts: &Scripts, run: &[&[Glyph]]) {
    let usual = run[1..].iter().map(|word| word[0].gap).min();
    let is_wide = |word: &&[Glyph]| Some(word[0].gap) > usual;
    if run[1..].iter().any(is_wide) {
        spaced.begin(Way::Whole);
        let mut rest = run;
        while !rest.is_empty() {
            let end = rest[1..]
                .iter()
                .position(is_wide)
                .map_or(rest.len(), |index| index + 1);
            push(&mut spaced.stream, scripts, &rest[..end]);
            rest = &rest[end..];
        }
    }
    let last = run.len() - 1;
    for (part, dropped) in [
        (run, &[][..]),
        (&run[1..], &run[..1]),
        (&run[..last], &run[last..]),
        (&run[1..last], &[run[0], run[last]][..]),
    ] {
        let is_word = |word: &&[Glyph]| matches!(word[0].letter, 'a' | 'i' | 'o');
        spaced.begin(match dropped {
            [] => Way::Whole,
            dropped if dropped.iter().all(is_word) => Way::WithoutWord,
            _ => Way::WithoutLetter,
        });
        push(&mut spaced.stream, scripts, part);
    }
}

fn push(stream: &mut Stream, scripts: &Scripts, letters: &[&[Glyph]]) {
    let word: Vec<Glyph> = letters.iter().copied().flatten().copied().collect();
    let manner = scripts.manner(&word, false);
    for glyph in &word {
        stream.push(letter(glyph, manner.read(glyph)));
    }
    stream.end_word();
}
