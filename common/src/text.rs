//! What of a text can be seen.

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory as _};

/// Whether nothing of `text` can be seen: it has only spaces, control and format characters, and marks without a letter.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Whether the character can be seen on its own.
pub fn is_visible(c: char) -> bool {
    // Fillers of Hangul and the blank of Braille are letters and symbols for Unicode, and have an empty glyph.
    let is_filler = matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}');
    c.is_ascii_graphic()
        || !is_filler
            && !matches!(
                c.general_category(),
                Category::Control
                    | Category::Format
                    | Category::SpaceSeparator
                    | Category::LineSeparator
                    | Category::ParagraphSeparator
                    | Category::NonspacingMark
                    | Category::EnclosingMark
            )
}

/// Removes the characters that change the direction of the text after them (Unicode Standard Annex 9, section 2): in a
/// name they would also change how the text around it is read.
pub fn without_bidi_controls(text: &str) -> String {
    let is_control = |c| matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !is_control(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_visible_character_is_blank() {
        for blank in [
            "",
            " \t\n\u{A0}\u{3000}",
            "\u{200B}\u{200D}\u{FEFF}\u{AD}",
            "\u{3164}",
            "\u{2800}\u{115F}\u{1160}\u{FFA0}",
            "\u{301}\u{FE0F}\u{34F}",
            "\u{202E}\u{2066}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for visible in ["a", ".", "\u{200B}x", "日", "👍", "e\u{301}", "\u{2801}", "ا"] {
            assert!(!is_blank(visible), "{visible:?}");
        }
    }

    #[test]
    fn bidi_controls_are_removed_and_joiners_are_not() {
        assert_eq!(without_bidi_controls("a\u{202E}b\u{2066}c\u{200F}\u{61C}"), "abc");
        assert_eq!(without_bidi_controls("می\u{200C}خواهم"), "می\u{200C}خواهم");
    }
}
