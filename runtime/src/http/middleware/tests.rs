use axum::{
    body::{Body, to_bytes},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{config::RateLimit, telemetry::metrics_handle};

fn settings() -> PlatformSettings {
    PlatformSettings {
        request_timeout: Duration::from_millis(200),
        ..PlatformSettings::local("test", "mongodb://localhost", "nats://localhost")
    }
}

fn app(settings: &PlatformSettings) -> Router {
    async fn never() {
        std::future::pending::<()>().await;
    }
    async fn panics() {
        panic!("boom");
    }
    let router = Router::new()
        .route(
            "/items/{id}",
            get(|context: RequestContext| async move { context.correlation_id }),
        )
        .route("/cached", get(async || ([("cache-control", "max-age=5")], "x")))
        .route(
            "/trace",
            get(|context: RequestContext| async move { context.traceparent.unwrap() }),
        )
        .route(
            "/body",
            post(|body: String| async move { body.len().to_string() }),
        )
        .route("/never", get(never))
        .route("/panics", get(panics));
    layers(router, settings)
}

async fn send(app: &Router, request: Request) -> (Response<()>, String) {
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (
        Response::from_parts(parts, ()),
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

async fn get_path(app: &Router, path: &str) -> (Response<()>, String) {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_valid_request_id_is_kept_and_an_invalid_one_replaced() {
    let app = app(&settings());
    let request = |id: &str| {
        Request::get("/items/1")
            .header("x-request-id", id)
            .body(Body::empty())
            .unwrap()
    };
    let (response, body) = send(&app, request("abc-1")).await;
    assert_eq!(response.headers()["x-request-id"], "abc-1");
    assert_eq!(body, "abc-1");
    for invalid in ["a b", "", &"x".repeat(129)] {
        let (response, body) = send(&app, request(invalid)).await;
        assert!(uuid::Uuid::parse_str(&body).is_ok(), "{body}");
        assert_eq!(response.headers()["x-request-id"], body.as_str());
    }
}

#[tokio::test]
async fn responses_have_security_headers() {
    let app = app(&settings());
    let (response, _) = get_path(&app, "/items/1").await;
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (response, _) = get_path(&app, "/cached").await;
    assert_eq!(response.headers()["cache-control"], "max-age=5");
}

#[tokio::test]
async fn errors_are_problem_documents_with_a_trace_id() {
    let app = app(&settings());
    let large = Request::post("/body")
        .body(Body::from(vec![b'x'; MAX_BODY_BYTES + 1]))
        .unwrap();
    let wrong_method = Request::delete("/cached").body(Body::empty()).unwrap();
    let bare = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    for (request, status, code) in [
        (bare("/nowhere"), StatusCode::NOT_FOUND, "not_found"),
        (wrong_method, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (bare("/never"), StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (bare("/panics"), StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        (large, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large"),
    ] {
        let (response, body) = send(&app, request).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], problem::PROBLEM_JSON);
        assert!(response.headers().contains_key("x-request-id"));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["errors"][0]["code"], code);
        assert_eq!(body["trace_id"].as_str().map(str::len), Some(32), "{body}");
        assert!(!body.to_string().contains("boom"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(response.headers()["allow"], "GET,HEAD");
        }
    }
}

#[tokio::test]
async fn the_trace_of_the_caller_is_continued() {
    let app = app(&settings());
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    for path in ["/trace", "/nowhere"] {
        let request = Request::get(path)
            .header("traceparent", &traceparent)
            .body(Body::empty())
            .unwrap();
        let (_, body) = send(&app, request).await;
        assert!(body.contains(trace_id), "{body}");
    }
}

#[tokio::test]
async fn an_address_is_rate_limited() {
    let settings = PlatformSettings {
        rate_limit: RateLimit::new(1, 2),
        ..settings()
    };
    let app = app(&settings);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = Request::get("/items/1")
            .header("x-forwarded-for", "1.2.3.4")
            .body(Body::empty())
            .unwrap();
        statuses.push(send(&app, request).await.0);
    }
    assert_eq!(statuses[1].status(), StatusCode::OK);
    assert_eq!(statuses[2].status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(statuses[2].headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_cookie_from_another_site_is_rejected() {
    let app = app(&settings());
    let request = |site: &str| {
        Request::post("/body")
            .header("cookie", "session=x")
            .header("sec-fetch-site", site)
            .body(Body::from("abc"))
            .unwrap()
    };
    let (response, body) = send(&app, request("cross-site")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(body.contains("cross_site"));
    assert_eq!(send(&app, request("same-origin")).await.1, "3");
}

#[tokio::test]
async fn requests_are_counted_by_route_not_by_path() {
    let metrics = metrics_handle();
    let app = app(&settings());
    get_path(&app, "/items/123456").await;
    get_path(&app, "/nowhere/123456").await;
    let text = metrics.render();
    assert!(
        text.contains(r#"route="/items/{id}""#) && text.contains(r#"route="unmatched""#),
        "{text}"
    );
    assert!(text.contains("http_request_duration_seconds_bucket"));
    assert!(!text.contains("123456"));
}
