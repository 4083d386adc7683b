//! No script of an author reaches a reader.

use common::ids::UserId;
use scraper::{Html, Node};
use serde_json::{Value, json};

use crate::blog::{Blog, comment, post};

const TEXTS: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVa\tScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<svg onload=alert(1)><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math href=javascript:alert(1)>x</math>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<style>@import 'javascript:alert(1)'</style><link rel=stylesheet href=javascript:alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'><base href=//evil.example>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<details open ontoggle=alert(1)>x</details><a href=x onclick=alert(1) style='x:expression(1)'>x</a>",
    "```html\n<script>alert(1)</script>\n```",
    "`<img src=x onerror=alert(1)>`",
    "# <img src=x onerror=alert(1)>",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "\u{0}<scr\u{0}ipt>alert(1)</script>",
    "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
    "<template><script>alert(1)</script></template>",
    "<x:script xmlns:x=http://www.w3.org/1999/xhtml>alert(1)</x:script>",
];

fn assert_inert(html: &str) {
    for node in Html::parse_fragment(html).tree.nodes() {
        let Node::Element(element) = node.value() else {
            continue;
        };
        let name = element.name().to_ascii_lowercase();
        let banned = [
            "script", "style", "iframe", "object", "embed", "form", "button", "svg", "math", "link", "meta",
            "base", "template", "noscript", "textarea",
        ];
        assert!(!banned.contains(&name.as_str()), "<{name}> in {html}");
        for (attribute, value) in element.attrs() {
            assert!(
                !attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc",
                "{html}"
            );
            let value: String = value
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect();
            let value = value.to_ascii_lowercase();
            if ["href", "src", "action", "formaction", "xlink:href"].contains(&attribute) {
                for scheme in ["javascript:", "data:", "vbscript:"] {
                    assert!(!value.starts_with(scheme), "{attribute}={value} in {html}");
                }
            }
        }
    }
}

fn every_html<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("html").and_then(Value::as_str));
            fields.values().for_each(|value| every_html(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| every_html(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn no_script_of_an_author_runs() {
    let blog = Blog::start().await;
    let whole = post(UserId::generate(), "whole", &TEXTS.join("\n\n"));
    let mut token = blog.publish_post(&whole).await;
    for (number, text) in TEXTS.iter().enumerate() {
        blog.publish_post(&post(UserId::generate(), &format!("post-{number}"), text))
            .await;
        token = blog
            .publish_comment(&comment(whole.id, None, UserId::generate(), text))
            .await;
    }
    let mut responses = vec![
        blog.read_json(
            &format!("/api/query/posts/{}/comments?limit=100", whole.id),
            &token,
        )
        .await,
    ];
    responses.push(blog.read_json("/api/query/posts/whole", &token).await);
    let client = blog.signed_in(UserId::generate());
    for (number, text) in TEXTS.iter().enumerate() {
        responses.push(
            blog.read_json(&format!("/api/query/posts/post-{number}"), &token)
                .await,
        );
        if !text.contains('\0') {
            let preview = client
                .post("/api/query/preview")
                .json(&json!({ "body": text }))
                .send()
                .await;
            responses.push(preview.expect(200));
        }
    }
    let mut found = Vec::new();
    responses
        .iter()
        .for_each(|response| every_html(response, &mut found));
    assert_eq!(found.len(), TEXTS.len() * 3);
    found.into_iter().for_each(assert_inert);
    blog.finish().await;
}

#[tokio::test]
async fn links_in_comments_are_not_endorsed() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "[x](https://elsewhere.example/)");
    blog.publish_post(&state).await;
    let text = "[x](https://elsewhere.example/)";
    let token = blog
        .publish_comment(&comment(state.id, None, UserId::generate(), text))
        .await;
    let comments = blog
        .read_json(&format!("/api/query/posts/{}/comments", state.id), &token)
        .await;
    let html = comments["items"][0]["html"].as_str().unwrap();
    assert!(html.contains("rel=\"nofollow ugc noopener\""), "{html}");
    blog.finish().await;
}
