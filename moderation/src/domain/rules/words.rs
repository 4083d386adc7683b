//! A text as letters with gaps between them, and as the streams of words in which phrases are matched.

use std::ops::Range;

use unicode_normalization::char::{compose, is_combining_mark};

use super::letters::{Folded, Folder, I_OR_L, Kind, Script, class};

/// What separates a letter from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Punctuation,
    Space,
    /// Several spaces, or a line break.
    Wide,
    /// The end of a sentence in a script without spaces.
    Stop,
}

/// A letter, digit or symbol of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub(super) letter: char,
    /// The Latin letter that it looks like, or `\0`.
    pub(super) lookalike: char,
    /// See [`Folded::close`].
    pub(super) close: bool,
    /// Its position in the text, in bytes.
    pub(super) at: u32,
    pub(super) gap: Gap,
    pub(super) script: Script,
    pub(super) symbol: bool,
}

/// Longer runs of one letter are cut, which bounds the work at each position of a text.
pub(super) const MAX_RUN: usize = 8;

/// The letters of a text, in linear time.
pub(super) fn glyphs(text: &str) -> Vec<Glyph> {
    let folder = Folder::new();
    let mut reader = Reader {
        glyphs: Vec::with_capacity(text.len()),
        gap: Gap::Wide,
        spaces: 0,
        run: 0,
        case: Case::None,
    };
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c.is_ascii_lowercase() && !(c == 'l' && reader.case == Case::Capital) {
            reader.push(c, at, &Folded::LATIN);
            reader.case = Case::Small;
            continue;
        }
        let next = rest.peek().map(|(_, next)| *next);
        reader.read(&folder, at, c, next);
    }
    reader.glyphs
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    None,
    Small,
    Capital,
}

struct Reader {
    glyphs: Vec<Glyph>,
    /// The gap before the next letter.
    gap: Gap,
    /// The number of consecutive spaces.
    spaces: u32,
    /// How often the last letter has been repeated.
    run: usize,
    /// The case of the last letter, if the next one follows directly.
    case: Case,
}

impl Reader {
    fn read(&mut self, folder: &Folder, at: usize, c: char, next: Option<char>) {
        let folded = folder.fold(c);
        match folded.kind {
            Kind::Nothing => {}
            Kind::Letter => self.letters(at, c, next, &folded),
            Kind::Symbol => {
                // At the end of a word `!` and `|` are punctuation, while `$` and `@` are letters.
                let inside = matches!(c, '@' | '$' | '€' | '¢' | '¥' | '£')
                    || (self.gap == Gap::None
                        && next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '!' | '|' | '@' | '$')));
                if inside {
                    self.push(c, at, &Folded::LATIN);
                    if let Some(last) = self.glyphs.last_mut() {
                        last.symbol = true;
                    }
                    self.case = Case::None;
                } else {
                    self.widen(Gap::Punctuation);
                }
            }
            Kind::Punctuation => self.widen(Gap::Punctuation),
            Kind::Stop => self.widen(Gap::Stop),
            Kind::Newline => self.widen(Gap::Wide),
            Kind::Space => {
                self.spaces += 1;
                let spaces = self.spaces;
                self.widen(if spaces > 1 { Gap::Wide } else { Gap::Space });
                self.spaces = spaces;
            }
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
        self.spaces = 0;
        self.case = Case::None;
    }

    fn letters(&mut self, at: usize, c: char, next: Option<char>, folded: &Folded) {
        let case = match c {
            'A'..='Z' | 'l' if self.case == Case::Capital => Case::Capital,
            'A'..='Z' => Case::Capital,
            'a'..='z' => Case::Small,
            _ => Case::None,
        };
        let capitals_around = self.case == Case::Capital && next.is_some_and(|c| c.is_ascii_uppercase());
        let either = (c == 'I' && self.case == Case::Small) || (c == 'l' && capitals_around);
        if either {
            self.push(I_OR_L, at, &Folded::LATIN);
        } else {
            for letter in folded.letters.into_iter().take_while(|letter| *letter != '\0') {
                self.push(letter, at, folded);
            }
        }
        // `kIll` continues in lower case.
        let is_small = (c == 'I' && self.case == Case::Small) || (c == 'l' && !capitals_around);
        self.case = if is_small { Case::Small } else { case };
    }

    fn push(&mut self, letter: char, at: usize, folded: &Folded) {
        if self.gap == Gap::None
            && let Some(last) = self.glyphs.last_mut()
        {
            if folded.script.is_dense()
                && joins_previous(letter)
                && let Some(whole) = compose(last.letter, letter)
            {
                last.letter = whole;
                return;
            }
            self.run = if last.letter == letter { self.run + 1 } else { 0 };
            if self.run >= MAX_RUN {
                return;
            }
        } else {
            self.run = 0;
        }
        self.glyphs.push(Glyph {
            letter,
            lookalike: folded.lookalike,
            close: folded.close,
            at: u32::try_from(at).unwrap_or(u32::MAX),
            gap: self.gap,
            script: folded.script,
            symbol: false,
        });
        self.gap = Gap::None;
        self.spaces = 0;
    }
}

