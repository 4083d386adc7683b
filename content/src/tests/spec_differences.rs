//! Where posts deliberately differ from the specifications: the specification, the numbers of its examples, the reason.

const ATTRIBUTES: &str = "classes and unknown attributes of an author's tags are not kept";
const ADDRESSES: &str = "addresses in raw tags are percent-encoded, as those of Markdown are";
const LANGUAGES: &str =
    "the name of a code language is of ASCII letters, digits, and `+`, `#`, `-`, `_`, `.`";
const STRAY: &str = "an end tag without its start tag adds nothing";
const TAGS: &str = "a tag that no author may use is removed, and its text is kept";
const HIDDEN: &str = "scripts and styles are removed with their content, and comments and declarations too";
const ANCHORS: &str = "a link without an address is not an element, or an empty one if it has an id";
const ENDS: &str = "an element of a raw tag ends with the block of Markdown that it began in";
const ALT: &str = "an image without a description has an empty one";
const TEXT: &str = "a tag that no element of HTML has and that nothing closes is text: `Vec<String>`";
const SCHEMES: &str = "links lead to http, https, mailto, tel, irc, ircs, xmpp";
const AUTOLINKS: &str = "bare addresses are links, as in GFM";
const ROWS: &str = "what stands between the rows of a table becomes a cell, not text before the table";
const STRONG: &str = "CommonMark nests strong in strong, GFM does not; posts follow CommonMark";

pub(super) const DIFFERENCES: &[(&str, &[u32], &str)] = &[
    ("commonmark", &[152, 153, 154, 164, 169], ATTRIBUTES),
    ("commonmark", &[21, 31, 344, 630, 631, 642, 643], ADDRESSES),
    ("commonmark", &[34, 144], LANGUAGES),
    ("commonmark", &[148], STRAY),
    ("commonmark", &[163, 171, 173, 524, 536, 617], TAGS),
    ("commonmark", &[170, 172, 176, 178, 629], HIDDEN),
    ("commonmark", &[150, 614, 615, 616], ANCHORS),
    ("commonmark", &[187, 476, 477, 494], ENDS),
    ("commonmark", &[475], ALT),
    ("commonmark", &[201, 491, 613], TEXT),
    ("commonmark", &[598, 599, 601], SCHEMES),
    ("commonmark", &[602, 608, 611, 612], AUTOLINKS),
    ("commonmark", &[191], ROWS),
    ("gfm", &[122, 123, 124, 134, 139], ATTRIBUTES),
    ("gfm", &[317, 327, 354, 649, 650, 662, 663], ADDRESSES),
    ("gfm", &[114, 330], LANGUAGES),
    ("gfm", &[118], STRAY),
    ("gfm", &[133, 142, 532, 544, 636, 652], TAGS),
    ("gfm", &[140, 141, 145, 147, 648], HIDDEN),
    ("gfm", &[120, 633, 634, 635], ANCHORS),
    ("gfm", &[156, 485, 486, 503], ENDS),
    ("gfm", &[484], ALT),
    ("gfm", &[170, 500, 632], TEXT),
    ("gfm", &[606, 607, 609, 628], SCHEMES),
    ("gfm", &[610, 616, 619, 620], AUTOLINKS),
    ("gfm", &[160], ROWS),
    ("gfm", &[398, 426, 434, 435, 436, 473, 474, 475, 477], STRONG),
];
