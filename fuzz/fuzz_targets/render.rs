//! Whatever an author writes: it is read in bounded time, the tree's HTML is canonical (so it holds nothing but what the
//! second wall permits, and browsers read it as it is written), and sanitising changes nothing.
//!
//! The input is Markdown; as HTML, it passes the second wall alone.

#![no_main]

use std::collections::HashSet;

use content::{Audience, Document, Flavour, is_blank, is_canonical, sanitize};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|markdown: &str| {
    let document = Document::markdown(markdown);
    let visible = document.visible();
    for link in &visible.links {
        assert!(visible.text.get(link.text.clone()).is_some());
        assert!(!link.url.trim_start().to_ascii_lowercase().starts_with("javascript:"));
    }
    assert!(visible.code.iter().all(|code| visible.text.get(code.clone()).is_some()));
    assert!(document.excerpt().len() <= 2003);
    assert!(!document.is_blank() || is_blank(&visible.text), "{:?}", visible.text);
    let ids: HashSet<_> = document.toc().iter().map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), document.toc().len());
    let base = "https://blog.example/p/x";
    for (flavour, audience) in [
        (Flavour::Post, Audience::Post),
        (Flavour::Comment { id: "1" }, Audience::Comment),
        (Flavour::Feed { base }, Audience::Post),
        (Flavour::Mail { base }, Audience::Post),
    ] {
        let html = document.unsanitized(flavour);
        assert!(is_canonical(&html, audience), "{html}");
        assert_eq!(document.html(flavour), html);
    }
    for audience in [Audience::Post, Audience::Comment] {
        let html = sanitize(markdown, audience);
        assert!(!html.contains("<script") && !html.contains("<style") && !html.contains("<svg"), "{html}");
    }
});
