//! Where posts deliberately differ from the specifications: the specification, the numbers of its examples, the reason.

const CLOSED: &str = "an element without an end tag ends with the paragraph or block that holds it";
const ENCODED: &str = "addresses are percent-encoded";
const NO_ELEMENT: &str =
    "words in angle brackets that have neither attributes nor an end tag are shown: `Vec<String>`";
const REMOVED: &str =
    "elements and attributes that are not permitted are removed; the text in elements is kept";
const SCHEME: &str =
    "links have the scheme http, https or mailto; a colon before the first slash ends a scheme";
const SCRIPT: &str = "scripts and styles are removed with their text";
const STRONG: &str = "strong emphasis nests as CommonMark specifies";
const UNKNOWN_LANGUAGE: &str = "only known languages become a class";
const URL_IN_TEXT: &str = "addresses in the text are links, an extension of GFM";

pub(super) const DIFFERENCES: &[(&str, &[u32], &str)] = &[
    ("commonmark", &[21, 31], ENCODED),
    ("commonmark", &[34, 144], UNKNOWN_LANGUAGE),
    (
        "commonmark",
        &[148],
        "no empty paragraph after a paragraph that is closed by a block",
    ),
    (
        "commonmark",
        &[150, 152, 153, 154, 163, 164, 169, 171, 173],
        REMOVED,
    ),
    ("commonmark", &[170, 172, 176, 178], SCRIPT),
    ("commonmark", &[187, 344, 476, 477, 630, 631, 642, 643], CLOSED),
    (
        "commonmark",
        &[191],
        "content between the cells of a table gets a cell",
    ),
    ("commonmark", &[201, 613], NO_ELEMENT),
    ("commonmark", &[475], "an image always has an alternative text"),
    (
        "commonmark",
        &[491, 494, 524, 536, 614, 615, 616, 617, 629],
        REMOVED,
    ),
    ("commonmark", &[500, 598, 599, 601], SCHEME),
    ("commonmark", &[602, 608, 611, 612], URL_IN_TEXT),
    ("gfm", &[114, 330], UNKNOWN_LANGUAGE),
    (
        "gfm",
        &[118],
        "no empty paragraph after a paragraph that is closed by a block",
    ),
    ("gfm", &[120, 122, 123, 124, 133, 134, 139, 142], REMOVED),
    ("gfm", &[140, 141, 145, 147], SCRIPT),
    ("gfm", &[156, 354, 485, 486, 649, 650, 662, 663], CLOSED),
    ("gfm", &[160], "content between the cells of a table gets a cell"),
    ("gfm", &[170, 632], NO_ELEMENT),
    ("gfm", &[317, 327], ENCODED),
    ("gfm", &[398, 426, 434, 435, 436, 473, 474, 475, 477], STRONG),
    ("gfm", &[484], "an image always has an alternative text"),
    (
        "gfm",
        &[500, 503, 532, 544, 633, 634, 635, 636, 648, 652],
        REMOVED,
    ),
    ("gfm", &[508, 606, 607, 609, 628], SCHEME),
    ("gfm", &[610, 616, 619, 620], URL_IN_TEXT),
];
