//! Every route while all other services are unavailable.

use std::{fs, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode},
};
use runtime::{auth::Verifier, config::PlatformSettings, http::layers};
use tower::ServiceExt as _;

use super::*;
use crate::{
    api::Client,
    assets::Assets,
    cache::PageCache,
    config::{FeedContent, WebSettings},
    middleware::security_headers::{HEADERS, STRICT_TRANSPORT},
    state::Site,
};

const MANIFEST: &str = r#"{
  "src/styles/site.css": { "file": "site-AAAA.css", "isEntry": true },
  "src/site.ts": { "file": "site-BBBB.js", "isEntry": true }
}"#;

struct Fixture {
    router: Router,
    _assets: tempfile::TempDir,
}

impl Fixture {
    fn new(public_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("manifest.json", MANIFEST),
            ("site-AAAA.css", "body { color: black }"),
            ("site-BBBB.js", "export {};"),
            ("favicon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let settings = PlatformSettings {
            public_url: public_url.parse().unwrap(),
            ..PlatformSettings::local("web", "", "nats://127.0.0.1:1")
        };
        let state = AppState {
            site: Arc::new(Site {
                name: "Inkstream".to_owned(),
                description: "About ink.".to_owned(),
                url: public_url.to_owned(),
                https: settings.public_url.is_https(),
                feed_content: FeedContent::Full,
            }),
            assets: Arc::new(Assets::read(folder.path()).unwrap()),
            client: Arc::new(Client::new(&WebSettings::local("http://127.0.0.1:1")).unwrap()),
            verifier: Verifier::new(settings.secure_cookies()),
            cache: PageCache::new(0, Arc::default()),
            changes: Arc::default(),
        };
        Self {
            router: outermost(state.clone(), layers(routes(state), &settings)),
            _assets: folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A path of the route, with values for its parameters.
fn example(route: &str) -> String {
    let fill = |element: &str| match element.split_once('{') {
        Some((before, parameter)) => {
            let (name, after) = parameter.split_once('}').unwrap();
            let value = match name {
                "*path" => "site-BBBB.js",
                "id" | "post" => "01890a5d-ac96-774b-bcce-b302099a8057",
                "kinds" => "comments",
                "year" | "yyyy" => "2026",
                "month" | "mm" => "11",
                "version" | "part" => "1",
                _ => "ann",
            };
            format!("{before}{value}{after}")
        }
        None => element.to_owned(),
    };
    route.split('/').map(fill).collect::<Vec<_>>().join("/")
}

fn assert_headers(response: &Response<Body>, https: bool, what: &str) {
    let headers = response.headers();
    for (name, value) in HEADERS {
        let values: Vec<_> = headers.get_all(&name).iter().collect();
        assert_eq!(values.len(), 1, "{what}: {name} {values:?}");
        // A page may have its own policy, which must not allow more scripts.
        if name == "content-security-policy" {
            let policy = values[0].to_str().unwrap();
            assert!(
                policy.contains("default-src 'none'") && !policy.contains("unsafe"),
                "{what}: {policy}"
            );
        } else {
            assert_eq!(values[0], value, "{what}: {name}");
        }
    }
    let strict = headers.get("strict-transport-security");
    assert_eq!(strict, https.then_some(&STRICT_TRANSPORT), "{what}");
    assert!(headers.contains_key("cache-control"), "{what}");
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    for public_url in ["http://localhost:8080", "https://blog.example.org"] {
        let fixture = Fixture::new(public_url);
        let https = public_url.starts_with("https");
        for (route, _) in pages::routes() {
            for method in ["GET", "HEAD", "POST", "DELETE"] {
                let request = Request::builder().method(method).uri(example(route));
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                let response = fixture.send(request.body(Body::empty()).unwrap()).await;
                assert_headers(&response, https, &format!("{method} {route}"));
            }
        }
        for path in ["/nowhere", "/static/nothing.js", "/%FF"] {
            let response = fixture.get(path).await;
            assert!(response.status().is_client_error(), "{path}");
            assert_headers(&response, https, path);
        }
    }
}

#[tokio::test]
async fn an_error_of_the_common_middleware_is_a_page_with_all_headers() {
    let fixture = Fixture::new("http://localhost:8080");
    let request = Request::post("/theme").header("origin", "https://evil.example");
    let response = fixture.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_headers(&response, false, "cross-site");
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert!(text(response).await.contains("<h1>Not allowed</h1>"));
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_script_a_problem_document() {
    let fixture = Fixture::new("http://localhost:8080");
    let response = fixture.get("/nowhere").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let page = text(response).await;
    assert!(
        page.contains("<h1>Not found</h1>") && page.contains("noindex"),
        "{page}"
    );
    assert!(!page.contains("rel=\"canonical\""));

    let request = Request::get("/nowhere").header("accept", "application/json");
    let response = fixture.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_trailing_slash_is_removed() {
    let fixture = Fixture::new("http://localhost:8080");
    let location = |response: &Response<Body>| response.headers()["location"].clone();
    let response = fixture.get("/tags/?after=x").await;
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(location(&response), "/tags?after=x");
    let form = Request::post("/p/a/comments//").body(Body::empty());
    let response = fixture.send(form.unwrap()).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(location(&response), "/p/a/comments");
    // Not to another host.
    for path in ["//evil.example/", "///"] {
        assert_eq!(fixture.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn an_unavailable_read_side_is_reported() {
    let fixture = Fixture::new("http://localhost:8080");
    let response = fixture.get("/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let page = text(response).await;
    assert!(page.contains("Posts are temporarily unavailable"), "{page}");
    for needed in [
        "href=\"/static/site-AAAA.css\"",
        "src=\"/static/site-BBBB.js\"",
        "class=\"skip\"",
        "id=\"toasts\"",
        "<dialog id=\"shortcuts\"",
        "href=\"/signin\"",
    ] {
        assert!(page.contains(needed), "{needed} in {page}");
    }
}

#[tokio::test]
async fn a_theme_is_selected_without_scripts() {
    let fixture = Fixture::new("https://blog.example.org");
    let post = |body: &'static str| {
        let request = Request::post("/theme").header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from(body)).unwrap()
    };
    let response = fixture.send(post("theme=dark&next=%2Ftags%3Fx%3D1")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/tags?x=1");
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("theme=dark;") && cookie.contains("Secure"),
        "{cookie}"
    );
    let other_site = fixture.send(post("theme=dark&next=%2F%2Fevil.example")).await;
    assert_eq!(other_site.headers()["location"], "/");

    for (cookie, expected) in [
        ("theme=dark", "dark"),
        ("theme=pink", "system"),
        ("a=b", "system"),
    ] {
        let request = Request::get("/nowhere").header("cookie", cookie);
        let page = text(fixture.send(request.body(Body::empty()).unwrap()).await).await;
        assert!(
            page.contains(&format!("<html lang=\"en\" data-theme=\"{expected}\">")),
            "{cookie}: {page}"
        );
    }
}

#[tokio::test]
async fn assets_are_immutable_and_have_an_entity_tag() {
    let fixture = Fixture::new("http://localhost:8080");
    let response = fixture.get("/static/site-BBBB.js").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        response.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(response.headers()["vary"], "accept-encoding");
    let request =
        Request::get("/static/site-BBBB.js").header("if-none-match", response.headers()["etag"].clone());
    let again = fixture.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let favicon = fixture.get("/favicon.svg").await;
    assert_eq!(favicon.headers()["cache-control"], "public, max-age=3600");
    for path in ["/static/manifest.json", "/static/..%2FCargo.toml", "/static"] {
        assert_eq!(fixture.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
