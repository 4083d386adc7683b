//! No body of a size that the posts service accepts (256 KiB) takes much to render. What it takes is measured in the size of
//! the tree and of what is written, which does not depend on the machine; the time is printed. Where time is not in
//! proportion to size, this test takes minutes and is ended as one that hangs.

use std::time::Instant;

use super::inert::check;
use super::{render_comment, render_post};
use crate::MAX_HTML;

const SIZE: usize = 256 * 1024;
/// Bytes of the tree for each byte of the source, and for each formula (which its own budget limits).
const TREE: usize = 64;
const TREE_OF_FORMULAS: usize = 16 * 1024 * 1024;

fn fill(piece: &str) -> String {
    piece.repeat(SIZE / piece.len())
}

fn between(open: &str, close: &str) -> String {
    let count = SIZE / (open.len() + close.len());
    format!("{}a{}", open.repeat(count), close.repeat(count))
}

fn bodies() -> Vec<(&'static str, String)> {
    let code =
        |language: &str, line: &str| fill(&format!("```{language}\n{}```\n", format!("{line}\n").repeat(40)));
    vec![
        ("ten thousand quotes", format!("{}a", "> ".repeat(10_000))),
        (
            "ten thousand lists",
            (0..10_000).map(|_| "- ").collect::<String>() + "a",
        ),
        ("quotes", fill(">")),
        (
            "quotes, then lazy lines",
            format!("{}a\n{}", ">".repeat(SIZE / 2), "a\n".repeat(SIZE / 4)),
        ),
        (
            "a staircase of lists",
            (0..500)
                .map(|depth| format!("{}- a\n", " ".repeat(depth * 2)))
                .collect(),
        ),
        (
            "a staircase of quotes",
            (1..700)
                .map(|depth| format!("{}a\n", ">".repeat(depth)))
                .collect(),
        ),
        ("open emphasis", fill("*a **a ")),
        ("nested emphasis", between("*a ", " a*")),
        ("stars", fill("a***b ")),
        ("brackets", fill("[")),
        ("paired brackets", between("[", "]")),
        ("nested links", between("[", "](u)")),
        ("nested images", between("![", "](u)")),
        ("nested bad images", between("![", "](data:u)")),
        ("footnote references", fill("[^1]") + "\n\n[^1]: x"),
        ("nested footnotes", fill("[^a]: ")),
        (
            "many footnotes",
            (0..12_000).map(|n| format!("[^{n}]\n\n[^{n}]: x\n\n")).collect(),
        ),
        (
            "reference expansion",
            format!("[a]: /{}\n\n{}", "u".repeat(50_000), "[a]".repeat(60_000)),
        ),
        (
            "reference definitions",
            (0..20_000).map(|n| format!("[{n}]: u\n")).collect(),
        ),
        (
            "backticks",
            (1..700).map(|n| format!("e{}", "`".repeat(n))).collect(),
        ),
        ("alerts", fill("> [!NOTE]\n\n")),
        (
            "nested alerts",
            format!("{}[!NOTE]\n{}", "> ".repeat(400), "> a\n".repeat(400)),
        ),
        ("definitions", fill("a\n\n: b\n\n")),
        (
            "nested definitions",
            (0..300)
                .map(|depth| format!("{0}a\n\n{0}: b\n\n", " ".repeat(depth * 2)))
                .collect(),
        ),
        ("colons", fill(": ")),
        ("lines of colons", fill("a\n: b\n")),
        ("dollars", fill("$")),
        ("pairs of dollars", fill("$$ ")),
        ("formulas", fill("$x$ ")),
        ("prices", fill("$5/a$b ")),
        ("dollars in code", fill("`$` $x ")),
        ("dollars before code", fill("$5 (see `$HOME`) ")),
        ("invalid formulas", fill("$\\x$ ")),
        (
            "long formulas",
            fill(&format!("$${}$$\n\n", "\\frac{a}{b}+".repeat(300))),
        ),
        (
            "nested formulas",
            format!("$${}x{}$$", "\\sqrt{".repeat(30_000), "}".repeat(30_000)),
        ),
        (
            "nested commands",
            fill(&format!("$${}x$$ ", "\\sqrt".repeat(700))),
        ),
        (
            "roots of roots",
            fill(&format!("$${}x{}$$ ", "\\sqrt{".repeat(40), "}".repeat(40))),
        ),
        (
            "wide matrices",
            fill(&format!(
                "$$\\begin{{matrix}}{}\\end{{matrix}}$$ ",
                "1&".repeat(1900)
            )),
        ),
        ("open paragraphs", fill("<p>")),
        ("open scripts", fill("a <script>")),
        ("closed scripts", fill("a <script>x</script> ")),
        (
            "open and other tags",
            format!(
                "{}{}",
                fill("a <b>").split_at(SIZE / 2).0,
                "</i>".repeat(SIZE / 8)
            ),
        ),
        ("divisions", fill("<div>")),
        ("nested divisions", between("<div>", "</div>")),
        (
            "nested details",
            between("<details><summary>x</summary>\n\n", "\n\n</details>\n"),
        ),
        ("nested tables", between("<table><tr><td>", "</td></tr></table>")),
        ("nested lists", between("<ul><li>", "</li></ul>")),
        ("anchors", fill("<a id=x>")),
        ("open links", fill("<a href=x>")),
        ("headings in headings", fill("<h2><span>")),
        ("players", fill("<video src=x>")),
        ("rows without tables", fill("<tr><td>")),
        ("cells in cells", fill("<table><td>a")),
        ("text in tables", fill("<table>a")),
        (
            "attributes",
            format!(
                "<p {}>",
                (0..30_000).map(|n| format!("a{n}=1 ")).collect::<String>()
            ),
        ),
        (
            "attributes in a block",
            format!(
                "<p {}>",
                (0..60_000).map(|n| format!("{n:x} ")).collect::<String>()
            ),
        ),
        (
            "quoted attributes",
            format!(
                "<p {}>",
                (0..20_000).map(|n| format!("a{n:x}=\">\"")).collect::<String>()
            ),
        ),
        (
            "attributes after a blank quote",
            format!(
                "<p {}>",
                (0..20_000).map(|n| format!("a{n:x}= '>'")).collect::<String>()
            ),
        ),
        ("unknown tags", (0..30_000).map(|n| format!("a <t{n}>")).collect()),
        (
            "links to headings",
            (0..6_000).map(|n| format!("# a{n}\n[x](#a{n})\n")).collect(),
        ),
        ("equal headings", fill("# a\n[x](#a)\n")),
        ("entities", fill("&#1;")),
        ("angles", fill("<")),
        ("open comments", fill("<!-- ")),
        ("open tags", fill("<a b=")),
        ("formatting tags", between("<b a=1>", "<p>")),
        ("bare formatting tags", between("<b>", "</b>")),
        ("open raw tags", fill("<kbd>x")),
        ("crossed raw tags", fill("<kbd><sub></kbd></sub>")),
        ("tables in tags", fill("<table><tr><td>")),
        ("addresses", fill("http://a.b ")),
        ("long address", fill("www.")),
        ("mail", fill("a@b.")),
        (
            "wide table",
            format!("{}\n{}\n{}", fill("|a|a"), fill("|-|-"), "|b"),
        ),
        (
            "ten thousand columns",
            format!(
                "{}\n{}\n{}",
                "|a".repeat(10_000),
                "|-".repeat(10_000),
                "|b\n".repeat(50_000)
            ),
        ),
        (
            "short rows",
            format!(
                "{}\n{}\n{}",
                "|a".repeat(1000),
                "|-".repeat(1000),
                "|\n".repeat(SIZE / 2)
            ),
        ),
        ("headings", fill("# a\n")),
        ("tasks", fill("- [ ] a\n")),
        ("quotes to escape", fill("\"")),
        ("control characters", fill("\0")),
        ("combining marks", fill("\u{301}")),
        ("joined emoji", fill("👨\u{200D}")),
        ("nested brackets in code", code("js", &"([{".repeat(28))),
        ("backslashes in code", code("bash", &"\\\"$(".repeat(28))),
        ("generics in code", code("ts", &"a<b<".repeat(28))),
        ("spaces in code", code("md", &format!("*{}", " ".repeat(198)))),
        ("spaces in settings", code("ini", &" ".repeat(198))),
        ("images in code", code("sv", &"![".repeat(99))),
        (
            "fences in code",
            fill(&format!(
                "```md\n{}````\n",
                format!("{}\n", "~".repeat(198)).repeat(40)
            )),
        ),
        ("letters in code", code("cpp", &"a".repeat(198))),
        ("tags in code", code("html", &"<a b='".repeat(28))),
    ]
}

#[test]
fn no_body_takes_much_to_render() {
    for (name, body) in bodies() {
        let start = Instant::now();
        let post = render_post(&body);
        let comment = render_comment(&body, "1");
        let document = crate::Document::markdown(&body);
        let visible = document.visible();
        eprintln!(
            "{name:28} {:>8} bytes -> tree {:>9}, {:>8} of html, {:>8} of text, {:>6} links in {:?}",
            body.len(),
            document.tree.size(),
            post.html.len().max(comment.html.len()),
            visible.text.len(),
            visible.links.len(),
            start.elapsed()
        );
        assert!(
            document.tree.size() <= TREE * body.len() + TREE_OF_FORMULAS,
            "{name}: {}",
            document.tree.size()
        );
        assert!(post.html.len().max(comment.html.len()) <= MAX_HTML + 64, "{name}");
        assert!(visible.text.len() <= 2 * body.len() + 1024, "{name}");
        assert!(document.left_out().len() <= 50, "{name}");
        assert_eq!(check(&post.html, false), Ok(()), "{name}");
        assert_eq!(check(&comment.html, true), Ok(()), "{name}");
    }
}
