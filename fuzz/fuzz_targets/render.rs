//! Whatever an author writes: it is read in bounded time, the tree's HTML is canonical (so it holds nothing but what the
//! second wall permits, and browsers read it as it is written), and sanitising changes nothing.
//!
//! The input is Markdown.

#![no_main]

use content::{Audience, Document, Flavour, sanitize};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|markdown: &str| {
    let document = Document::markdown(markdown);
    let visible = document.visible();
    for link in &visible.links {
        assert!(visible.text.is_char_boundary(link.text.start) && visible.text.is_char_boundary(link.text.end));
        assert!(!link.url.trim_start().to_ascii_lowercase().starts_with("javascript:"));
    }
    assert!(document.excerpt().len() <= 2003);
    let base = "https://blog.example/p/x";
    for (flavour, audience) in [
        (Flavour::Post, Audience::Post),
        (Flavour::Comment { id: "1" }, Audience::Comment),
        (Flavour::Feed { base }, Audience::Post),
        (Flavour::Mail { base }, Audience::Post),
    ] {
        let html = document.html(flavour);
        assert!(!html.contains("<script") && !html.contains("<style"));
        assert_eq!(sanitize(&html, audience), html);
    }
});
