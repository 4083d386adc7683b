//! Folding of characters: without case, accents, width and style, and with their Latin look-alikes.
//!
//! Compatibility decomposition (Unicode Standard Annex 15) folds width and style, e.g. of mathematical letters.
//! Look-alikes are the prototypes of Unicode Technical Standard 39, from the crate `unicode-security`, and some
//! [faux letters](FAUX).

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// An upper-case I after a lower-case letter, or a lower-case l between upper-case ones: it may be read as either. A
/// private-use character, so that no letter of a text is the same.
pub(super) const I_OR_L: char = '\u{F8FF}';

/// What a character means for words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Invisible.
    Nothing,
    Letter,
    /// Punctuation that may stand for a letter, e.g. `$`.
    Symbol,
    Punctuation,
    /// Ends a sentence or clause in a script without spaces between words.
    Stop,
    Space,
    Newline,
}

/// The scripts that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Latin, digits, and all scripts that are spaced and have no look-alikes.
    Common,
    Cyrillic,
    Greek,
    /// Other scripts with letters that look like Latin ones.
    Lookalike,
    /// Words are not spaced: Thai, Lao, Khmer, Burmese, Hiragana.
    Dense,
    /// Like [`Dense`](Self::Dense), and a space may also be inside a word.
    Han,
    /// Not spaced either, but a run of it is one word.
    Katakana,
    /// Spaced, with particles at the end of words.
    Hangul,
}

impl Script {
    /// Whether each letter is matched on its own.
    pub(super) fn is_dense(self) -> bool {
        matches!(self, Self::Dense | Self::Han | Self::Katakana | Self::Hangul)
    }

    fn of(c: char) -> Self {
        match u32::from(c) {
            0x400..=0x52F | 0x1C80..=0x1C8F | 0xA640..=0xA69F => Self::Cyrillic,
            0x370..=0x3FF | 0x1F00..=0x1FFF => Self::Greek,
            0x530..=0x6FF | 0x7C0..=0x7FF | 0x10A0..=0x10FF | 0x13A0..=0x13FF | 0x2C80..=0x2CFF => {
                Self::Lookalike
            }
            0x2D00..=0x2D2F | 0x2D30..=0x2D7F | 0xA4D0..=0xA4FF | 0xAB70..=0xABBF => Self::Lookalike,
            0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x309F => Self::Dense,
            0x30A0..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Self::Katakana,
            0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7FF | 0xFFA0..=0xFFDC => Self::Hangul,
            0x2E80..=0x2FFF | 0x3005..=0x3007 | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => {
                Self::Han
            }
            _ => Self::Common,
        }
    }
}

/// A character, folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folded {
    pub(super) kind: Kind,
    pub(super) script: Script,
    /// In lower case and without accents; `\0` after the last.
    pub(super) letters: [char; 4],
    /// The lower-case Latin letter or digit that it looks like, or `\0`.
    pub(super) lookalike: char,
    /// Whether it looks like a Latin letter closely, in lower case: a text in its own script has many letters that do not.
    pub(super) close: bool,
}

impl Folded {
    /// A letter without special properties.
    pub(super) const LATIN: Self = Self::plain(Kind::Letter);

    const fn plain(kind: Kind) -> Self {
        Self {
            kind,
            script: Script::Common,
            letters: ['\0'; 4],
            lookalike: '\0',
            close: false,
        }
    }
}

/// Characters below are looked up in a table, others are folded each time. Covers Latin, Greek, Cyrillic and more.
const TABLE_SIZE: usize = 0x3100;

static FOLDED: LazyLock<Vec<Folded>> = LazyLock::new(|| {
    (0..TABLE_SIZE)
        .map(|code| u32::try_from(code).ok().and_then(char::from_u32))
        .map(|c| c.map_or(Folded::plain(Kind::Nothing), fold_uncached))
        .collect()
});

