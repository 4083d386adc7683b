//! The middleware of every service: request id, trace, metrics and log line, rate limit, cross-site check, timeouts,
//! problem documents and security headers.

mod unread_body;

use std::{
    any::Any,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};
use tracing::{Instrument, Span, field::Empty};

use super::{
    ClientAddr, MAX_BODY_BYTES, RequestContext,
    context::{new_request_id, remove_invalid_request_id, request_id},
    problem,
    rate_limit::AddressLimiter,
};
use crate::{
    auth::{cross_site, session_cookie_name},
    config::PlatformSettings,
    error::ApiError,
    panic::panic_message,
    telemetry::{TraceScope, exporting},
};

/// What extractors need to know about the site; in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// Whether cookies are `Secure`.
    pub(crate) secure: bool,
}

struct Settings {
    limiter: Option<AddressLimiter>,
    trusted_proxies: usize,
    origin: String,
    site: Site,
}

/// Adds to `router` what every service needs:
///
/// - `X-Request-Id`, accepted or generated, and returned; a trace id, one span and one log line for each request;
/// - the rate limit per client address (429), the cross-site check (403), the request timeout (503), the timeout of a
///   stalled body (408) and the body limit of 1 MiB (413; a route raises it with its own [`DefaultBodyLimit`]);
/// - the reading of a body that the handler has not read, so that a proxy gets the response and not a closed connection;
/// - problem documents for panics, unknown paths (404) and methods (405) and every other error;
/// - `X-Content-Type-Options: nosniff`, and `Cache-Control: no-store` unless the handler sets another;
/// - the metrics `http_requests_total` and `http_request_duration_seconds` by method, route and status.
///
/// Call it last, on the router with all routes and its state.
pub fn layers(router: Router, settings: &PlatformSettings) -> Router {
    describe_metrics();
    let shared = Arc::new(Settings {
        limiter: settings.rate_limit.map(AddressLimiter::new),
        trusted_proxies: settings.trusted_proxies,
        origin: settings.public_url.origin().to_owned(),
        site: Site {
            secure: settings.secure_cookies(),
        },
    });
    let nosniff = HeaderValue::from_static("nosniff");
    let no_store = HeaderValue::from_static("no-store");
    router.layer(
        ServiceBuilder::new()
            .map_request(remove_invalid_request_id)
            .layer(SetRequestIdLayer::x_request_id(NewRequestId))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(from_fn_with_state(Arc::clone(&shared), observe))
            .layer(SetResponseHeaderLayer::overriding(
                header::X_CONTENT_TYPE_OPTIONS,
                nosniff,
            ))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CACHE_CONTROL,
                no_store,
            ))
            .map_response(|response: Response<_>| problem::normalise(response.map(Body::new)))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(unread_body::read_rest))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                settings.request_timeout,
            ))
            .layer(from_fn_with_state(shared, admit))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(RequestBodyTimeoutLayer::new(settings.connections.body_timeout)),
    )
}

fn describe_metrics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        metrics::describe_counter!("http_requests_total", "Requests completed");
        metrics::describe_histogram!(
            "http_request_duration_seconds",
            metrics::Unit::Seconds,
            "Time until the response headers were ready"
        );
    });
}

#[derive(Clone, Copy)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &::http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(new_request_id()).ok().map(RequestId::new)
    }
}

/// The request's span, trace scope, extensions, metrics and log line.
async fn observe(State(settings): State<Arc<Settings>>, mut request: Request, next: Next) -> Response {
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

    let address = ClientAddr::of(request.headers(), request.extensions(), settings.trusted_proxies);
    let extensions = request.extensions_mut();
    extensions.insert(address);
    extensions.insert(settings.site);
    extensions.insert(RequestContext {
        correlation_id: request_id,
        traceparent: Some(trace.traceparent().to_owned()),
    });
    let response = trace.scope(next.run(request)).instrument(span.clone()).await;
    span.in_scope(|| record(&response, method, route, started.elapsed()));
    response
}

/// The rate limit and the cross-site check.
async fn admit(
    State(settings): State<Arc<Settings>>,
    address: ClientAddr,
    request: Request,
    next: Next,
) -> Response {
    match settings.check(address, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

impl Settings {
    fn check(&self, address: ClientAddr, request: &Request) -> Result<(), ApiError> {
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

fn panicked(panic: Box<dyn Any + Send>) -> Response<Body> {
    ApiError::internal(Panicked(panic_message(&*panic).to_owned())).into_response()
}

/// The path without its query, which may contain personal data.
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

/// Clients may invent methods, but the values of a label have to be bounded.
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

fn record(response: &Response, method: &'static str, route: String, elapsed: Duration) {
    let status = response.status().as_u16();
    tracing::info!(
        status,
        latency_ms = elapsed.as_micros() as f64 / 1000.0,
        "request completed"
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
