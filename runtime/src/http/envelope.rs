//! What surrounds every request of every service: identity, trace, limits, cross-site refusal, panics and timeouts
//! as problems, headers, metrics and one log line.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use common::error::ErrorCode;
use futures::FutureExt;
use tracing::{Instrument, Span, field::Empty};

use super::{
    ClientAddr, MAX_BODY_BYTES, RequestContext,
    context::{REQUEST_ID, request_id},
    problem,
    rate_limit::AddressLimiter,
};
use crate::{
    auth::{cross_site, session_cookie_name},
    config::PlatformSettings,
    error::ApiError,
    telemetry::{TraceScope, exporting},
};

/// What extractors must know of the site; in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// Whether cookies are `Secure`.
    pub(crate) secure: bool,
}

struct Envelope {
    limiter: Option<AddressLimiter>,
    trusted_proxies: usize,
    timeout: Duration,
    origin: String,
    site: Site,
}

/// Puts around `router` what every service needs:
///
/// - `X-Request-Id` taken or made and echoed, a trace id for every request, one span and one log line;
/// - the rate limit per client address (429), the cross-site refusal (403), the time limit (503), the body limit of
///   1 MiB (413; a route raises it with its own [`DefaultBodyLimit`]);
/// - panics, unknown addresses (404) and methods (405) and every other error answer as problem documents;
/// - `X-Content-Type-Options: nosniff`, and `Cache-Control: no-store` unless the handler set another;
/// - the metrics `http_requests_total` and `http_request_duration_seconds` by method, route and status.
///
/// Call it last, on the router with all routes and its state.
pub fn layers(router: Router, settings: &PlatformSettings) -> Router {
    describe_metrics();
    let envelope = Arc::new(Envelope {
        limiter: settings.rate_limit.map(AddressLimiter::new),
        trusted_proxies: settings.trusted_proxies,
        timeout: settings.request_timeout,
        origin: settings.public_url.origin().to_owned(),
        site: Site {
            secure: settings.secure_cookies(),
        },
    });
    router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(envelope, surround))
}

fn describe_metrics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        metrics::describe_counter!("http_requests_total", "Requests answered");
        metrics::describe_histogram!(
            "http_request_duration_seconds",
            metrics::Unit::Seconds,
            "Time until the answer began"
        );
    });
}

async fn surround(State(envelope): State<Arc<Envelope>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let request_id = request_id(request.headers());
    let span = span(&request, method, &route, &request_id);
    let incoming = request
        .headers()
        .get("traceparent")
        .and_then(|value| value.to_str().ok());
    let trace = TraceScope::of_request(&span, incoming);
    span.record("trace_id", trace.trace_id());

    let address = ClientAddr::of(request.headers(), request.extensions(), envelope.trusted_proxies);
    let extensions = request.extensions_mut();
    extensions.insert(address);
    extensions.insert(envelope.site);
    extensions.insert(RequestContext {
        correlation_id: request_id.clone(),
        traceparent: Some(trace.traceparent().to_owned()),
    });
    let answer = envelope.answer(address, request, next);
    let mut response = trace.scope(answer).instrument(span.clone()).await;
    set_headers(&mut response, &request_id);
    span.in_scope(|| record(&response, method, route, started.elapsed()));
    response
}

impl Envelope {
    async fn answer(&self, address: ClientAddr, request: Request, next: Next) -> Response {
        if let Err(refusal) = self.admit(address, &request) {
            return refusal.into_response();
        }
        let work = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(response)) => problem::normalise(response),
            Ok(Err(panic)) => ApiError::internal(Panicked(panic_message(panic.as_ref()))).into_response(),
            Err(elapsed) => ApiError::new(ErrorCode::Unavailable, "This took too long; try again shortly.")
                .retry_after(Duration::from_secs(1))
                .with_source(elapsed)
                .into_response(),
        }
    }

    fn admit(&self, address: ClientAddr, request: &Request) -> Result<(), ApiError> {
        if let Some(limiter) = &self.limiter {
            limiter.check(address)?;
        }
        let cookie = session_cookie_name(self.site.secure);
        cross_site::check(request.method(), request.headers(), &self.origin, cookie)
    }
}

/// A handler panicked; the text is the panic's message.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked: {0}")]
struct Panicked(String);

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// The path without its query, which may hold what is no log's business.
fn span(request: &Request, method: &'static str, route: &str, request_id: &str) -> Span {
    tracing::info_span!(
        "request",
        otel.name = exporting().then(|| format!("{method} {route}")),
        otel.kind = exporting().then_some("server"),
        method,
        path = request.uri().path(),
        request_id,
        trace_id = Empty,
    )
}

/// A client may invent methods; labels may not grow without bound.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn set_headers(response: &mut Response, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn record(response: &Response, method: &'static str, route: String, elapsed: Duration) {
    let status = response.status().as_u16();
    tracing::info!(
        status,
        latency_ms = elapsed.as_micros() as f64 / 1000.0,
        "answered"
    );
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
}

#[cfg(test)]
mod tests;