/// Folds characters.
pub(super) struct Folder(&'static [Folded]);

impl Folder {
    pub(super) fn new() -> Self {
        Self(&FOLDED)
    }

    pub(super) fn fold(&self, c: char) -> Folded {
        match self.0.get(c as usize) {
            Some(folded) => *folded,
            None if folds_to_itself(c) => Folded {
                letters: [c, '\0', '\0', '\0'],
                script: Script::of(c),
                ..Folded::plain(Kind::Letter)
            },
            None => fold_uncached(c),
        }
    }
}

/// Ideographs and syllables that folding does not change.
fn folds_to_itself(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3)
}

fn fold_uncached(c: char) -> Folded {
    if is_invisible(c) {
        return Folded::plain(Kind::Nothing);
    }
    match c {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => return Folded::plain(Kind::Newline),
        // The blank of Braille is visible as a space, though Unicode does not count it as one.
        _ if c.is_whitespace() || c == '\u{2800}' => return Folded::plain(Kind::Space),
        '。' | '！' | '？' | '，' | '、' | '；' | '：' | '｡' | '､' => {
            return Folded::plain(Kind::Stop);
        }
        '™' | '℠' => return Folded::plain(Kind::Punctuation),
        _ => {}
    }
    let script = Script::of(c);
    let mut letters = ['\0'; 4];
    for (place, letter) in letters.iter_mut().zip(letters_of(c, script)) {
        *place = letter;
    }
    if letters[0] == '\0' {
        let kind = match c {
            // A mark on the letter before it.
            _ if is_combining_mark(c) => Kind::Nothing,
            _ if !readings(c).is_empty() => Kind::Symbol,
            _ => Kind::Punctuation,
        };
        letters[0] = c;
        return Folded {
            letters,
            ..Folded::plain(kind)
        };
    }
    let (mut lookalike, mut close) = ('\0', false);
    if letters[1] == '\0' && !letters[0].is_ascii() && !script.is_dense() {
        lookalike = look_alike(c).unwrap_or('\0');
        // Cherokee is written in upper case.
        close = prototype(letters[0])
            .or_else(|| prototype(c).filter(|_| script == Script::Lookalike))
            .is_some();
        if script == Script::Common && lookalike != '\0' {
            // A Latin letter with a hook or a bar: it is read as the plain letter in every word.
            letters[0] = std::mem::replace(&mut lookalike, '\0');
        }
    }
    Folded {
        kind: Kind::Letter,
        script,
        letters,
        lookalike,
        close,
    }
}

fn letters_of(c: char, script: Script) -> Vec<char> {
    if let Some(letter) = enclosed(c) {
        return vec![letter];
    }
    let kept = |c: &char| !is_diacritic(*c) && (c.is_alphanumeric() || is_combining_mark(*c));
    if script.is_dense() {
        return std::iter::once(c).nfkc().filter(kept).collect();
    }
    c.to_lowercase()
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(kept)
        .flat_map(|c| match c {
            'ß' => vec!['s', 's'],
            'æ' => vec!['a', 'e'],
            'œ' => vec!['o', 'e'],
            'ø' => vec!['o'],
            'đ' | 'ð' => vec!['d'],
            'ł' => vec!['l'],
            'ħ' => vec!['h'],
            'ŧ' => vec!['t'],
            'ı' => vec!['i'],
            'ς' => vec!['σ'],
            _ => vec![c],
        })
        .collect()
}

/// Letters in black squares and circles, which have no decomposition (Unicode block Enclosed Alphanumeric Supplement).
fn enclosed(c: char) -> Option<char> {
    let code = u32::from(c);
    let first = match code {
        0x1F150..=0x1F169 => 0x1F150,
        0x1F170..=0x1F189 => 0x1F170,
        _ => return None,
    };
    char::from_u32(u32::from('a') + code - first)
}

/// Letters that are written for the Latin one after them because of their look, though TR39 considers them distinct
/// enough: faux Cyrillic, small capitals, phonetic letters.
const FAUX: &str =
    "иn пn яr цu шw щw з3 ч4 э3 ᴀa ʙb ᴄc ᴅd ᴇe ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ɱm ɾr";

