//! Disguised words: look-alike letters, symbols for letters, words split by punctuation or spaces. Only such passages
//! are read again, each in a few variants, so this is linear in the text, too.

use std::ops::Range;

use super::{
    letters::Script,
    words::{Gap, Glyph, Stream, letter, push_dense},
};

/// The letters between two spaces.
struct Chunk {
    range: Range<usize>,
    /// Whether there is punctuation inside.
    split: bool,
    symbols: bool,
    /// Whether there are look-alikes.
    lookalikes: bool,
    /// Whether it can be read in another way.
    ambiguous: bool,
}

/// Reads the ambiguous passages of a text again, each with as many words around as a phrase may include (`reach`);
/// `None` if there are none.
pub(super) fn reread(glyphs: &[Glyph], reach: usize) -> Option<Stream> {
    let chunks = chunks(glyphs);
    if !chunks.iter().any(|chunk| chunk.ambiguous) {
        return None;
    }
    let mut reader = Rereader {
        glyphs,
        scripts: Scripts::of(glyphs),
        cyrillic: false,
        stream: Stream::with_capacity(64),
        word: Vec::new(),
    };
    let mut done = 0;
    let mut ambiguous = chunks
        .iter()
        .enumerate()
        .filter(|(_, chunk)| chunk.ambiguous)
        .peekable();
    while let Some((first, _)) = ambiguous.next() {
        let mut last = first;
        // Passages that are close enough to share a phrase are read together.
        while let Some((next, _)) = ambiguous.next_if(|(next, _)| *next <= last + reach + 1) {
            last = next;
        }
        let from = first.saturating_sub(reach).max(done);
        let to = (last + reach + 1).min(chunks.len());
        done = last + 1;
        reader.read_variants(&chunks[from..to]);
    }
    Some(reader.stream)
}

fn chunks(glyphs: &[Glyph]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::with_capacity(glyphs.len() / 4);
    let mut dense = false;
    for (index, glyph) in glyphs.iter().enumerate() {
        if glyph.gap >= Gap::Space || glyph.script.is_dense() != dense || chunks.is_empty() {
            dense = glyph.script.is_dense();
            chunks.push(Chunk {
                range: index..index,
                split: false,
                symbols: false,
                lookalikes: false,
                ambiguous: false,
            });
        }
        let Some(chunk) = chunks.last_mut() else { continue };
        let begins = chunk.range.is_empty();
        chunk.range.end = index + 1;
        if dense {
            continue;
        }
        chunk.split |= !begins && glyph.gap == Gap::Punctuation;
        chunk.symbols |= glyph.symbol;
        chunk.lookalikes |= glyph.lookalike != '\0';
        let edge = begins || glyphs.get(index + 1).is_none_or(|next| next.gap > Gap::None);
        chunk.ambiguous |= chunk.split
            || chunk.symbols
            || glyph.lookalike != '\0'
            || (edge && glyph.letter.is_ascii_digit());
    }
    chunks
}

struct Rereader<'a> {
    glyphs: &'a [Glyph],
    scripts: Scripts,
    /// Whether words of both Cyrillic and Latin letters are read as Cyrillic.
    cyrillic: bool,
    stream: Stream,
    /// Reused to save allocations.
    word: Vec<Glyph>,
}

