//! No active content passes the renderer, from Markdown or raw HTML, in a post or a comment.

use proptest::prelude::*;

use super::inert::{assert_inert, check};
use super::{render_comment, render_post};
use crate::{Audience, Document, Flavour, sanitize, sanitize::clean};

/// Raw HTML, also in places where Markdown treats it differently.
const HTML: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0Csrc=x></script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=\nalert(1)//",
    "<img/src=`x`onerror=alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text y=1em>x</text></a></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /><a id=x><rect width=9 height=9 /></a></svg>",
    "<svg><use href=\"data:image/svg+xml;base64,PHN2Zz4=#x\"></use></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></iframe></foreignObject></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id=\"</style><img onerror=alert(1) src>\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<noembed><img title=\"</noembed><img src onerror=alert(1)>\"></noembed>",
    "<xmp><p title=\"</xmp><img src onerror=alert(1)>\"></xmp>",
    "<textarea><img title=\"</textarea><img src onerror=alert(1)>\">",
    "<title><img title=\"</title><img src onerror=alert(1)>\">",
    "<select><option><style></option></select><img src=x onerror=alert(1)></style>",
    "<select><selectedcontent><img src=x onerror=alert(1)></selectedcontent></select>",
    "<template><img src=x onerror=alert(1)></template>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<listing>&lt;img onerror=1 src=1&gt;</listing>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=\"javascript:alert(1)//\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1) form=f>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<input type=image src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<html manifest=x><frameset onload=alert(1)>",
    "<dialog open oncancel=alert(1)>x</dialog>",
    "<custom-element onclick=alert(1) is=x>x</custom-element>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"&#106;&#97;vascript&colon;alert(1)\">x</a>",
    "<a href=\"java&Tab;script&NewLine;:alert(1)\">x</a>",
    "<a href=\"\x01\x1Fjavascript:alert(1)\">x</a>",
    "<a href=x ping=//evil.example target=_blank download>x</a>",
    "<a id=location name=cookie class=btn-danger>x</a>",
    "<form id=document><input name=cookie></form>",
    "<img name=getElementById src=https://a.example/x>",
    "<span class=\"navbar modal\" data-controller=x hx-get=/x x-on:click=x>x</span>",
    "<b onmouseover=alert(1)>x</b>",
    "<kbd onclick=alert(1)>x</kbd>",
    "<kbd><sub></kbd></sub>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE html><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><script>alert(1)</script> -->",
    "</p></div></body></html><script>alert(1)</script>",
    "<table><tr><td><script>alert(1)</script></table><a href=javascript:alert(1)>",
    "\u{FF1C}script\u{FF1E}alert(1)\u{FF1C}/script\u{FF1E}",
    "<\0script>alert(1)</script>",
];

