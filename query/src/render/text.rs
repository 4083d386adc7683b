//! The prose of a body: plain text, excerpt, word count, reading time.

use comrak::nodes::{Node, NodeValue};
use unicode_segmentation::UnicodeSegmentation;

/// Longest excerpt, in graphemes, without the ellipsis.
pub const EXCERPT_GRAPHEMES: usize = 200;
/// Longest excerpt, in bytes: one grapheme may carry any number of combining marks.
const EXCERPT_BYTES: usize = 2000;
/// Silent reading of English, words a minute: Brysbaert 2019, "How many words do we read per minute?".
const WORDS_PER_MINUTE: u64 = 238;
/// Silent reading of Chinese and Japanese, characters a minute: the lower end of what studies report.
const CHARACTERS_PER_MINUTE: u64 = 400;

/// The text of a document.
#[derive(Debug, Default)]
pub(super) struct Prose {
    /// The first paragraphs, enough for an excerpt.
    opening: String,
    /// The first headings: the excerpt of a body without paragraphs.
    titles: String,
    spaced_words: u64,
    dense_characters: u64,
}

impl Prose {
    pub(super) fn of(root: Node<'_>) -> Self {
        let mut prose = Prose::default();
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            match node.data().value {
                NodeValue::Paragraph => {
                    let text = plain_text(node);
                    prose.count(&text);
                    if !is_in_footnote(node) {
                        add(&mut prose.opening, &text);
                    }
                }
                NodeValue::Heading(_) => {
                    let text = plain_text(node);
                    prose.count(&text);
                    add(&mut prose.titles, &text);
                }
                NodeValue::TableCell => prose.count(&plain_text(node)),
                _ => stack.extend(node.reverse_children()),
            }
        }
        prose
    }

    pub(super) fn of_text(text: &str) -> Self {
        let mut prose = Prose::default();
        prose.count(text);
        for line in text.lines().take(64) {
            add(&mut prose.opening, line);
        }
        prose
    }

    pub(super) fn words(&self) -> u32 {
        u32::try_from(self.spaced_words + self.dense_characters).unwrap_or(u32::MAX)
    }

    pub(super) fn reading_minutes(&self) -> u32 {
        // With a common denominator, so that a mixed text is rounded once.
        let load = self.spaced_words * CHARACTERS_PER_MINUTE + self.dense_characters * WORDS_PER_MINUTE;
        u32::try_from(load.div_ceil(WORDS_PER_MINUTE * CHARACTERS_PER_MINUTE)).unwrap_or(u32::MAX)
    }

    pub(super) fn excerpt(&self) -> String {
        cut(if self.opening.is_empty() {
            &self.titles
        } else {
            &self.opening
        })
    }

    fn count(&mut self, text: &str) {
        for word in text.unicode_words() {
            if word.starts_with(is_dense) {
                self.dense_characters += 1;
            } else {
                self.spaced_words += 1;
            }
        }
    }
}

/// The text below a node, in document order, without markup; blocks and line breaks are separated by a blank.
pub(super) fn plain_text(node: Node<'_>) -> String {
    let mut text = String::new();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        let data = node.data();
        match data.value {
            NodeValue::Text(ref literal) => text.push_str(literal),
            NodeValue::Code(ref code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(ref code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
        if data.value.block() && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
        stack.extend(node.reverse_children());
    }
    text.truncate(text.trim_end().len());
    text
}

fn is_in_footnote(node: Node<'_>) -> bool {
    // `tidy` has bounded the depth, so this is a short walk.
    node.ancestors()
        .any(|above| matches!(above.data().value, NodeValue::FootnoteDefinition(_)))
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
