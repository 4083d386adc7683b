//! No body of a size that the posts service accepts (256 KiB) takes long to render.

use std::time::{Duration, Instant};

use super::inert::check;
use super::{render_comment, render_post};

const SIZE: usize = 256 * 1024;

/// Generous, for a busy machine; quadratic time would be minutes.
const LIMIT: Duration = Duration::from_secs(60);

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
fn no_body_takes_long_to_render() {
    for (name, body) in bodies() {
        let start = Instant::now();
        let post = render_post(&body);
        let comment = render_comment(&body, "1");
        let visible = crate::Document::markdown(&body).visible();
        let took = start.elapsed();
        eprintln!(
            "{name:28} {:>8} bytes -> {:>8} in {took:?}",
            body.len(),
            post.html.len().max(visible.text.len())
        );
        assert!(took < LIMIT, "{name} took {took:?}");
        assert_eq!(check(&post.html, false), Ok(()), "{name}");
        assert_eq!(check(&comment.html, true), Ok(()), "{name}");
    }
}
