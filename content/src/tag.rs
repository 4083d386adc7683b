//! The elements that a tree may hold. Anything else has no name here and cannot be represented.

macro_rules! tags {
    ($($variant:ident $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tag { $($variant,)* }

        impl Tag {
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Tag::$variant => $name,)* }
            }

            /// The element of a name in lower case.
            pub(crate) fn of(name: &str) -> Option<Tag> {
                match name { $($name => Some(Tag::$variant),)* _ => None }
            }
        }
    };
}

tags! {
    A "a", Abbr "abbr", B "b", Bdi "bdi", Bdo "bdo", Blockquote "blockquote", Br "br", Caption "caption", Cite "cite",
    Code "code", Dd "dd", Del "del", Details "details", Dfn "dfn", Div "div", Dl "dl", Dt "dt", Em "em",
    Figcaption "figcaption", Figure "figure", H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6", Hr "hr", I "i",
    Img "img", Ins "ins", Kbd "kbd", Li "li", Mark "mark", Ol "ol", P "p", Pre "pre", Q "q", Rp "rp", Rt "rt",
    Ruby "ruby", S "s", Samp "samp", Section "section", Small "small", Span "span", Strike "strike", Strong "strong",
    Sub "sub", Summary "summary", Sup "sup", Table "table", Tbody "tbody", Td "td", Tfoot "tfoot", Th "th",
    Thead "thead", Time "time", Tr "tr", Tt "tt", U "u", Ul "ul", Var "var", Wbr "wbr",
    // MathML, which only the renderer of formulas makes.
    Math "math", Merror "merror", Mfrac "mfrac", Mi "mi", Mmultiscripts "mmultiscripts", Mn "mn", Mo "mo",
    Mover "mover", Mpadded "mpadded", Mphantom "mphantom", Mprescripts "mprescripts", Mroot "mroot", Mrow "mrow",
    Ms "ms", Mspace "mspace", Msqrt "msqrt", Mstyle "mstyle", Msub "msub", Msubsup "msubsup", Msup "msup",
    Mtable "mtable", Mtd "mtd", Mtext "mtext", Mtr "mtr", Munder "munder", Munderover "munderover",
}

impl Tag {
    /// The element of a raw tag: the permitted ones, and those with an equal of another name.
    pub(crate) fn of_author(name: &str) -> Option<Tag> {
        match name {
            "center" => Some(Tag::Div),
            "main" | "article" | "aside" | "header" | "footer" | "nav" | "address" | "hgroup" => {
                Some(Tag::Div)
            }
            "menu" | "dir" => Some(Tag::Ul),
            "section" => Some(Tag::Div),
            _ => Tag::of(name).filter(|tag| !tag.is_math()),
        }
    }

    pub(crate) const fn heading(level: u8) -> Tag {
        match level {
            0 | 1 => Tag::H1,
            2 => Tag::H2,
            3 => Tag::H3,
            4 => Tag::H4,
            5 => Tag::H5,
            _ => Tag::H6,
        }
    }

    pub(crate) const fn level(self) -> Option<u8> {
        match self {
            Tag::H1 => Some(1),
            Tag::H2 => Some(2),
            Tag::H3 => Some(3),
            Tag::H4 => Some(4),
            Tag::H5 => Some(5),
            Tag::H6 => Some(6),
            _ => None,
        }
    }

    pub(crate) const fn is_math(self) -> bool {
        self as u8 >= Tag::Math as u8
    }

    /// Elements that parsers open again in the next block.
    pub(crate) const fn formats(self) -> bool {
        matches!(
            self,
            Tag::A
                | Tag::B
                | Tag::Code
                | Tag::Em
                | Tag::I
                | Tag::S
                | Tag::Small
                | Tag::Strike
                | Tag::Strong
                | Tag::Tt
                | Tag::U
        )
    }

    /// Blocks that hold text or anything else.
    pub(crate) const fn holds_text(self) -> bool {
        self.level().is_some() || matches!(self, Tag::P | Tag::Div | Tag::Blockquote | Tag::Pre)
    }

    /// Elements of MathML that hold text.
    pub(crate) const fn is_math_token(self) -> bool {
        matches!(self, Tag::Mi | Tag::Mn | Tag::Mo | Tag::Ms | Tag::Mtext)
    }

    pub(crate) const fn is_void(self) -> bool {
        matches!(self, Tag::Br | Tag::Hr | Tag::Img | Tag::Wbr)
    }

    /// Elements whose start tag ends an open paragraph (HTML, "in body").
    pub(crate) const fn ends_paragraph(self) -> bool {
        matches!(
            self,
            Tag::Blockquote
                | Tag::Details
                | Tag::Div
                | Tag::Dl
                | Tag::Figcaption
                | Tag::Figure
                | Tag::Hr
                | Tag::Ol
                | Tag::P
                | Tag::Pre
                | Tag::Section
                | Tag::Summary
                | Tag::Table
                | Tag::Ul
                | Tag::Li
                | Tag::Dd
                | Tag::Dt
        ) || self.level().is_some()
    }

    /// Elements that separate words and stand on lines of their own.
    pub(crate) const fn is_block(self) -> bool {
        self.ends_paragraph() || self.is_table_part() || matches!(self, Tag::Caption)
    }

    const fn is_table_part(self) -> bool {
        matches!(
            self,
            Tag::Tbody | Tag::Td | Tag::Tfoot | Tag::Th | Tag::Thead | Tag::Tr
        )
    }

    /// Elements whose content is on lines of its own when written.
    pub(crate) const fn holds_blocks(self) -> bool {
        matches!(
            self,
            Tag::Blockquote
                | Tag::Details
                | Tag::Dl
                | Tag::Figure
                | Tag::Ol
                | Tag::Section
                | Tag::Table
                | Tag::Tbody
                | Tag::Tfoot
                | Tag::Thead
                | Tag::Tr
                | Tag::Ul
        )
    }

    /// Elements that hold rows or cells, but no text.
    pub(crate) const fn holds_rows(self) -> bool {
        matches!(self, Tag::Table | Tag::Tbody | Tag::Tfoot | Tag::Thead | Tag::Tr)
    }

    /// A paragraph outside of these is not the one that a block inside ends (HTML, "button scope").
    pub(crate) const fn bounds_scope(self) -> bool {
        matches!(self, Tag::Table | Tag::Td | Tag::Th | Tag::Caption)
    }

    /// The only possible parents, for elements that have such.
    pub(crate) const fn parents(self) -> &'static [Tag] {
        match self {
            Tag::Li => &[Tag::Ul, Tag::Ol],
            Tag::Dt | Tag::Dd => &[Tag::Dl],
            Tag::Td | Tag::Th => &[Tag::Tr],
            Tag::Tr => &[Tag::Thead, Tag::Tbody, Tag::Tfoot],
            Tag::Thead | Tag::Tbody | Tag::Tfoot | Tag::Caption => &[Tag::Table],
            Tag::Summary => &[Tag::Details],
            Tag::Figcaption => &[Tag::Figure],
            Tag::Rt | Tag::Rp => &[Tag::Ruby],
            _ => &[],
        }
    }

    /// The parent that is opened where it is missing.
    pub(crate) const fn missing_parent(self) -> Option<Tag> {
        match self {
            Tag::Td | Tag::Th => Some(Tag::Tr),
            Tag::Tr => Some(Tag::Tbody),
            _ => None,
        }
    }
}