/// The Latin letter or digit that a letter looks like, in either case.
fn look_alike(c: char) -> Option<char> {
    let small = c.to_lowercase().next().unwrap_or(c);
    let capital = c.to_uppercase().next().unwrap_or(c);
    let faux = FAUX
        .split(' ')
        .find_map(|pair| pair.strip_prefix(small)?.chars().next());
    [c, small, capital].into_iter().find_map(prototype).or(faux)
}

fn prototype(c: char) -> Option<char> {
    let mut bytes = [0; 4];
    let text: &str = c.encode_utf8(&mut bytes);
    let mut found = unicode_security::skeleton(text).filter(|c| !is_diacritic(*c));
    let (first, second, third) = (found.next()?, found.next(), found.next());
    match (first, second, third) {
        // The prototype of `m`.
        ('r', Some('n'), None) => Some('m'),
        (first, None, _) if first.is_ascii_alphanumeric() => Some(first.to_ascii_lowercase()),
        _ => None,
    }
}

/// The letters that a digit or a symbol may stand for.
pub(super) fn readings(c: char) -> &'static [char] {
    match c {
        '0' => &['o'],
        '1' | '|' | I_OR_L => &['i', 'l'],
        '!' | '¡' => &['i'],
        '3' | '€' => &['e'],
        '4' | '@' => &['a'],
        '5' | '$' => &['s'],
        '7' => &['t'],
        '8' => &['b'],
        '9' => &['g'],
        '¢' => &['c'],
        '¥' => &['y'],
        '£' => &['l'],
        '×' => &['x'],
        _ => &[],
    }
}

/// The representative of all characters that may stand for each other. Phrases are first matched by classes.
pub(super) fn class(c: char) -> char {
    match c {
        'l' => 'i',
        'a'..='z' => c,
        _ => match readings(c) {
            [] => c,
            ['l'] => 'i',
            [first, ..] => *first,
        },
    }
}

/// Accents and other marks that any letter may have; the vowel signs of Indic scripts are not among them.
fn is_diacritic(c: char) -> bool {
    matches!(u32::from(c),
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5C7 | 0x610..=0x61A | 0x640 | 0x64B..=0x65F | 0x670
        | 0x6D6..=0x6ED | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// Control characters, and those with the property Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt).
fn is_invisible(c: char) -> bool {
    match u32::from(c) {
        0x9 | 0xA | 0xD => false,
        0x640 => true,
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F => true,
        0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB => {
            true
        }
        0xFFFE | 0xFFFF | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF => true,
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let folder = Folder::new();
        text.chars()
            .map(|c| folder.fold(c))
            .flat_map(|folded| match folded.lookalike {
                '\0' => folded.letters,
                lookalike => [lookalike, '\0', '\0', '\0'],
            })
            .filter(|c| *c != '\0')
            .collect()
    }

    #[test]
    fn look_alikes_are_read_as_the_letters_they_look_like() {
        for (text, expected) in [
            ("RÄCÏSM", "racism"),
            ("ｒａｃｉｓｍ", "racism"),
            ("𝓇𝒶𝒸𝒾𝓈𝓂 𝕽𝖆𝖈𝖎𝖘𝖒", "racismracism"),
            ("ⓡⓐⓒⓘⓢⓜ", "racism"),
            ("🅁🄰🄲🄸🅂🄼 🆁🅰🅲🅸🆂🅼", "racismracism"),
            ("гасіѕм", "racism"),
            ("ᏒᎪᏟᎥᏚᎷ", "racism"),
            ("Straße ﬀ", "strasseff"),
            ("ʀᴀᴄɪꜱᴍ", "racism"),
            ("ѵіаɡга", "viagra"),
            ("νιαgrα", "viagra"),
        ] {
            let found = read(text);
            assert!(found == expected, "{text}: {found}");
        }
    }

    #[test]
    fn signs_that_are_part_of_a_word_are_kept() {
        assert_eq!(read("हिन्दी"), "हिन्दी");
        assert_eq!(read("สวัสดี"), "สวัสดี");
        assert_eq!(read("ｶﾌﾟ"), "カフ\u{309A}");
    }
}
