//! W3C trace context (<https://www.w3.org/TR/trace-context/>, level 1), with and without an exporter.

use std::future::Future;

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

tokio::task_local! {
    /// The trace of the task's request; the fallback if no span has one.
    static SCOPE: TraceScope;
}

/// The trace of a request.
#[derive(Debug, Clone)]
pub(crate) struct TraceScope {
    trace_id: String,
    traceparent: String,
}

impl TraceScope {
    /// The trace of `span`, or of the caller's header, or a new one: every request has one.
    pub(crate) fn of_request(span: &Span, incoming: Option<&str>) -> Self {
        let incoming = incoming.and_then(parse);
        if let Some(context) = incoming.clone() {
            attach(span, context);
        }
        let own = span_context(span).unwrap_or_else(|| {
            let trace_id = incoming.map_or_else(new_trace_id, |context| context.trace_id());
            SpanContext::new(
                trace_id,
                new_span_id(),
                TraceFlags::default(),
                false,
                TraceState::NONE,
            )
        });
        Self {
            trace_id: own.trace_id().to_string(),
            traceparent: format(&own),
        }
    }

    /// The trace id: 32 hexadecimal digits.
    pub(crate) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The header value for calls and events caused by this request.
    pub(crate) fn traceparent(&self) -> &str {
        &self.traceparent
    }

    /// Runs `future` with this as its trace.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        SCOPE.scope(self, future)
    }
}

/// The current `traceparent`: of the current span, or else of the request.
pub fn current_traceparent() -> Option<String> {
    span_context(&Span::current())
        .map(|context| format(&context))
        .or_else(|| SCOPE.try_with(|scope| scope.traceparent.clone()).ok())
}

/// The current trace id, 32 hexadecimal digits, as in problem documents and log lines.
pub fn current_trace_id() -> Option<String> {
    SCOPE
        .try_with(|scope| scope.trace_id.clone())
        .ok()
        .or_else(|| span_context(&Span::current()).map(|context| context.trace_id().to_string()))
}

/// Makes `span` a child of a `traceparent` header's span. Call it before the span is entered.
/// A malformed header is ignored, as the specification requires.
pub fn set_parent_from_traceparent(span: &Span, traceparent: &str) {
    if let Some(context) = parse(traceparent) {
        attach(span, context);
    }
}

fn attach(span: &Span, context: SpanContext) {
    if let Err(error) = span.set_parent(Context::new().with_remote_span_context(context)) {
        tracing::trace!(%error, "no trace layer takes the caller's trace");
    }
}

fn span_context(span: &Span) -> Option<SpanContext> {
    let context = span.context().span().span_context().clone();
    context.is_valid().then_some(context)
}

fn format(context: &SpanContext) -> String {
    let flags = context.trace_flags().to_u8();
    format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id())
}

fn parse(text: &str) -> Option<SpanContext> {
    let lower_hex = |part: &&str| {
        part.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<&str> = text.trim().splitn(5, '-').collect();
    let (&[version, trace_id, span_id, flags], rest) = parts.split_first_chunk::<4>()?;
    let shape = version.len() == 2 && trace_id.len() == 32 && span_id.len() == 16 && flags.len() == 2;
    let known = version != "ff" && (version != "00" || rest.is_empty());
    if !(shape && known && [version, trace_id, span_id, flags].iter().all(lower_hex)) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace_id).ok()?,
        SpanId::from_hex(span_id).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1),
        true,
        TraceState::NONE,
    );
    context.is_valid().then_some(context)
}

fn new_trace_id() -> TraceId {
    TraceId::from_bytes(uuid::Uuid::new_v4().into_bytes())
}

fn new_span_id() -> SpanId {
    SpanId::from_bytes(rand::random::<u64>().max(1).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn reads_what_the_specification_allows() {
        assert_eq!(
            parse(PARENT).map(|context| format(&context)).as_deref(),
            Some(PARENT)
        );
        assert!(parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra").is_some());
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b77-01",
        ] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_request_has_a_trace_without_any_subscriber() {
        let scope = TraceScope::of_request(&Span::none(), Some(PARENT));
        assert_eq!(scope.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let seen = scope
            .scope(async { (current_trace_id(), current_traceparent()) })
            .await;
        assert_eq!(seen.0.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(seen.1.is_some_and(|header| parse(&header).is_some()));
        assert!(
            TraceScope::of_request(&Span::none(), Some("nonsense"))
                .trace_id()
                .len()
                == 32
        );
        assert_eq!(current_traceparent(), None);
    }
}
