//! Raw HTML in Markdown: permitted tags become elements of the tree, of the others only the text.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, Tag as RawTag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    states::RawKind,
};

use crate::{
    attributes::{Verdict, judge},
    builder::Builder,
    player,
    report::Part,
    tag::Tag,
    url::{image_source, link_target},
};

/// Elements whose content is not text of the page: code, the fallback of what is not supported, drawings.
const HIDDEN: [&str; 13] = [
    "canvas", "embed", "frameset", "head", "iframe", "noembed", "noframes", "noscript", "object", "script",
    "style", "svg", "template",
];

/// Every other element of HTML. A tag with another name is likely meant as text: `Vec<String>`.
const KNOWN: [&str; 40] = [
    "acronym",
    "applet",
    "area",
    "base",
    "basefont",
    "bgsound",
    "big",
    "blink",
    "body",
    "button",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dialog",
    "fieldset",
    "font",
    "form",
    "frame",
    "html",
    "input",
    "keygen",
    "label",
    "legend",
    "link",
    "listing",
    "map",
    "marquee",
    "meta",
    "meter",
    "nobr",
    "optgroup",
    "option",
    "param",
    "picture",
    "plaintext",
    "progress",
    "select",
    "source",
    "textarea",
];
const MORE_KNOWN: [&str; 9] = [
    "audio", "math", "output", "search", "slot", "title", "track", "video", "xmp",
];

/// Adds a block of raw HTML. `literal`: whether a tag of no known element is shown as text.
pub(crate) fn block(builder: &mut Builder, html: &str, literal: bool) {
    let simple = html.trim();
    if literal && unknown_name(simple).is_some() {
        let paragraph = builder.open(Tag::P);
        builder.text(simple);
        return builder.close(paragraph);
    }
    if simple.starts_with("<!--") && !simple.contains("-->") {
        builder.report(Part::OpenComment);
    }
    tokenize(builder, html);
}

/// Adds one raw tag, comment or declaration. `literal`: whether a tag of no known element is shown as text.
pub(crate) fn inline(builder: &mut Builder, html: &str, literal: bool) {
    if html.starts_with("<!") || html.starts_with("<?") {
        return;
    }
    if literal && unknown_name(html).is_some() {
        return builder.text(html);
    }
    if let Some(name) = simple_name(html) {
        let name = name.to_ascii_lowercase();
        if html.starts_with("</") {
            return builder.close_raw(&name);
        }
        if let Some(tag) =
            Tag::of_author(&name).filter(|tag| !tag.is_void() && *tag != Tag::A && name != "center")
        {
            return builder.open_raw(tag, []);
        }
    }
    tokenize(builder, html);
}

/// The name of a tag without attributes.
fn simple_name(html: &str) -> Option<&str> {
    let inner = html.strip_prefix('<')?.strip_suffix('>')?;
    let name = inner.strip_prefix('/').unwrap_or(inner);
    is_name(name).then_some(name)
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.is_empty() && name.bytes().all(letter)
}

/// The name of a start tag that is no element of HTML and has no attribute with a value: `<String>`, `<dyn Error>`.
pub(crate) fn unknown_name(html: &str) -> Option<&str> {
    let inner = html.strip_prefix('<')?.strip_suffix('>')?;
    if inner.contains(['<', '>', '=', '/', '"', '\'']) {
        return None;
    }
    let name = inner.split_ascii_whitespace().next()?;
    if !inner.starts_with(name) || !is_name(name) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let lower = lower.as_str();
    let known = Tag::of(lower).is_some()
        || Tag::of_author(lower).is_some()
        || HIDDEN.contains(&lower)
        || KNOWN.contains(&lower)
        || MORE_KNOWN.contains(&lower);
    (!known).then_some(name)
}

/// Attributes of one tag, at most: the tokenizer compares each one with all before it.
const MAX_ATTRIBUTES: usize = 1000;

/// The number of attributes that the longest tag may have.
fn attributes_at_most(html: &str) -> usize {
    let (mut most, mut count, mut quote, mut in_tag) = (0, 0, None, false);
    let (mut before, mut mark) = (b' ', b' ');
    for byte in html.bytes() {
        match (in_tag, quote) {
            (false, _) => {
                in_tag = before == b'<' && byte.is_ascii_alphabetic();
                count = 0;
            }
            (true, Some(open)) if byte == open => quote = None,
            (true, Some(_)) => {}
            (true, None) => match byte {
                b'>' => in_tag = false,
                b'"' | b'\'' if mark == b'=' => quote = Some(byte),
                _ => count += usize::from(matches!(before, b' ' | b'\t' | b'\n' | b'/' | b'"' | b'\'')),
            },
        }
        most = most.max(count);
        before = byte;
        // A value may follow its equals sign after blanks.
        mark = if byte.is_ascii_whitespace() { mark } else { byte };
    }
    most
}

