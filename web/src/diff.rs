//! The difference between two texts, by words within lines, without long unchanged passages.

use std::time::{Duration, Instant};

use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

use crate::error::PageError;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 2;
/// A longer comparison is coarser: whole passages are shown as removed and added.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Lines with a lower similarity, from 0 to 1, are shown one after the other: a difference by words would be unreadable.
const MIN_SIMILARITY: f32 = 0.4;

/// Where a piece of text occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// In both texts.
    Same,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
}

/// A piece of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text(Change, String),
    /// The number of unchanged lines that are not shown.
    Skipped(usize),
}

/// The difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// In reading order. Those that are not removed are the new text, except for skipped lines.
    pub pieces: Vec<Piece>,
}

impl Diff {
    /// The difference from `old` to `new`. It takes up to a second for long texts with little in common.
    pub fn between(old: &str, new: &str) -> Self {
        Self::until(Instant::now() + TIMEOUT, old, new)
    }

    fn until(deadline: Instant, old: &str, new: &str) -> Self {
        let lines = TextDiff::configure().deadline(deadline).diff_lines(old, new);
        let mut pieces = Pieces::default();
        let mut shown = 0;
        for group in lines.grouped_ops(CONTEXT) {
            let begin = group.first().map_or(shown, |op| op.old_range().start);
            pieces.skip(begin - shown);
            for op in &group {
                let old: String = op.old_range().filter_map(|line| lines.old_slice(line)).collect();
                let new: String = op.new_range().filter_map(|line| lines.new_slice(line)).collect();
                pieces.changed(op, &old, &new, deadline);
                shown = op.old_range().end;
            }
        }
        pieces.skip(lines.old_len() - shown);
        Self { pieces: pieces.0 }
    }

