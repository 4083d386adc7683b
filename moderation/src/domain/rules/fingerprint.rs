//! Fingerprints of texts: texts that differ only in their disguise have the same one.

use super::{
    shown::{Field, Shown},
    words,
};

/// Offset basis and prime of FNV-1a with 128 bits (draft-eastlake-fnv, section 5).
const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A hash of the letters and digits of a text in their order, regardless of case, accents, look-alikes, spacing,
/// punctuation, repeated letters and markup. It is stored, so it must stay the same between releases; it is no secret.
pub fn fingerprint(fields: &[Field<'_>]) -> [u8; 16] {
    let shown = Shown::of(fields);
    let mut hash = Fnv(BASIS);
    let mut last = '\0';
    for glyph in words::glyphs(&shown.text) {
        let letter = match glyph.lookalike {
            '\0' => glyph.letter,
            lookalike => lookalike,
        };
        if letter != last {
            hash.add(letter);
            last = letter;
        }
    }
    if last == '\0' {
        // Only emoji or punctuation.
        shown.text.chars().for_each(|c| hash.add(c));
    }
    hash.0.to_be_bytes()
}

struct Fnv(u128);

impl Fnv {
    fn add(&mut self, c: char) {
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> [u8; 16] {
        fingerprint(&[Field::Markdown(text)])
    }

    #[test]
    fn a_disguise_does_not_change_the_fingerprint_and_another_word_does() {
        let text = of("Buy my book, it is *great*!");
        for same in [
            "buy my BOOK: it is great",
            "Buy  my b\u{200b}ook,\n\nit is __great__",
            "Вuy my bооk, ït is greeeat ...",
        ] {
            assert!(of(same) == text, "{same}");
        }
        for other in ["Buy my book, it is good!", "Buy my book", "", "!"] {
            assert!(of(other) != text, "{other}");
        }
        assert_ne!(of("👍"), of("👎"));
    }
}
