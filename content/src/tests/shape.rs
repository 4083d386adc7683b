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
            "![a](http://a.example:8080/x.png) <img src='http://[::1]:80/y' alt=b> <img src=data:x alt=c>",
            "<p><a href=\"http://a.example:8080/x.png\">a</a> <a href=\"http://[::1]:80/y\">b</a> c</p>\n",
        ),
        ("[a](10:30.html)", "<p><a href=\"10:30.html\">a</a></p>\n"),
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
        ("# One\n## Two", "<h4>One</h4>\n<h5>Two</h5>\n"),
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
    // Whatever a note or the text before it leaves open.
    for note in ["x <a href=/y>y", "<a href=/y>\n\n    x"] {
        let html = render_post(&format!("A[^1].\n\n<a href=/z>\n\n[^1]: {note}")).html;
        assert_eq!(html.matches("footnote-backref").count(), 1, "{html}");
        assert_inert(&html, false, note);
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

#[test]
fn html_of_authors() {
    let cases = [
        (
            "<details open><summary>S</summary>\n\n*x*\n\n</details>",
            "<details open=\"\">\n<summary>S</summary>\n<p><em>x</em></p>\n</details>\n",
        ),
        (
            "<TABLE><tr><td colspan=2>a<td>b</table>",
            "<table>\n<tbody>\n<tr>\n<td colspan=\"2\">a</td>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        (
            "<p align=\"center\"><img src=\"a.png\" width=\"80%\" height=5 style=\"x\"></p>",
            "<p align=\"center\"><img loading=\"lazy\" decoding=\"async\" src=\"a.png\" width=\"80%\" height=\"5\" alt=\"\"></p>\n",
        ),
        (
            "<img src=a.png width=400px height=\"1 px\" hspace=5 vspace=x><br clear=all>",
            "<p><img loading=\"lazy\" decoding=\"async\" src=\"a.png\" width=\"400\" height=\"1\" hspace=\"5\" alt=\"\"><br clear=\"all\"></p>\n",
        ),
        (
            "<table border=1><td nowrap height=5>a</table>",
            "<table border=\"1\">\n<tbody>\n<tr>\n<td nowrap=\"\" height=\"5\">a</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        (
            "<pre lang=\"rust\">a</pre><pre class=\"src language-c\"><code class=\"language-c++ hljs\">b</code></pre>",
            "<pre class=\"language-rust\">a</pre>\n<pre class=\"language-c\"><code class=\"language-c++\">b</code></pre>\n",
        ),
        (
            "<video controls><source src=\"https://a.example/x.mp4\">Your browser</video>",
            "<p><a href=\"https://a.example/x.mp4\">https://a.example/x.mp4</a> Your browser</p>\n",
        ),
        ("<center>a</center>", "<div align=\"center\">a</div>\n"),
        (
            "a <ruby>漢<rt>kan</rt></ruby> <abbr title=\"x\">y</abbr>",
            "<p>a <ruby>漢<rt>kan</rt></ruby> <abbr title=\"x\">y</abbr></p>\n",
        ),
        (
            "<figure><img src=/a.png alt=b><figcaption>c</figcaption></figure>",
            "<figure>\n<img loading=\"lazy\" decoding=\"async\" src=\"/a.png\" alt=\"b\">\n<figcaption>c</figcaption>\n</figure>\n",
        ),
        ("text <div>x</div> more", "<p>text </p>\n<div>x</div>\n more"),
        (
            "<div>\n\n> a\n\n</div>\n\nb",
            "<div>\n<blockquote>\n<p>a</p>\n</blockquote>\n</div>\n<p>b</p>\n",
        ),
        (
            "- <div>\n\nafter",
            "<ul>\n<li>\n<div></div>\n</li>\n</ul>\n<p>after</p>\n",
        ),
        ("</div></article> a", " a"),
        (
            "<q cite=\"/a b&Tab;c\">x</q>",
            "<p><q cite=\"/a%20b%09c\">x</q></p>\n",
        ),
        (
            "<a href=/x><b><p align=center>y</p></b></a>",
            "<p align=\"center\"><a href=\"/x\"><b>y</b></a></p>\n",
        ),
        ("<b>a <div>b</div>", "<p><b>a </b></p>\n<div>b</div>\n"),
        ("<b><hr>", "<p><b></b></p>\n<hr>\n"),
        (
            "<h2>a <span><h3>b</h3></span></h2>",
            "<h2 id=\"h-a\">a <span></span> <a class=\"anchor\" href=\"#h-a\" aria-label=\"Link to this section: a\"></a></h2>\n<h3 id=\"h-b\">b <a class=\"anchor\" href=\"#h-b\" aria-label=\"Link to this section: b\"></a></h3>\n",
        ),
        (
            "<a name=x>a [b](/b)",
            "<p><span id=\"h-x\"></span>a <a href=\"/b\">b</a></p>\n",
        ),
        (
            "<a href=/x>a <a href=/y>b</a></a>",
            "<p><a href=\"/x\">a b</a></p>\n",
        ),
        (
            "<pre><code class=\"language-rust\">fn <b>x</b></code></pre>",
            "<pre><code class=\"language-rust\">fn <b>x</b></code></pre>\n",
        ),
        (
            "<iframe src=\"https://www.youtube.com/embed/a-b_c?x=1\" title=\"T & t\"></iframe>",
            "<a href=\"https://www.youtube.com/watch?v=a-b_c\">YouTube: T &amp; t</a>",
        ),
    ];
    for (markdown, html) in cases {
        assert_eq!(render_post(markdown).html, html, "{markdown:?}");
    }
}

#[test]
fn extensions() {
    let cases = [
        (
            "> [!WARNING]\n> Hot *stove*.",
            "<div class=\"markdown-alert markdown-alert-warning\">\n<p class=\"markdown-alert-title\">Warning</p>\n<p>Hot <em>stove</em>.</p>\n</div>\n",
        ),
        (
            "> [!note]\n>\n> a",
            "<div class=\"markdown-alert markdown-alert-note\">\n<p class=\"markdown-alert-title\">Note</p>\n<p>a</p>\n</div>\n",
        ),
        (
            "> [!other]\n> a",
            "<blockquote>\n<p>[!other]\na</p>\n</blockquote>\n",
        ),
        (
            "Term\n\n: Text",
            "<dl>\n<dt>Term</dt>\n<dd>\n<p>Text</p>\n</dd>\n</dl>\n",
        ),
        (
            "$x^2$",
            "<p><math display=\"inline\"><msup><mi>x</mi><mn>2</mn></msup></math></p>\n",
        ),
        ("$$x$$", "<p><math display=\"block\"><mi>x</mi></math></p>\n"),
        (
            "```math\nx\n```",
            "<p><math display=\"block\"><mi>x</mi></math></p>\n",
        ),
        (
            "It costs $5 or $6, US$7/A$8, $HOME/$PATH, ${A}/${B}.",
            "<p>It costs $5 or $6, US$7/A$8, $HOME/$PATH, ${A}/${B}.</p>\n",
        ),
        (
            "> - $5 (see `$HOME`), **$5**/**$6**, $x$ and `$y`$z",
            "<blockquote>\n<ul>\n<li>$5 (see <code>$HOME</code>), <strong>$5</strong>/<strong>$6</strong>, <math display=\"inline\"><mi>x</mi></math> and <code>$y</code>$z</li>\n</ul>\n</blockquote>\n",
        ),
        (
            "| a $1 | `$` |\n|-|-|\n| $2/$3 | `$4` $5 |",
            "<table>\n<thead>\n<tr>\n<th>a $1</th>\n<th><code>$</code></th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>$2/$3</td>\n<td><code>$4</code> $5</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        ("$\\nocommand{x}$", "<p><code>$\\nocommand{x}$</code></p>\n"),
        (
            "## Set up & go\n\n[a](#set-up--go) [b](#set-up-go) [c](#Set-Up--Go) [d](#none)",
            "<h2 id=\"h-set-up-go\">Set up &amp; go <a class=\"anchor\" href=\"#h-set-up-go\" aria-label=\"Link to this section: Set up &amp; go\"></a></h2>\n<p><a href=\"#h-set-up-go\">a</a> <a href=\"#h-set-up-go\">b</a> <a href=\"#h-set-up-go\">c</a> <a href=\"#none\">d</a></p>\n",
        ),
        (
            "## A b\n## A b\n[x](#a-b-1)",
            "<h2 id=\"h-a-b\">A b <a class=\"anchor\" href=\"#h-a-b\" aria-label=\"Link to this section: A b\"></a></h2>\n<h2 id=\"h-a-b-1\">A b <a class=\"anchor\" href=\"#h-a-b-1\" aria-label=\"Link to this section: A b\"></a></h2>\n<p><a href=\"#h-a-b-1\">x</a></p>\n",
        ),
        (
            "<a id=\"top\"></a>\n\n[up](#top)",
            "<p><span id=\"h-top\"></span></p>\n<p><a href=\"#h-top\">up</a></p>\n",
        ),
    ];
    for (markdown, html) in cases {
        assert_eq!(render_post(markdown).html, html, "{markdown:?}");
    }
}

#[test]
fn each_place_has_its_html() {
    let base = "https://blog.example/p/x";
    let document = crate::Document::markdown(
        "## H\n\n[a](#h) [b](/b) ![c](c.png)\n\n- [x] d\n\n$e$\n\n<details><summary>f</summary>g</details>",
    );
    assert_eq!(
        document.html(crate::Flavour::Feed { base }),
        "<h2 id=\"h-h\">H</h2>\n<p><a href=\"https://blog.example/p/x#h-h\">a</a> <a href=\"https://blog.example/b\">b</a> <img src=\"https://blog.example/p/c.png\" alt=\"c\"></p>\n<ul>\n<li class=\"task-list-item\">☑ d</li>\n</ul>\n<p><math display=\"inline\"><mi>e</mi></math></p>\n<details>\n<summary>f</summary>\ng\n</details>\n"
    );
    assert_eq!(
        document
            .html(crate::Flavour::Mail { base })
            .split("<p><code>")
            .nth(1)
            .unwrap(),
        "e</code></p>\n<div>\n<div>f</div>\ng</div>\n"
    );
}
