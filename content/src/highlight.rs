//! Code highlighting: TextMate scopes, reduced to a dozen CSS classes.
//!
//! Inline styles would break the site's content security policy, and syntect's own class names are
//! as many as there are scopes. A short closed list makes the HTML small and the allow-list exact.

use std::sync::LazyLock;

use two_face::re_exports::syntect::parsing::{
    ClearAmount, ParseState, Scope, ScopeStackOp, SyntaxReference, SyntaxSet,
};

use crate::{escape::escape, palette::Token};

/// A block with a longer line (in bytes) is not highlighted: it is minified code or an attack. Of 13,000 pairs of a grammar
/// and a repeated token the slowest one (ini, blanks) took 1.1 s per 8 KiB with lines of 400, and 0.26 s with lines of 200.
const MAX_LINE: usize = 200;

/// Bytes of code that may still be highlighted in one document.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    block: usize,
    left: usize,
}

impl Budget {
    /// For a post.
    pub(crate) const fn large() -> Self {
        Budget {
            block: 8 * 1024,
            left: 32 * 1024,
        }
    }

    /// For a comment.
    pub(crate) const fn small() -> Self {
        Budget {
            block: 2 * 1024,
            left: 4 * 1024,
        }
    }

    /// Subtracts a block from the budget if it fits.
    fn take(&mut self, code: &str) -> bool {
        let fits = code.len() <= self.block.min(self.left) && code.lines().all(|line| line.len() <= MAX_LINE);
        if fits {
            self.left -= code.len();
        }
        fits
    }
}

/// The grammars, loaded from the binary for the first code block. Their regular expressions are compiled on first use.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scope prefixes and their tokens; the longest prefix wins. `None` ends a token, so that code interpolated into a string
/// does not look like the string.
const RULES: [(&str, Option<Token>); 52] = [
    ("comment", Some(Token::Comment)),
    ("string", Some(Token::String)),
    ("constant", Some(Token::Constant)),
    ("constant.numeric", Some(Token::Number)),
    ("constant.character.escape", Some(Token::Escape)),
    ("constant.other.placeholder", Some(Token::Escape)),
    ("keyword", Some(Token::Keyword)),
    ("keyword.operator", Some(Token::Operator)),
    ("keyword.operator.word", Some(Token::Keyword)),
    ("keyword.operator.logical.python", Some(Token::Keyword)),
    ("storage", Some(Token::Keyword)),
    ("variable.language", Some(Token::Keyword)),
    ("variable.parameter", Some(Token::Variable)),
    ("variable.other.readwrite.shell", Some(Token::Variable)),
    ("variable.other.normal.shell", Some(Token::Variable)),
    ("variable.function", Some(Token::Function)),
    ("entity.name", Some(Token::Type)),
    ("entity.name.function", Some(Token::Function)),
    ("entity.name.macro", Some(Token::Function)),
    ("entity.name.tag", Some(Token::Tag)),
    ("entity.name.section", Some(Token::Heading)),
    ("entity.name.namespace", None),
    ("entity.name.constant", Some(Token::Constant)),
    ("entity.name.label", Some(Token::Constant)),
    ("entity.other.inherited-class", Some(Token::Type)),
    ("entity.other.attribute-name", Some(Token::Attribute)),
    ("support.function", Some(Token::Function)),
    ("support.macro", Some(Token::Function)),
    ("support.type", Some(Token::Type)),
    ("support.class", Some(Token::Type)),
    ("support.constant", Some(Token::Constant)),
    ("support.type.property-name", Some(Token::Attribute)),
    ("support.other.variable", Some(Token::Variable)),
    ("meta.annotation", Some(Token::Attribute)),
    ("meta.attribute", Some(Token::Attribute)),
    ("meta.preprocessor", Some(Token::Attribute)),
    ("meta.interpolation", None),
    ("meta.template.expression", None),
    ("punctuation.section", Some(Token::Punctuation)),
    ("punctuation.separator", Some(Token::Punctuation)),
    ("punctuation.terminator", Some(Token::Punctuation)),
    ("punctuation.accessor", Some(Token::Punctuation)),
    ("punctuation.definition.tag", Some(Token::Punctuation)),
    ("punctuation.definition.variable", Some(Token::Variable)),
    ("markup.heading", Some(Token::Heading)),
    ("markup.inserted", Some(Token::Inserted)),
    ("markup.deleted", Some(Token::Deleted)),
    ("markup.raw", Some(Token::String)),
    ("markup.quote", Some(Token::Comment)),
    ("meta.diff.header", Some(Token::Comment)),
    ("meta.diff.range", Some(Token::Function)),
    ("source", None),
];

/// The rules with their scopes interned, longest first.
static MATCHERS: LazyLock<Vec<(Scope, Option<Token>)>> = LazyLock::new(|| {
    let mut rules: Vec<_> = RULES
        .iter()
        .filter_map(|(prefix, token)| Some((Scope::new(prefix).ok()?, *token)))
        .collect();
    rules.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
    rules
});

/// The language of a fence's info string, if it looks like one: `rust`, the `rust` of `rust,no_run`, of `rust:main.rs` and
/// of `{.rust .numbered}`.
pub(crate) fn language_name(info: &str) -> Option<&str> {
    let info = info.trim_start_matches(['{', '.', ' ']);
    let name = info
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | ':' | ';' | '(' | '['))
        .next()?;
    is_language_name(name).then_some(name)
}

