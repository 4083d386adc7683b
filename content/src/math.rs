//! Formulas: TeX to MathML, made on the server.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use std::cell::RefCell;

use crate::{
    builder::{Builder, Handle},
    report::Part,
    tag::Tag,
    tree::printable,
};

/// The longest formula, in bytes.
const MAX_FORMULA: usize = 4 * 1024;
/// Bytes of TeX in one document. What exceeds it is shown as source.
const MAX_TOTAL: usize = 64 * 1024;
/// Formulas in one document.
const MAX_COUNT: usize = 2000;

static CONVERTER: LazyLock<Option<LatexToMathML>> =
    LazyLock::new(|| LatexToMathML::new(MathCoreConfig::default()).ok());

/// What formulas of a document may still cost.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: usize,
    count: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MAX_TOTAL,
            count: MAX_COUNT,
        }
    }
}

/// Adds a formula, or its source as code if it is not valid: with the dollars around it, which may be prices.
pub(crate) fn formula(
    builder: &mut Builder,
    budget: &mut Budget,
    source: &str,
    display: bool,
    dollars: &str,
) {
    let source = &*printable(source);
    let fits = source.len() <= MAX_FORMULA.min(budget.bytes) && budget.count > 0;
    let converted = if fits && nesting(source) <= 50 {
        budget.bytes -= source.len();
        budget.count -= 1;
        convert(source, display)
    } else {
        Err("it is too long".to_owned())
    };
    match converted {
        Ok(mathml) => {
            builder.formula(source);
            add(builder, &mathml, display);
        }
        Err(reason) => {
            builder.report(Part::Formula(reason));
            let code = builder.open(Tag::Code);
            for part in [dollars, source, dollars] {
                builder.text(part);
            }
            builder.close(code);
        }
    }
}

/// How deep groups, environments and commands without braces (`\sqrt\sqrt x`) are nested: the converter recurses.
fn nesting(source: &str) -> usize {
    let (mut depth, mut run, mut deepest) = (0_usize, 0, 0);
    let mut command = false;
    for (at, byte) in source.bytes().enumerate() {
        let rest = source.get(at..).unwrap_or_default();
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'\\' => {
                run += 1;
                if rest.starts_with("\\left") || rest.starts_with("\\begin") {
                    depth += 1;
                } else if rest.starts_with("\\right") || rest.starts_with("\\end") {
                    depth = depth.saturating_sub(1);
                }
            }
            b' ' => {}
            byte if command && byte.is_ascii_alphabetic() => {}
            _ => run = 0,
        }
        command = byte == b'\\' || (command && byte.is_ascii_alphabetic());
        deepest = deepest.max(depth + run);
    }
    deepest
}

fn convert(source: &str, display: bool) -> Result<String, String> {
    let Some(converter) = CONVERTER.as_ref() else {
        return Err("formulas are not available".to_owned());
    };
    let mode = if display {
        MathDisplay::Block
    } else {
        MathDisplay::Inline
    };
    // A defect of the converter must not take the text away.
    let result = catch_unwind(AssertUnwindSafe(|| {
        converter.convert_with_local_state(source, mode)
    }));
    match result {
        Ok(Ok(result)) => Ok(result.mathml),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_panic) => Err("it cannot be converted".to_owned()),
    }
}

/// Adds the converter's output through the same gate as everything else: known elements, known attributes.
fn add(builder: &mut Builder, mathml: &str, display: bool) {
    let kind = if display { "block" } else { "inline" };
    let math = builder.open_with(Tag::Math, [("display", kind.to_owned())]);
    let queue = BufferQueue::default();
    queue.push_back(mathml.into());
    let sink = Sink {
        state: RefCell::new((builder, Vec::new())),
    };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let (builder, _) = tokenizer.sink.state.into_inner();
    builder.close(math);
}

struct Sink<'b> {
    state: RefCell<(&'b mut Builder, Vec<Option<Handle>>)>,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let (builder, open) = &mut *self.state.borrow_mut();
        match token {
            Token::CharacterTokens(text) => builder.text(&text),
            Token::TagToken(raw) => match Tag::of(&raw.name) {
                Some(tag) if !tag.is_math() || tag == Tag::Math => {}
                Some(_) if raw.kind == TagKind::EndTag => builder.close(open.pop().flatten()),
                Some(tag) => {
                    let attributes = raw.attrs.iter();
                    let kept: Vec<_> = attributes
                        .filter_map(|attribute| attribute_of(&attribute.name.local, &attribute.value))
                        .collect();
                    let handle = builder.open_with(tag, kept);
                    if raw.self_closing {
                        builder.close(handle);
                    } else {
                        open.push(handle);
                    }
                }
                None => {}
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Numbers, units and a few words: nothing in MathML Core's attributes needs more.
pub(crate) const ATTRIBUTES: [&str; 22] = [
    "accent",
    "accentunder",
    "columnalign",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rowspan",
    "rspace",
    "scriptlevel",
    "stretchy",
    "symmetric",
];

fn attribute_of(name: &str, value: &str) -> Option<(&'static str, String)> {
    if name == "style" {
        // The page's policy forbids inline styles; the alignment of columns has classes.
        let right = value.contains("text-align: right");
        let left = value.contains("text-align: left");
        let class = if right { "math-right" } else { "math-left" };
        return (left || right).then(|| ("class", class.to_owned()));
    }
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'%');
    let fits = value.len() <= 24 && value.bytes().all(shape);
    let mut known = ATTRIBUTES.into_iter().chain(["voffset", "width"]);
    known
        .find(|known| *known == name && fits)
        .map(|name| (name, value.to_owned()))
}
