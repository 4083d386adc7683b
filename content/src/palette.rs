//! The colours of code: the one list of classes, and the stylesheet made from it.

use std::fmt::Write;

/// A kind of token in code. The classes in the HTML, the sanitiser's allow-list and the stylesheet are derived from this
/// list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Attribute,
    Comment,
    Constant,
    Deleted,
    Escape,
    Function,
    Heading,
    Inserted,
    Keyword,
    Number,
    Operator,
    Punctuation,
    String,
    Tag,
    Type,
    Variable,
}

/// A token's class and its two colours.
pub(crate) struct Ink {
    pub(crate) class: &'static str,
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
}

/// Backgrounds with sufficient contrast to all colours (4.5:1, WCAG 2.2 AA), with the colour of plain text.
pub(crate) const LIGHT: [&str; 2] = ["#f6f8fa", "#1f2328"];
pub(crate) const DARK: [&str; 2] = ["#161b22", "#e6edf3"];

impl Token {
    pub(crate) const ALL: [Token; 16] = [
        Token::Attribute,
        Token::Comment,
        Token::Constant,
        Token::Deleted,
        Token::Escape,
        Token::Function,
        Token::Heading,
        Token::Inserted,
        Token::Keyword,
        Token::Number,
        Token::Operator,
        Token::Punctuation,
        Token::String,
        Token::Tag,
        Token::Type,
        Token::Variable,
    ];

    pub(crate) const fn ink(self) -> Ink {
        let (class, light, dark) = match self {
            Token::Attribute => ("hl-at", "#0550ae", "#79c0ff"),
            Token::Comment => ("hl-co", "#59636e", "#9198a1"),
            Token::Constant => ("hl-cn", "#0550ae", "#79c0ff"),
            Token::Deleted => ("hl-de", "#a40e26", "#ff9a94"),
            Token::Escape => ("hl-es", "#8a3c00", "#ffa657"),
            Token::Function => ("hl-fn", "#6639ba", "#d2a8ff"),
            Token::Heading => ("hl-he", "#0550ae", "#79c0ff"),
            Token::Inserted => ("hl-in", "#116329", "#7ee787"),
            Token::Keyword => ("hl-kw", "#a40e26", "#ff8f87"),
            Token::Number => ("hl-nu", "#0550ae", "#79c0ff"),
            Token::Operator => ("hl-op", "#a40e26", "#ff8f87"),
            Token::Punctuation => ("hl-pu", "#424a53", "#b7bdc8"),
            Token::String => ("hl-st", "#0a3069", "#a5d6ff"),
            Token::Tag => ("hl-ta", "#116329", "#7ee787"),
            Token::Type => ("hl-ty", "#8a3c00", "#ffa657"),
            Token::Variable => ("hl-va", "#8a3c00", "#ffa657"),
        };
        Ink { class, light, dark }
    }
}

/// The stylesheet of highlighted code. Its theme follows the reader's system, unless the page's root element has
/// `data-theme="light"` or `"dark"`.
pub fn highlight_css() -> String {
    let mut css = String::with_capacity(4096);
    let light = theme(LIGHT, |ink| ink.light);
    let dark = theme(DARK, |ink| ink.dark);
    css.push_str(":root{");
    css.push_str(&light);
    css.push_str("}\n@media (prefers-color-scheme:dark){:root:not([data-theme=\"light\"]){");
    css.push_str(&dark);
    css.push_str("}}\n:root[data-theme=\"dark\"]{");
    css.push_str(&dark);
    css.push_str("}\npre>code{display:block;overflow-x:auto;background:var(--hl-bg);color:var(--hl-fg)}\n");
    for ink in Token::ALL.map(Token::ink) {
        let class = ink.class;
        // Writing to a string cannot fail.
        let _ = writeln!(css, ".{class}{{color:var(--{class})}}");
    }
    css.push_str(".hl-co{font-style:italic}\n.hl-he{font-weight:bold}\n");
    css
}

fn theme([background, text]: [&str; 2], colour: impl Fn(&Ink) -> &'static str) -> String {
    let mut css = format!("--hl-bg:{background};--hl-fg:{text};");
    for ink in Token::ALL.map(Token::ink) {
        let _ = write!(css, "--{}:{};", ink.class, colour(&ink));
    }
    css
}