/// The names that `language-…` classes may have.
pub(crate) fn is_language_name(name: &str) -> bool {
    let letter = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'#' | b'-' | b'_' | b'.');
    (1..=24).contains(&name.len()) && name.bytes().all(letter)
}

/// The code as HTML with spans; `None` for unknown languages and code that exceeds the budget.
pub(crate) fn highlight(language: &str, code: &str, budget: &mut Budget) -> Option<String> {
    let syntax = find(language)?;
    if !budget.take(code) {
        return None;
    }
    let mut state = ParseState::new(syntax);
    let mut colours = Colours::default();
    let mut spans = Spans::default();
    for line in code.split_inclusive('\n') {
        let mut from = 0;
        for (at, op) in state.parse_line(line, &SYNTAXES).ok()? {
            spans.push(colours.current(), line.get(from..at)?);
            colours.apply(&op);
            from = at;
        }
        spans.push(colours.current(), line.get(from..)?);
    }
    Some(spans.finish())
}

fn find(language: &str) -> Option<&'static SyntaxReference> {
    let token = match language.to_ascii_lowercase().as_str() {
        "shell" | "console" | "shellsession" | "shell-session" | "sh-session" | "zsh" | "ksh" => {
            "bash".to_owned()
        }
        "golang" => "go".to_owned(),
        "pwsh" => "ps1".to_owned(),
        "objc" | "objectivec" | "obj-c" => "objective-c".to_owned(),
        "fsharp" => "f#".to_owned(),
        "apache" | "apacheconf" => "htaccess".to_owned(),
        "assembly" | "x86asm" => "asm".to_owned(),
        "elisp" | "emacs-lisp" | "common-lisp" | "scheme" => "lisp".to_owned(),
        "fortran" => "f90".to_owned(),
        "delphi" => "pas".to_owned(),
        "systemd" => "ini".to_owned(),
        "cuda" => "cpp".to_owned(),
        "hlsl" => "glsl".to_owned(),
        "html5" | "handlebars" | "hbs" | "mustache" => "html".to_owned(),
        "django" => "jinja2".to_owned(),
        "mdx" => "md".to_owned(),
        "starlark" => "bzl".to_owned(),
        "jsonc" | "json5" | "jsonl" | "ndjson" | "json-with-comments" => "json".to_owned(),
        "node" | "mjs" | "cjs" | "jsx" => "js".to_owned(),
        "mts" | "cts" => "ts".to_owned(),
        "csharp" | "c#" => "cs".to_owned(),
        "cplusplus" => "cpp".to_owned(),
        "py3" | "python3" | "pycon" | "ipython" => "python".to_owned(),
        "rb" | "irb" => "ruby".to_owned(),
        "kt" | "kts" => "kotlin".to_owned(),
        "psql" | "postgres" | "postgresql" | "mysql" | "sqlite" | "plpgsql" => "sql".to_owned(),
        "docker" | "dockerfile" | "containerfile" => "Dockerfile".to_owned(),
        "make" => "Makefile".to_owned(),
        "patch" => "diff".to_owned(),
        "svg" | "xhtml" => "xml".to_owned(),
        other => other.to_owned(),
    };
    let syntax = SYNTAXES.find_syntax_by_token(&token)?;
    (syntax.scope != SYNTAXES.find_syntax_plain_text().scope).then_some(syntax)
}

/// The scope stack, reduced to the token at each level. Unlike with syntect's own stack, a lookup takes constant time,
/// however many brackets are open.
#[derive(Default)]
struct Colours {
    stack: Vec<Option<Token>>,
    cleared: Vec<Vec<Option<Token>>>,
}

impl Colours {
    fn current(&self) -> Option<Token> {
        self.stack.last().copied().flatten()
    }

    fn apply(&mut self, op: &ScopeStackOp) {
        match op {
            ScopeStackOp::Push(scope) => {
                let rule = MATCHERS.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope));
                self.stack.push(rule.map_or(self.current(), |(_, token)| *token));
            }
            ScopeStackOp::Pop(count) => {
                self.stack.truncate(self.stack.len().saturating_sub(*count));
            }
            ScopeStackOp::Clear(amount) => {
                let keep = match amount {
                    ClearAmount::TopN(count) => self.stack.len().saturating_sub(*count),
                    ClearAmount::All => 0,
                };
                self.cleared.push(self.stack.split_off(keep));
            }
            ScopeStackOp::Restore => self.stack.extend(self.cleared.pop().unwrap_or_default()),
            ScopeStackOp::Noop => {}
        }
    }
}

/// Escaped text; adjacent text of the same token shares a span.
#[derive(Default)]
struct Spans {
    html: String,
    open: Option<Token>,
}

impl Spans {
    fn push(&mut self, token: Option<Token>, text: &str) {
        if text.is_empty() {
            return;
        }
        // Blanks are invisible and stay in the open span.
        if token != self.open && !text.trim().is_empty() {
            self.close();
            if let Some(token) = token {
                self.html.push_str("<span class=\"");
                self.html.push_str(token.ink().class);
                self.html.push_str("\">");
            }
            self.open = token;
        }
        escape(&mut self.html, text);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.html.push_str("</span>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}
