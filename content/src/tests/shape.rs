//! The HTML of regular Markdown.

use super::inert::assert_inert;
use super::{Rendered, render_comment, render_post};
use crate::TocEntry;

#[test]
fn markdown_of_posts() {
    let cases = [
        (
            "**a** _b_ ~~c~~ `d`",
            "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>\n",
        ),
        ("\"quoted\" -- text...", "<p>\"quoted\" -- text...</p>\n"),
        (
            "[in](/p/x) [out](https://a.example)",
            "<p><a href=\"/p/x\">in</a> <a href=\"https://a.example\">out</a></p>\n",
        ),
        (
            "https://a.example.",
            "<p><a href=\"https://a.example\">https://a.example</a>.</p>\n",
        ),
        (
            "![alt](https://a.example/x.png \"t\")",
            "<p><img loading=\"lazy\" decoding=\"async\" src=\"https://a.example/x.png\" alt=\"alt\" title=\"t\"></p>\n",
        ),
        (
            "![the alt](http://a.example/x.png)",
            "<p><img loading=\"lazy\" decoding=\"async\" src=\"https://a.example/x.png\" alt=\"the alt\"></p>\n",
        ),
        ("[text](javascript:x)", "<p>text</p>\n"),
        (
            "Press <kbd>Ctrl</kbd><BR/>H<sub>2</sub>O",
            "<p>Press <kbd>Ctrl</kbd><br>H<sub>2</sub>O</p>\n",
        ),
        ("a Vec<String> here", "<p>a Vec&lt;String&gt; here</p>\n"),
        ("<kbd>open", "<p><kbd>open</kbd></p>\n"),
        (
            "a <!-- note --> b\n\n<!-- more -->\n\nc",
            "<p>a  b</p>\n<p>c</p>\n",
        ),
        ("<div>\n*x*\n</div>", "<div>*x*\n</div>\n"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>\n"),
        (
            "```klingon\na < b\n```",
            "<pre><code class=\"language-klingon\">a &lt; b\n</code></pre>\n",
        ),
        (
            "- [ ] a\n- [x] b",
            "<ul>\n<li class=\"task-list-item\"><input type=\"checkbox\" disabled=\"\" aria-label=\"Incomplete task\"> a</li>\n<li class=\"task-list-item\"><input type=\"checkbox\" disabled=\"\" checked=\"\" aria-label=\"Completed task\"> b</li>\n</ul>\n",
        ),
        (
            "|a|b|\n|:-|-:|\n|1|2|",
            "<table>\n<thead>\n<tr>\n<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        (
            "## A & <b>b</b>",
            "<h2 id=\"h-a-b\">A &amp; <b>b</b> <a class=\"anchor\" href=\"#h-a-b\" aria-label=\"Link to this section: A &amp; b\"></a></h2>\n",
        ),
        (
            "これは**強調。**です",
            "<p>これは<strong>強調。</strong>です</p>\n",
        ),
        ("", ""),
    ];
    for (markdown, html) in cases {
        assert_eq!(render_post(markdown).html, html, "{markdown:?}");
    }
}

#[test]
fn markdown_of_comments() {
    let cases = [
        ("# Loud", "<h4>Loud</h4>\n"),
        ("###### Soft", "<h6>Soft</h6>\n"),
        (
            "![cat](https://a.example/c.png)",
            "<p><a href=\"https://a.example/c.png\" rel=\"nofollow ugc noopener\">cat</a></p>\n",
        ),
        (
            "![](https://a.example/c.png)",
            "<p><a href=\"https://a.example/c.png\" rel=\"nofollow ugc noopener\">https://a.example/c.png</a></p>\n",
        ),
        (
            "[![cat](https://a.example/c.png)](/x)",
            "<p><a href=\"/x\">cat</a></p>\n",
        ),
        (
            "[in](/p/x) [top](#h-a)",
            "<p><a href=\"/p/x\">in</a> <a href=\"#h-a\">top</a></p>\n",
        ),
        (
            "[out](https://a.example)",
            "<p><a href=\"https://a.example\" rel=\"nofollow ugc noopener\">out</a></p>\n",
        ),
        (
            "[out](//a.example)",
            "<p><a href=\"//a.example\" rel=\"nofollow ugc noopener\">out</a></p>\n",
        ),
        (
            "[out](/\\a.example)",
            "<p><a href=\"/%5Ca.example\" rel=\"nofollow ugc noopener\">out</a></p>\n",
        ),
        (
            "www.a.example",
            "<p><a href=\"http://www.a.example\" rel=\"nofollow ugc noopener\">www.a.example</a></p>\n",
        ),
    ];
    for (markdown, html) in cases {
        let rendered = render_comment(markdown, "0198");
        assert_eq!(rendered.html, html, "{markdown:?}");
    }
}

#[test]
fn headings_rank_below_the_title_and_have_unique_ids() {
    let entry = |id: &str, level, text: &str| TocEntry {
        id: id.to_owned(),
        level,
        text: text.to_owned(),
    };
    let long = format!("# {}", "x".repeat(200));
    let long_id = format!("h-{}", "x".repeat(60));
    let cases: [(&str, Vec<TocEntry>); 8] = [
        ("## A\n### B", vec![entry("h-a", 2, "A"), entry("h-b", 3, "B")]),
        (
            "# A\n## B\n###### C",
            vec![entry("h-a", 2, "A"), entry("h-b", 3, "B"), entry("h-c", 6, "C")],
        ),
        (
            "## A\n## A\n## a-1\n## A",
            vec![
                entry("h-a", 2, "A"),
                entry("h-a-1", 2, "A"),
                entry("h-a-1-1", 2, "a-1"),
                entry("h-a-2", 2, "A"),
            ],
        ),
        ("## 🎉", vec![entry("h-section", 2, "🎉")]),
        (
            "## 日本語 と Rust",
            vec![entry("h-日本語-と-rust", 2, "日本語 と Rust")],
        ),
        (
            "## `code` *em* [l](/x)",
            vec![entry("h-code-em-l", 2, "code em l")],
        ),
        (&long, vec![entry(&long_id, 2, &"x".repeat(200))]),
        (
            "> ## Quoted\n\n- ## Listed",
            vec![entry("h-quoted", 2, "Quoted"), entry("h-listed", 2, "Listed")],
        ),
    ];
    for (markdown, toc) in cases {
        assert_eq!(render_post(markdown).toc, toc, "{markdown:?}");
    }
}

#[test]
fn footnotes_are_numbered_and_linked_both_ways() {
    let Rendered { html, .. } = render_post("A[^why] and[^why].\n\n[^why]: Because.");
    for part in [
        "<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup>",
        "<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1-2\">1</a></sup>",
        "<li id=\"fn-1\">",
        "<a href=\"#fnref-1\" class=\"footnote-backref\" aria-label=\"Back to reference 1\">↩</a>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    let comment = render_comment("A[^why].\n\n[^why]: Because.", "0198-ab");
    assert!(comment.html.contains("id=\"fn-c0198-ab-1\""), "{}", comment.html);
    assert!(
        comment.html.contains("href=\"#fnref-c0198-ab-1\""),
        "{}",
        comment.html
    );
}

#[test]
fn ids_are_unique_in_a_page_of_a_post_and_its_comments() {
    let body = "# T\n\n[^a] [^a] [^b]\n\n[^a]: x\n\n[^b]: y";
    let page = [
        render_post(body).html,
        render_comment(body, "1").html,
        render_comment(body, "2").html,
        render_comment(body, "").html,
        render_comment(body, "\"><script>").html,
    ];
    let ids: Vec<&str> = page
        .iter()
        .flat_map(|html| html.split(" id=\"").skip(1))
        .collect();
    let ids: Vec<&str> = ids.iter().filter_map(|rest| rest.split('"').next()).collect();
    let unique: std::collections::HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for html in &page[1..] {
        assert_inert(html, true, body);
    }
}

#[test]
fn an_oversized_body_is_rendered_as_plain_text() {
    let grows = "[^1]".repeat(60_000) + "\n\n[^1]: x";
    let long = "a < b\n".repeat(200_000);
    for body in [&grows, &long] {
        let rendered = render_post(body);
        assert!(rendered.html.starts_with("<pre class=\"plain\">"));
        assert_inert(&rendered.html, false, "oversized");
        assert_eq!(rendered.excerpt.is_empty(), body.starts_with("[^1]"));
    }
}

#[test]
fn deep_nesting_is_flattened_without_losing_text() {
    for (open, close) in [
        ("> ", ""),
        ("- ", ""),
        ("*a ", " b*"),
        ("**a ", " b**"),
        ("![", "](/u)"),
    ] {
        let body = format!("{}needle{}", open.repeat(200), close.repeat(200));
        let rendered = render_post(&body);
        assert!(rendered.html.contains("needle"), "{open:?}: {}", rendered.html);
        assert_inert(&rendered.html, false, &body);
    }
}