fn tokenize(builder: &mut Builder, html: &str) {
    if html.len() > MAX_ATTRIBUTES && attributes_at_most(html) > MAX_ATTRIBUTES {
        return builder.text(html);
    }
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let line = builder.line;
    let sink = Sink {
        builder: RefCell::new(builder),
        line,
    };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
}

struct Sink<'b> {
    builder: RefCell<&'b mut Builder>,
    line: u32,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut builder = self.builder.borrow_mut();
        // The tokenizer counts from 1.
        let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_sub(1);
        builder.line = self.line.saturating_add(line);
        match token {
            Token::CharacterTokens(text) => builder.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => builder.close_raw(&tag.name),
            Token::TagToken(tag) => return start(&mut builder, &tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn start(builder: &mut Builder, raw: &RawTag) -> TokenSinkResult<()> {
    let name: &str = &raw.name;
    let value = |wanted: &str| {
        let found = raw
            .attrs
            .iter()
            .find(|attribute| &*attribute.name.local == wanted);
        found.map_or("", |attribute| &*attribute.value)
    };
    match name {
        "img" => image(builder, raw),
        "iframe" => {
            player::iframe(builder, value("src"), value("title"));
        }
        "video" | "audio" | "source" => player::media(builder, value("src")),
        "param" | "track" | "picture" | "col" | "colgroup" => {}
        "a" => link(builder, raw),
        _ => match Tag::of_author(name) {
            Some(tag) if tag.is_void() => {
                let attributes = attributes(builder, tag, raw);
                builder.void(tag, attributes);
            }
            Some(tag) => {
                let mut attributes = attributes(builder, tag, raw);
                if name == "center" {
                    attributes.push(("align", "center".to_owned()));
                }
                builder.open_raw(tag, attributes);
            }
            None if HIDDEN.contains(&name) => {}
            None => builder.report(Part::Tag(name.chars().take(40).collect())),
        },
    }
    if let Some(hidden) = HIDDEN.into_iter().find(|hidden| *hidden == name) {
        if name != "iframe" {
            builder.report(Part::Element(hidden));
        }
        // `embed` has no end tag, and an empty drawing has none either.
        if name != "embed" && !(name == "svg" && raw.self_closing) {
            builder.hide(hidden);
        }
    }
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "noscript" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        _ => TokenSinkResult::Continue,
    }
}

/// A link without an address is a place that others lead to. It has no content: its end tag is often forgotten, and would
/// leave no other link in the rest of the text.
fn link(builder: &mut Builder, raw: &RawTag) {
    let mut kept = attributes(builder, Tag::A, raw);
    if kept.iter().any(|(name, _)| *name == "href") {
        return builder.open_raw(Tag::A, kept);
    }
    kept.retain(|(name, _)| *name == "id");
    if !kept.is_empty() {
        let place = builder.open_with(Tag::Span, kept);
        builder.close(place);
    }
}

fn attributes(builder: &mut Builder, tag: Tag, raw: &RawTag) -> Vec<(&'static str, String)> {
    let mut kept: Vec<(&'static str, String)> = Vec::new();
    for attribute in &raw.attrs {
        match judge(tag, &attribute.name.local, &attribute.value) {
            Verdict::Keep(name, _) if kept.iter().any(|(known, _)| *known == name) => {}
            Verdict::Keep(name, value) => kept.push((name, value)),
            Verdict::Ignore => {}
            Verdict::LeaveOut(part) => builder.report(part),
        }
    }
    kept
}

fn image(builder: &mut Builder, raw: &RawTag) {
    let own = |wanted: &str| {
        let found = raw
            .attrs
            .iter()
            .find(|attribute| &*attribute.name.local == wanted);
        found.map_or("", |attribute| &*attribute.value)
    };
    if image_source(own("src")).is_none() {
        return missing_image(builder, own("src"), own("alt"));
    }
    let mut kept = attributes(builder, Tag::Img, raw);
    if !kept.iter().any(|(name, _)| *name == "alt") {
        kept.push(("alt", String::new()));
    }
    builder.void(Tag::Img, kept);
}

/// Adds a link in place of an image that cannot be loaded, or its description alone.
pub(crate) fn missing_image(builder: &mut Builder, url: &str, description: &str) {
    if !url.is_empty() {
        builder.report(Part::Image(url.to_owned()));
    }
    match link_target(url).filter(|target| !target.is_empty()) {
        Some(target) => {
            let words = if description.is_empty() { url } else { description };
            let handle = builder.open_with(Tag::A, [("href", target)]);
            builder.text(words);
            builder.close(handle);
        }
        None => builder.text(description),
    }
}