/// Markdown that makes links, images, ids or classes.
const MARKDOWN: &[&str] = &[
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](java&NewLine;script:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#1;javascript:alert(1))",
    "[x](<  javascript:alert(1)>)",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](blob:https://a.example/1) [x](filesystem:x) [x](file:///etc/passwd)",
    "[x]: javascript:alert(1)\n\n[x] and [y][x] and ![z][x]",
    "<javascript:alert(1)>",
    "<JAVASCRIPT:alert(1)>",
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "[x](https://a.example 'a\"onmouseover=\"alert(1)')",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![x](http://a.example/plain.png)",
    "![x](//a.example/x.png)",
    "![x](\\\\a.example\\x.png)",
    "![\"onerror=alert(1) x](https://a.example/x.png)",
    "![x](https://a.example/x.png 'y\" onerror=\"alert(1)')",
    "![[![x](javascript:1)](javascript:2)](javascript:3)",
    "[<script>alert(1)</script>](javascript:alert(1))",
    "[<img src=x onerror=alert(1)>](javascript:alert(1) 'x')",
    "<kbd>[x</kbd>](javascript:alert(1))",
    "![<b>](javascript:x)</b>",
    "# <script>alert(1)</script>",
    "[x](/a \"<body onload=alert(1)>\")",
    "# location\n\n# cookie\n\n# __proto__\n\n# \"><script>alert(1)</script>",
    "# a\n# a\n# a-1\n# a\n# a-1-1\n# A",
    "```\"><script>alert(1)</script>\nx\n```",
    "```rust\"onload=alert(1)\nfn main() {}\n```",
    "```x onclick=alert(1)\nx\n```",
    "```html\n<script>alert(1)</script><img src=x onerror=alert(1)>\n```",
    "```math\n<script>alert(1)</script>\n```",
    "~~~ navbar modal\nx\n~~~",
    "`<script>alert(1)</script>`",
    "[^\"><script>alert(1)</script>]\n\n[^\"><script>alert(1)</script>]: x",
    "[^a] [^a] [^b]\n\n[^a]: x [^b]\n\n[^a]: again\n\n[^b]: [^c]: nested\n\n[^c]: y",
    "[^1] [^1-2]\n\n[^1]: x\n\n[^1-2]: y",
    "> [^q]: in a quote\n\n[^q] [^q]\n\n- [^l]: in a list [^l]",
    "| a | b |\n|:-:|--:|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "- [ ] <input onfocus=alert(1) autofocus>\n- [x] done",
    "999999999. x\n\n0. y",
    "http://a.example/<script>alert(1)</script> www.a.example/\"onclick=alert(1)",
    "a@b.example javascript:alert(1)@c.example",
    "xmpp:a@b.example/<script> ftp://a.example",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62; &NotEqualTilde;",
    "\u{202E}<script>\u{200B}\u{FEFF}\u{FFFE}\u{FFFF}\u{1}\u{7F}",
];

#[test]
fn active_content_is_removed() {
    let wraps: [fn(&str) -> String; 8] = [
        |attack| attack.to_owned(),
        |attack| format!("text {attack} text"),
        |attack| format!("<div>\n{attack}\n\n</div>"),
        |attack| format!("> - {attack}\n"),
        |attack| format!("# {attack}"),
        |attack| format!("*a {attack} b*"),
        |attack| format!("[a {attack} b](/x)"),
        |attack| format!("| h |\n|---|\n| {attack} |\n\n[^1]\n\n[^1]: {attack}"),
    ];
    for attack in HTML.iter().chain(MARKDOWN) {
        for wrap in wraps {
            let markdown = wrap(attack);
            assert_inert(&render_post(&markdown).html, false, &markdown);
            assert_inert(&render_comment(&markdown, "0198-ab").html, true, &markdown);
        }
    }
}

#[test]
fn the_sanitiser_alone_is_sufficient() {
    for attack in HTML {
        for html in [
            attack.to_string(),
            format!("<p>a<em>{attack}</em></p>"),
            format!("<table><td>{attack}"),
        ] {
            assert_inert(&sanitize(&html, Audience::Post), false, &html);
            assert_inert(&sanitize(&html, Audience::Comment), true, &html);
        }
    }
}

#[test]
fn what_is_removed_from_an_address_makes_no_other_scheme() {
    for hidden in [
        "&#1;", "&#xFEFF;", "&#xFFFE;", "&nbsp;", "&#127;", "&#13;", "&#x85;", "&#9;",
    ] {
        for url in [
            format!("java{hidden}script:x"),
            format!("{hidden}javascript:x"),
            format!("{hidden} {hidden}javascript:x"),
            format!("javascript{hidden}:x"),
        ] {
            for markdown in [
                format!("[x]({url})"),
                format!("[x](<{url}>)"),
                format!("<a href=\"{url}\">x</a>"),
                format!("![x]({url})"),
                format!("<q cite=\"{url}\">x</q>"),
                format!("<video src=\"{url}\"></video>"),
            ] {
                let html = Document::markdown(&markdown).unsanitized(Flavour::Post);
                assert_inert(&html, false, &markdown);
            }
        }
    }
}

#[test]
fn formulas_pass_only_as_they_are_written_here() {
    let formula = "<math display=\"inline\"><mi>x</mi></math>";
    assert_eq!(sanitize(formula, Audience::Post), formula);
    assert_eq!(sanitize(&format!("{formula}<p>"), Audience::Post), "<p></p>");
    // What remained of this one was no MathML when it was parsed again.
    let nested = "<math><mi><svg><form><math><mtext></form><form><mglyph><svg><mtext><style><path id=\"</style><img src=x>\">";
    assert!(!sanitize(nested, Audience::Post).contains("<m"));
}

#[test]
fn the_tree_alone_is_sufficient() {
    for attack in HTML.iter().chain(MARKDOWN) {
        let document = Document::markdown(attack);
        for (flavour, comment) in [(Flavour::Post, false), (Flavour::Comment { id: "1" }, true)] {
            assert_inert(&document.unsanitized(flavour), comment, attack);
        }
    }
}

#[test]
fn the_sanitiser_is_idempotent() {
    for attack in HTML.iter().chain(&["&#13;<p>", "\u{FEFF}<td>&#12;"]) {
        for audience in [Audience::Post, Audience::Comment] {
            let once = sanitize(attack, audience);
            assert_eq!(sanitize(&once, audience), once, "{attack:?}");
            assert_eq!(clean(&once, audience), once, "{attack:?}");
        }
    }
}

/// Pieces of Markdown and HTML syntax, joined at random.
pub(crate) fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(HTML).prop_map(str::to_owned),
        prop::sample::select(MARKDOWN).prop_map(str::to_owned),
        prop::sample::select(
            &[
                "\n",
                "\n\n",
                "> ",
                "- ",
                "1. ",
                "    ",
                "\t",
                "# ",
                "*",
                "**",
                "_",
                "~~",
                "`",
                "```",
                "```rs\n",
                "[",
                "](",
                ")",
                "![",
                "[^1]",
                "[^1]: ",
                "|",
                "|-|\n",
                "<",
                ">",
                "</",
                "<!--",
                "-->",
                "\"",
                "'",
                "=",
                "&",
                "&#",
                ";",
                "\\",
                ":",
                "//",
                "<kbd>",
                "</kbd>",
                "<br>",
                "<sub>",
                "</sub>",
                "<div>",
                "</div>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "<li>",
                "<ul>",
                "</ul>",
                "<p>",
                "</p>",
                "<a href=/x>",
                "</a>",
                "<h2>",
                "</h2>",
                "<details>",
                "<summary>",
                "<ruby>",
                "<rt>",
                "<dl>",
                "<dd>",
                "<pre>",
                "</pre>",
                "<script>",
                "</script>",
                "$",
                "$$",
                "x^2",
                ": ",
                "[!NOTE]\n",
                "<img src=/x alt=y>",
                "<hr>",
                "- [x] ",
                "---\n",
                "\0",
                "\r",
            ][..]
        )
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_renders_without_active_content(markdown in any::<String>()) {
        prop_assert_eq!(check(&render_post(&markdown).html, false), Ok(()));
        prop_assert_eq!(check(&render_comment(&markdown, &markdown).html, true), Ok(()));
    }

    #[test]
    fn any_mixture_of_attacks_renders_without_active_content(markdown in fragments()) {
        prop_assert_eq!(check(&render_post(&markdown).html, false), Ok(()));
        prop_assert_eq!(check(&render_comment(&markdown, "0198").html, true), Ok(()));
    }

    #[test]
    fn any_mixture_of_html_is_sanitised(html in fragments()) {
        // The first stage makes ids unique, so only their format is checked here.
        for (kind, comment) in [(Audience::Post, false), (Audience::Comment, true)] {
            let outcome = check(&sanitize(&html, kind), comment);
            prop_assert!(outcome.as_ref().is_ok_and(|()| true) || outcome.as_ref().is_err_and(|r| r.contains("unique")), "{:?}", outcome);
        }
    }
}