/// Characters that form one letter with the one before: vowels and finals of Hangul, voicing marks of kana.
fn joins_previous(c: char) -> bool {
    matches!(u32::from(c), 0x1161..=0x11FF | 0x3099..=0x309A)
}

/// A letter in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    pub(super) letter: char,
    /// Its position in the text, in bytes.
    pub(super) at: u32,
    /// Whether a phrase may start here.
    pub(super) starts: bool,
    /// Whether a phrase may end here.
    pub(super) ends: bool,
    /// Whether it belongs to the same word as the letter before, in a script whose letters are matched one by one.
    pub(super) joins: bool,
}

/// Words as bytes for the automaton: the [classes](class) of their letters, consecutive equal ones once, with a space
/// before and after each word.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) bytes: Vec<u8>,
    /// The letter of each byte; of a space, the first letter of the next word.
    starts: Vec<u32>,
    letters: Vec<Letter>,
    last: char,
}

/// No phrase matches across it.
const BREAK: char = '\u{1}';

impl Stream {
    pub(super) fn with_capacity(letters: usize) -> Self {
        let mut stream = Self {
            bytes: Vec::with_capacity(letters + letters / 4),
            starts: Vec::with_capacity(letters + letters / 4),
            letters: Vec::with_capacity(letters),
            last: '\0',
        };
        stream.end_word();
        stream
    }

    pub(super) fn end_word(&mut self) {
        if self.bytes.last() != Some(&b' ') {
            self.byte(b' ');
            self.last = '\0';
        }
    }

    pub(super) fn break_off(&mut self) {
        self.end_word();
        self.symbol(BREAK);
        self.end_word();
    }

    pub(super) fn push(&mut self, letter: Letter) {
        let class = class(letter.letter);
        if class != self.last {
            self.symbol(class);
            self.last = class;
        }
        self.letters.push(letter);
    }

    fn symbol(&mut self, class: char) {
        let mut bytes = [0; 4];
        for byte in class.encode_utf8(&mut bytes).bytes() {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
        // A letter is pushed after its class.
        self.starts
            .push(u32::try_from(self.letters.len()).unwrap_or(u32::MAX));
    }

    /// The letters of each word in a range of bytes that starts and ends with a space.
    pub(super) fn words(&self, range: Range<usize>) -> impl Iterator<Item = &[Letter]> {
        let spaces = (range.start..range.end).filter(|index| self.bytes[*index] == b' ');
        let ends = spaces.clone().skip(1);
        spaces
            .zip(ends)
            .map(|(from, to)| &self.letters[self.starts[from] as usize..self.starts[to] as usize])
    }
}

/// The words as they are written: symbols and punctuation separate them.
pub(super) fn plain(glyphs: &[Glyph]) -> Stream {
    let mut stream = Stream::with_capacity(glyphs.len());
    let mut separated = true;
    for (index, glyph) in glyphs.iter().enumerate() {
        if glyph.symbol {
            separated = true;
            continue;
        }
        if separated || glyph.gap > Gap::None {
            stream.end_word();
            separated = false;
        }
        if glyph.script.is_dense() {
            push_dense(&mut stream, glyphs, index);
        } else {
            stream.push(letter(glyph, glyph.letter));
        }
    }
    stream.end_word();
    stream
}

/// A letter of a word.
pub(super) fn letter(glyph: &Glyph, letter: char) -> Letter {
    Letter {
        letter,
        at: glyph.at,
        starts: true,
        ends: true,
        joins: false,
    }
}

/// Pushes a letter of a script whose letters are matched one by one.
pub(super) fn push_dense(stream: &mut Stream, glyphs: &[Glyph], index: usize) {
    let glyph = &glyphs[index];
    let before = index.checked_sub(1).and_then(|index| glyphs.get(index));
    let after = glyphs.get(index + 1).filter(|after| after.gap == Gap::None);
    let follows = glyph.gap == Gap::None && before.is_some_and(|before| before.script == glyph.script);
    if glyph.gap == Gap::Stop {
        stream.break_off();
    }
    stream.end_word();
    stream.push(Letter {
        letter: glyph.letter,
        at: glyph.at,
        starts: match glyph.script {
            Script::Katakana | Script::Hangul => !follows,
            _ => !is_combining_mark(glyph.letter),
        },
        ends: !after.is_some_and(|after| {
            is_combining_mark(after.letter)
                || (glyph.script == Script::Katakana && after.script == Script::Katakana)
        }),
        joins: match before {
            Some(before) if before.script == Script::Han && glyph.script == Script::Han => {
                glyph.gap <= Gap::Space
            }
            _ => glyph.gap == Gap::None,
        },
    });
    stream.end_word();
}