impl Rereader<'_> {
    fn read_variants(&mut self, chunks: &[Chunk]) {
        // `$cam`, `sс@m`, `anti-sсam`, `scam99`.
        self.read_variant(chunks, |glyph| glyph.gap > Gap::None, |_| false);
        if self.scripts.mixed && chunks.iter().any(|chunk| chunk.lookalikes) {
            self.cyrillic = true;
            self.read_variant(chunks, |glyph| glyph.gap > Gap::None, |_| false);
            self.cyrillic = false;
        }
        // `s.c.a.m`, `sc-@m`.
        if chunks.iter().any(|chunk| chunk.split) {
            self.read_variant(chunks, |_| false, |_| false);
        }
        // `s$c$a$m`.
        if chunks.iter().any(|chunk| chunk.symbols) {
            self.read_variant(chunks, |_| false, |glyph| glyph.symbol);
        }
    }

    fn read_variant(
        &mut self,
        chunks: &[Chunk],
        separates: impl Fn(&Glyph) -> bool,
        skips: impl Fn(&Glyph) -> bool,
    ) {
        self.stream.break_off();
        for chunk in chunks {
            for index in chunk.range.clone() {
                let glyph = self.glyphs[index];
                if glyph.script.is_dense() {
                    push_dense(&mut self.stream, self.glyphs, index);
                } else {
                    if separates(&glyph) {
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
        let spelling = self.scripts.spelling(word, self.cyrillic);
        for glyph in word {
            self.stream.push(letter(glyph, spelling.read(glyph)));
        }
        self.word.clear();
        self.stream.end_word();
    }
}

/// The word without digits around it: `scam2024`.
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

/// The script in which a word is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    AsWritten,
    Latin,
    Cyrillic,
}

impl Spelling {
    fn read(self, glyph: &Glyph) -> char {
        let latin = match glyph.lookalike {
            '\0' => glyph.letter,
            lookalike => lookalike,
        };
        match self {
            Self::AsWritten => glyph.letter,
            Self::Latin => latin,
            Self::Cyrillic if glyph.script == Script::Cyrillic => glyph.letter,
            Self::Cyrillic => cyrillic(latin),
        }
    }
}

/// The Cyrillic letter that looks like a Latin one (Unicode TR39).
fn cyrillic(latin: char) -> char {
    let pairs = "abcehijkmopstxy".chars().zip("авсеніјкморѕтху".chars());
    let found = pairs.into_iter().find(|(letter, _)| *letter == latin);
    found.map_or(latin, |(_, cyrillic)| cyrillic)
}

/// How much of a text is really written in each script whose letters look like Latin ones.
#[derive(Debug, Default)]
struct Scripts {
    /// The number of letters in Latin words.
    latin: usize,
    /// Words in Cyrillic, Greek and other scripts.
    counts: [Count; 3],
    /// Whether there are words of both Cyrillic and Latin letters.
    mixed: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    letters: usize,
    /// Those that do not look like a Latin letter closely: in Russian, more than half.
    own: usize,
}

impl Scripts {
    fn of(glyphs: &[Glyph]) -> Self {
        let mut scripts = Self::default();
        if !glyphs.iter().any(|glyph| glyph.lookalike != '\0') {
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

    /// Whether a word of look-alikes only is more likely a disguise than a word of its script.
    fn is_disguise(&self, word: &[Glyph]) -> bool {
        script(word)
            .and_then(|place| self.counts.get(place))
            .is_none_or(|count| self.latin > count.letters || 3 * count.own < count.letters)
    }

    /// With `cyrillic`, a word that can be Cyrillic or Latin is read as Cyrillic.
    fn spelling(&self, word: &[Glyph], cyrillic: bool) -> Spelling {
        if word.iter().all(|glyph| glyph.lookalike == '\0') {
            return Spelling::AsWritten;
        }
        let mixed = is_mixed(word);
        // Letters that look like no Latin letter.
        let mut own = word
            .iter()
            .filter(|glyph| !glyph.letter.is_ascii() && glyph.lookalike == '\0')
            .peekable();
        let latin = own.peek().is_none();
        match (mixed, latin) {
            (true, true) if !cyrillic => Spelling::Latin,
            (true, _) if own.all(|glyph| glyph.script == Script::Cyrillic) => Spelling::Cyrillic,
            (false, true) if self.is_disguise(word) => Spelling::Latin,
            _ => Spelling::AsWritten,
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
        Script::Lookalike => Some(2),
        _ => None,
    }
}

/// Words with separated letters: `s c a m`, `s. c. a. m.`
#[derive(Debug)]
pub(super) struct Spaced {
    pub(super) stream: Stream,
    /// The parts of runs that are read, by their start in the bytes of the stream.
    parts: Vec<(usize, RunPart)>,
}

/// How much of a run of single letters is read as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunPart {
    Whole,
    /// Without letters at the ends that are words themselves: `a s c a m`.
    WithoutWord,
    /// Without other letters at the ends.
    WithoutLetter,
}

impl Spaced {
    /// The part that the byte belongs to.
    pub(super) fn part_at(&self, byte: usize) -> RunPart {
        let next = self.parts.partition_point(|(begin, _)| *begin <= byte);
        next.checked_sub(1)
            .and_then(|index| self.parts.get(index))
            .map_or(RunPart::Whole, |(_, part)| *part)
    }

    fn begin(&mut self, part: RunPart) {
        self.stream.break_off();
        self.parts.push((self.stream.bytes.len() - 1, part));
    }
}

/// Joins runs of three single letters or more; `None` if there are none.
pub(super) fn spaced(glyphs: &[Glyph]) -> Option<Spaced> {
    let scripts = Scripts::of(glyphs);
    let mut found: Option<Spaced> = None;
    // Each is a letter, perhaps repeated: `s cc a m`.
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
                parts: Vec::new(),
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
        spaced.begin(RunPart::Whole);
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
            [] => RunPart::Whole,
            dropped if dropped.iter().all(is_word) => RunPart::WithoutWord,
            _ => RunPart::WithoutLetter,
        });
        push(&mut spaced.stream, scripts, part);
    }
}

fn push(stream: &mut Stream, scripts: &Scripts, letters: &[&[Glyph]]) {
    let word: Vec<Glyph> = letters.iter().copied().flatten().copied().collect();
    let spelling = scripts.spelling(&word, false);
    for glyph in &word {
        stream.push(letter(glyph, spelling.read(glyph)));
    }
    stream.end_word();
}