    /// The differences of the fields that differ, from their old to their new texts. Compares on a blocking thread, since
    /// long texts take time.
    ///
    /// # Errors
    /// If the thread panics.
    pub async fn of_fields(
        fields: Vec<(&'static str, String, String)>,
    ) -> Result<Vec<(&'static str, Self)>, PageError> {
        let compare = move || {
            let diffs = fields
                .into_iter()
                .map(|(field, old, new)| (field, Self::between(&old, &new)));
            diffs.filter(|(_, diff)| !diff.is_empty()).collect()
        };
        tokio::task::spawn_blocking(compare)
            .await
            .map_err(PageError::internal)
    }

    /// Whether the texts are equal.
    pub fn is_empty(&self) -> bool {
        let changed = |piece: &Piece| matches!(piece, Piece::Text(Change::Removed | Change::Added, _));
        !self.pieces.iter().any(changed)
    }
}

/// The similarity of two texts, from 0 to 1, by the length of common words without blanks.
fn similarity(words: &TextDiff<'_, '_, str>) -> f32 {
    let (mut common, mut all) = (0, 0);
    for change in words.iter_all_changes() {
        let length = change.value().trim().len();
        if change.tag() == ChangeTag::Equal {
            common += 2 * length;
            all += length;
        }
        all += length;
    }
    common as f32 / all.max(1) as f32
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn skip(&mut self, lines: usize) {
        if lines > 0 {
            self.0.push(Piece::Skipped(lines));
        }
    }

    /// Adds text, to the last piece if that is of the same kind.
    fn push(&mut self, kind: Change, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last, so_far)) if *last == kind => so_far.push_str(text),
            _ => self.0.push(Piece::Text(kind, text.to_owned())),
        }
    }

    fn changed(&mut self, op: &DiffOp, old: &str, new: &str, deadline: Instant) {
        match op.tag() {
            DiffTag::Equal => self.push(Change::Same, new),
            DiffTag::Replace => self.replaced(old, new, deadline),
            DiffTag::Delete | DiffTag::Insert => {
                self.push(Change::Removed, old);
                self.push(Change::Added, new);
            }
        }
    }

    /// By words, unless that would be unreadable.
    fn replaced(&mut self, old: &str, new: &str, deadline: Instant) {
        let words = TextDiff::configure()
            .deadline(deadline)
            .diff_unicode_words(old, new);
        if similarity(&words) < MIN_SIMILARITY {
            self.push(Change::Removed, old);
            self.push(Change::Added, new);
            return;
        }
        let (mut removed, mut added) = (String::new(), String::new());
        // A blank between two changed words is part of the change, so it is held back until the next word.
        let mut blank = String::new();
        for change in words.iter_all_changes() {
            let text = change.value();
            let within = !(removed.is_empty() && added.is_empty());
            match change.tag() {
                ChangeTag::Equal if within && text.chars().all(|c| c == ' ') => blank.push_str(text),
                ChangeTag::Equal => {
                    self.push(Change::Removed, &std::mem::take(&mut removed));
                    self.push(Change::Added, &std::mem::take(&mut added));
                    self.push(Change::Same, &std::mem::take(&mut blank));
                    self.push(Change::Same, text);
                }
                tag => {
                    removed.push_str(&blank);
                    added.push_str(&blank);
                    blank.clear();
                    let side = if tag == ChangeTag::Delete {
                        &mut removed
                    } else {
                        &mut added
                    };
                    side.push_str(text);
                }
            }
        }
        self.push(Change::Removed, &removed);
        self.push(Change::Added, &added);
        self.push(Change::Same, &blank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[-removed-]`, `{+added+}`, `<n lines>`.
    fn shown(old: &str, new: &str) -> String {
        let pieces = Diff::between(old, new).pieces;
        let piece = |piece: &Piece| match piece {
            Piece::Text(Change::Same, text) => text.clone(),
            Piece::Text(Change::Removed, text) => format!("[-{text}-]"),
            Piece::Text(Change::Added, text) => format!("{{+{text}+}}"),
            Piece::Skipped(lines) => format!("<{lines}>"),
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn a_changed_word_is_shown_in_its_line() {
        let (old, new) = ("The sea was calm that day.\n", "The sea was wild that day.\n");
        assert_eq!(shown(old, new), "The sea was [-calm-]{+wild+} that day.\n");
        assert_eq!(
            shown("Ende gut, alles gut", "Ende gut, alles gut!"),
            "Ende gut, alles gut{+!+}"
        );
    }

    #[test]
    fn changed_words_side_by_side_are_one_change() {
        let (old, new) = ("We saw two old ships there", "We saw three new ships there");
        assert_eq!(shown(old, new), "We saw [-two old-]{+three new+} ships there");
    }

    #[test]
    fn dissimilar_lines_are_shown_one_after_the_other() {
        assert_eq!(
            shown("alpha beta gamma\n", "Something else entirely here\n"),
            "[-alpha beta gamma\n-]{+Something else entirely here\n+}"
        );
        assert_eq!(shown("a\n", "a\nb\n"), "a\n{+b\n+}");
        assert_eq!(shown("a\nb\n", "b\n"), "[-a\n-]b\n");
    }

    #[test]
    fn after_the_deadline_the_difference_is_coarse() {
        let text = |seed: usize| {
            let line = |n: usize| format!("{} common\n", (n * seed) % 7);
            (0..1_000).map(line).collect::<String>()
        };
        let (old, new) = (text(3), text(5));
        let expired = Instant::now();
        let coarse = Diff::until(expired, &old, &new).pieces;
        let fine = Diff::until(expired + Duration::from_secs(3_600), &old, &new).pieces;
        assert!(
            coarse.len() < 5 && fine.len() > 100,
            "{} {}",
            coarse.len(),
            fine.len()
        );
    }

    #[test]
    fn long_unchanged_passages_are_skipped() {
        let lines = |middle: &str| {
            let number = |n: usize| {
                if n == 10 {
                    format!("{middle}\n")
                } else {
                    format!("line {n}\n")
                }
            };
            (0..20).map(number).collect::<String>()
        };
        assert_eq!(
            shown(&lines("here it was"), &lines("here it is")),
            "<8>line 8\nline 9\nhere it [-was-]{+is+}\nline 11\nline 12\n<7>"
        );
    }

    #[test]
    fn equal_texts_have_no_difference() {
        for text in ["", "a", "a\nb\n"] {
            assert!(Diff::between(text, text).is_empty(), "{text:?}");
        }
        assert!(!Diff::between("", "a").is_empty());
        assert!(!Diff::between("a\n", "a").is_empty());
    }

    /// Without removed pieces it is the new text, without added pieces the old text.
    #[test]
    fn the_difference_contains_both_texts() {
        let texts = [
            "",
            "a b c\n",
            "a  b\nc d e\nf",
            "ä 日本語 x\n",
            "a b c d\n\n\nx y\n",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd} b c",
        ];
        for old in texts {
            for new in texts {
                let pieces = Diff::between(old, new).pieces;
                let side = |without: Change| {
                    let of = |piece: &Piece| match piece {
                        Piece::Text(kind, text) if *kind != without => text.clone(),
                        _ => String::new(),
                    };
                    pieces.iter().map(of).collect::<String>()
                };
                if old != new {
                    assert_eq!(
                        (side(Change::Added).as_str(), side(Change::Removed).as_str()),
                        (old, new)
                    );
                }
            }
        }
    }
}
