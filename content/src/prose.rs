//! The prose of a document: excerpt, word count, reading time.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    tag::Tag,
    tree::{Item, Tree},
};

/// Longest excerpt, in graphemes, without the ellipsis.
pub const EXCERPT_GRAPHEMES: usize = 200;
/// Longest excerpt, in bytes: one grapheme may carry any number of combining marks.
const EXCERPT_BYTES: usize = 2000;
/// Silent reading of English, words a minute: Brysbaert 2019, "How many words do we read per minute?".
const WORDS_PER_MINUTE: u64 = 238;
/// Silent reading of Chinese and Japanese, characters a minute: the lower end of what studies report.
const CHARACTERS_PER_MINUTE: u64 = 400;

/// The text of a document without its blocks of code.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    /// All of it, a blank between blocks.
    pub(crate) text: String,
    /// The first paragraphs, enough for an excerpt.
    opening: String,
    /// The first headings: the excerpt of a document without paragraphs.
    titles: String,
}

/// Words, and characters of scripts without blanks between words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    spaced_words: u64,
    dense_characters: u64,
}

impl Prose {
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut prose = Prose::default();
        let (mut heading, mut apart, mut piece) = (0_usize, 0_usize, 0);
        let (mut formula, mut label) = (false, false);
        for item in &tree.items {
            match *item {
                // A formula in one line is its source.
                Item::Formula(source) => {
                    prose.text.push_str(tree.get(source));
                    formula = true;
                }
                Item::Close(Tag::Math) => formula = false,
                _ if formula => {}
                Item::Text(span) => prose.text.push_str(tree.get(span)),
                Item::Open(Tag::Img, attributes) => {
                    prose
                        .text
                        .push_str(tree.attribute(attributes, "alt").unwrap_or_default());
                }
                Item::Open(Tag::Br | Tag::Hr, _) => prose.text.push(' '),
                Item::Open(tag, attributes) if tag.is_block() => {
                    prose.end(&mut piece, heading > 0, apart > 0);
                    heading += usize::from(tag.level().is_some());
                    apart += usize::from(is_apart(tag));
                    // The word `Note` above an alert.
                    label = tree.attribute(attributes, "class") == Some("markdown-alert-title");
                }
                Item::Close(tag) if tag.is_block() => {
                    prose.end(&mut piece, heading > 0, apart > 0 || label);
                    label = false;
                    heading = heading.saturating_sub(usize::from(tag.level().is_some()));
                    apart = apart.saturating_sub(usize::from(is_apart(tag)));
                }
                Item::Footnote { .. } | Item::Code(..) => prose.end(&mut piece, heading > 0, apart > 0),
                _ => {}
            }
        }
        prose.end(&mut piece, heading > 0, apart > 0);
        prose
    }

    /// Ends a block; `piece` is where it began.
    fn end(&mut self, piece: &mut usize, heading: bool, apart: bool) {
        let text = self.text.get(*piece..).unwrap_or_default();
        if heading {
            add(&mut self.titles, text);
        } else if !apart {
            add(&mut self.opening, text);
        }
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        *piece = self.text.len();
    }

    pub(crate) fn excerpt(&self) -> String {
        cut(if self.opening.is_empty() {
            &self.titles
        } else {
            &self.opening
        })
    }

    pub(crate) fn count(&self) -> Count {
        let mut count = Count::default();
        for word in self.text.unicode_words() {
            if word.starts_with(is_dense) {
                count.dense_characters += 1;
            } else {
                count.spaced_words += 1;
            }
        }
        count
    }
}

/// Not the text of paragraphs: tables, footnotes, captions.
const fn is_apart(tag: Tag) -> bool {
    matches!(tag, Tag::Table | Tag::Section | Tag::Figcaption | Tag::Pre)
}

impl Count {
    pub(crate) fn words(self) -> u32 {
        u32::try_from(self.spaced_words + self.dense_characters).unwrap_or(u32::MAX)
    }

    pub(crate) fn reading_minutes(self) -> u32 {
        // With a common denominator, so that a mixed text is rounded once.
        let load = self.spaced_words * CHARACTERS_PER_MINUTE + self.dense_characters * WORDS_PER_MINUTE;
        u32::try_from(load.div_ceil(WORDS_PER_MINUTE * CHARACTERS_PER_MINUTE)).unwrap_or(u32::MAX)
    }
}

/// Adds a paragraph with collapsed blanks, unless the excerpt is full.
fn add(opening: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if opening.len() > 2 * EXCERPT_BYTES {
            return;
        }
        if !opening.is_empty() {
            opening.push(' ');
        }
        opening.push_str(word);
    }
}

/// Cuts at the last word boundary that fits, and never inside a grapheme.
fn cut(text: &str) -> String {
    let fits = text
        .grapheme_indices(true)
        .map(|(at, grapheme)| at + grapheme.len())
        .take(EXCERPT_GRAPHEMES)
        .take_while(|end| *end <= EXCERPT_BYTES)
        .last()
        .unwrap_or(0);
    if fits == text.len() {
        return text.to_owned();
    }
    let word = text
        .split_word_bound_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at <= fits)
        .last()
        .filter(|at| at * 2 >= fits)
        .unwrap_or(fits);
    // Word boundaries are grapheme boundaries by UAX #29; this holds even where tables of two Unicode
    // versions disagree.
    let end = text[..fits]
        .grapheme_indices(true)
        .map(|(at, _)| at)
        .take_while(|at| *at <= word)
        .last();
    let end = if word == fits { fits } else { end.unwrap_or(0) };
    let kept = text[..end].trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    format!("{kept}…")
}

/// Scripts written without blanks between words.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' // Thai, Lao
        | '\u{1000}'..='\u{109F}' // Myanmar
        | '\u{1780}'..='\u{17FF}' // Khmer
        | '\u{3040}'..='\u{30FF}' // Hiragana, Katakana
        | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' // Han
        | '\u{20000}'..='\u{3FFFF}')
}
