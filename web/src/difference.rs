//! The difference between two texts, for people: by words within lines, with long unchanged stretches left out.

use std::time::{Duration, Instant};

use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

/// Unchanged lines shown around a change, so that one knows where it is.
const CONTEXT: usize = 2;
/// What is compared for longer is shown more coarsely: whole stretches as removed and added.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Lines that have less in common, of 1, are shown one after the other: mixed word by word nobody could read them.
const ALIKE: f32 = 0.4;

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is in both texts.
    Same,
    /// It is only in the old text.
    Removed,
    /// It is only in the new text.
    Added,
}

/// A stretch of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Some text.
    Text(Kind, String),
    /// So many unchanged lines that are not shown.
    Skipped(usize),
}

/// How one text became another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// In the order of reading; put together, those that are not removed are the new text but for what is skipped.
    pub pieces: Vec<Piece>,
}

impl Difference {
    /// From `old` to `new`. It takes up to a second for long texts that have little in common.
    pub fn between(old: &str, new: &str) -> Self {
        let deadline = Instant::now() + TIMEOUT;
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        let changed = |piece: &Piece| matches!(piece, Piece::Text(Kind::Removed | Kind::Added, _));
        !self.pieces.iter().any(changed)
    }
}

/// How much two texts have in common, from 0 to 1, by the length of the words; blanks are in every text.
fn likeness(words: &TextDiff<'_, '_, str>) -> f32 {
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

    /// Adds text, to the last piece where it is of the same kind.
    fn push(&mut self, kind: Kind, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last, so_far)) if *last == kind => so_far.push_str(text),
            _ => self.0.push(Piece::Text(kind, text.to_owned())),
        }
    }

    fn changed(&mut self, op: &DiffOp, old: &str, new: &str, deadline: Instant) {
        match op.tag() {
            DiffTag::Equal => self.push(Kind::Same, new),
            DiffTag::Replace => self.replaced(old, new, deadline),
            DiffTag::Delete | DiffTag::Insert => {
                self.push(Kind::Removed, old);
                self.push(Kind::Added, new);
            }
        }
    }

    /// Word by word, where that can be read.
    fn replaced(&mut self, old: &str, new: &str, deadline: Instant) {
        let words = TextDiff::configure()
            .deadline(deadline)
            .diff_unicode_words(old, new);
        if likeness(&words) < ALIKE {
            self.push(Kind::Removed, old);
            self.push(Kind::Added, new);
            return;
        }
        let (mut removed, mut added) = (String::new(), String::new());
        // A blank between two changed words would cut the change to pieces: it is kept back until one knows.
        let mut blank = String::new();
        for change in words.iter_all_changes() {
            let text = change.value();
            let within = !(removed.is_empty() && added.is_empty());
            match change.tag() {
                ChangeTag::Equal if within && text.chars().all(|c| c == ' ') => blank.push_str(text),
                ChangeTag::Equal => {
                    self.push(Kind::Removed, &std::mem::take(&mut removed));
                    self.push(Kind::Added, &std::mem::take(&mut added));
                    self.push(Kind::Same, &std::mem::take(&mut blank));
                    self.push(Kind::Same, text);
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
        self.push(Kind::Removed, &removed);
        self.push(Kind::Added, &added);
        self.push(Kind::Same, &blank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[-removed-]`, `{+added+}`, `<n lines>`.
    fn shown(old: &str, new: &str) -> String {
        let pieces = Difference::between(old, new).pieces;
        let piece = |piece: &Piece| match piece {
            Piece::Text(Kind::Same, text) => text.clone(),
            Piece::Text(Kind::Removed, text) => format!("[-{text}-]"),
            Piece::Text(Kind::Added, text) => format!("{{+{text}+}}"),
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
    fn lines_without_likeness_follow_one_another() {
        assert_eq!(
            shown("alpha beta gamma\n", "Something else entirely here\n"),
            "[-alpha beta gamma\n-]{+Something else entirely here\n+}"
        );
        assert_eq!(shown("a\n", "a\nb\n"), "a\n{+b\n+}");
        assert_eq!(shown("a\nb\n", "b\n"), "[-a\n-]b\n");
    }

    #[test]
    fn many_short_lines_take_no_longer() {
        let text = |seed: usize| {
            (0..130_000)
                .map(|n| format!("{}\n", (n * seed) % 7))
                .collect::<String>()
        };
        let begun = Instant::now();
        assert!(!Difference::between(&text(3), &text(5)).is_empty());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn long_unchanged_stretches_are_left_out() {
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
            assert!(Difference::between(text, text).is_empty(), "{text:?}");
        }
        assert!(!Difference::between("", "a").is_empty());
        assert!(!Difference::between("a\n", "a").is_empty());
    }

    /// Everything that is not removed is the new text, everything that is not added the old one.
    #[test]
    fn nothing_is_lost_or_invented() {
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
                let pieces = Difference::between(old, new).pieces;
                let side = |without: Kind| {
                    let of = |piece: &Piece| match piece {
                        Piece::Text(kind, text) if *kind != without => text.clone(),
                        _ => String::new(),
                    };
                    pieces.iter().map(of).collect::<String>()
                };
                if old != new {
                    assert_eq!(
                        (side(Kind::Added).as_str(), side(Kind::Removed).as_str()),
                        (old, new)
                    );
                }
            }
        }
    }

    #[test]
    fn the_longest_texts_are_compared_in_bounded_time() {
        let text = |seed: usize| {
            let word = |n: usize| format!("{:x} ", (n * 2_654_435_761 + seed * 40_503) % 9_973);
            (0..45_000).map(word).collect::<String>()
        };
        let begun = Instant::now();
        assert!(!Difference::between(&text(1), &text(2)).is_empty());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
