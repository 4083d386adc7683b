//! The same text, however disguised, has the same fingerprint.

use super::{plain::Plain, words};

/// Offset basis and prime of FNV-1a with 128 bits (draft-eastlake-fnv, section 5).
const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A number for a text's letters and digits in their order. Case, accents, look-alikes, spacing, punctuation, stretching
/// and markup make no difference. It does not change from release to release without need, and is no secret.
pub fn fingerprint(text: &str) -> [u8; 16] {
    let plain = Plain::of(text);
    let mut hash = Fnv(BASIS);
    let mut last = '\0';
    for glyph in words::glyphs(&plain.text) {
        let letter = match glyph.alike {
            '\0' => glyph.letter,
            alike => alike,
        };
        if letter != last {
            hash.add(letter);
            last = letter;
        }
    }
    if last == '\0' {
        // Nothing but emoji or punctuation.
        text.chars().for_each(|c| hash.add(c));
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

    #[test]
    fn a_disguise_changes_nothing_and_a_word_does() {
        let text = fingerprint("Buy my book, it is *great*!");
        for same in [
            "buy my BOOK: it is great",
            "Buy  my b\u{200b}ook,\n\nit is __great__",
            "Вuy my bооk, ït is greeeat ...",
        ] {
            assert!(fingerprint(same) == text, "{same}");
        }
        for other in ["Buy my book, it is good!", "Buy my book", "", "!"] {
            assert!(fingerprint(other) != text, "{other}");
        }
        assert_ne!(fingerprint("👍"), fingerprint("👎"));
    }
}
