//! Logs, traces and metrics: set up once per process, and the trace context that links services.

mod json;
mod lines;
mod trace;

use std::{
    io::{IsTerminal, stdout},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lines::Lines;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
pub(crate) use trace::TraceScope;
pub use trace::{current_trace_id, current_traceparent, set_parent_from_traceparent};
use tracing_appender::non_blocking::ErrorCounter;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogFormat, PlatformSettings};

/// Upper bounds of the histograms' buckets, in seconds: from a cached response to a request that times out.
const SECONDS_BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The timeout of sending the last spans and of writing the last lines at shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

static EXPORTING: AtomicBool = AtomicBool::new(false);
static DROPPED_LINES: OnceLock<ErrorCounter> = OnceLock::new();

/// Whether traces are exported; what only they need is not computed otherwise.
pub(crate) fn exporting() -> bool {
    EXPORTING.load(Ordering::Relaxed)
}

/// Keeps telemetry running; when it is dropped, sends the last spans and writes the last lines, for at most 2 s each.
#[derive(Debug)]
#[must_use = "telemetry is flushed when the guard is dropped"]
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
    lines: Lines,
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH_TIMEOUT)
        {
            tracing::warn!(%error, "the last trace spans could not be sent");
        }
        self.lines.close(FLUSH_TIMEOUT);
    }
}

/// Sets up logs (text or JSON on standard output; `RUST_LOG` chooses, `info` by default), the metrics recorder,
/// and trace export when `OTEL_EXPORTER_OTLP_ENDPOINT` is set (OTLP over http, as the OpenTelemetry
/// specification's environment variables define).
///
/// Only the first call in a process has an effect on logs; later calls do nothing, so that a test may start several
/// services. An unavailable telemetry collector never stops a service, and a stalled standard output neither: log lines
/// are dropped then, and counted in the metric `log_lines_dropped_total`.
pub fn init(service: &str, settings: &PlatformSettings) -> TelemetryGuard {
    metrics_handle();
    let (provider, export_error) = match tracer_provider(service) {
        Ok(provider) => (provider, None),
        Err(error) => (None, Some(error)),
    };
    // Requests have trace ids without it, too: see `TraceScope`.
    EXPORTING.store(provider.is_some(), Ordering::Relaxed);
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("inkstream"))
            .with_tracked_inactivity(false)
            .with_location(false)
            .with_threads(false)
    });
    let (writer, lines) = lines::queue(stdout());
    let format = match settings.log_format {
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_ansi(stdout().is_terminal())
            .with_writer(writer)
            .boxed(),
        LogFormat::Json => json::layer(service).with_writer(writer).boxed(),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let first = tracing_subscriber::registry()
        .with(filter)
        .with(traces)
        .with(format)
        .try_init()
        .is_ok();
    if first {
        let _ = DROPPED_LINES.set(lines.dropped());
    }
    if let Some(error) = export_error {
        tracing::warn!(%error, "traces are not exported: OTEL_EXPORTER_OTLP_ENDPOINT cannot be used");
    }
    TelemetryGuard {
        provider: provider.filter(|_| first),
        lines,
    }
}

/// The exporter of traces; `None` without an endpoint.
fn tracer_provider(
    service: &str,
) -> Result<Option<SdkTracerProvider>, opentelemetry_otlp::ExporterBuildError> {
    let endpoint = [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ];
    if !endpoint
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let builder = SdkTracerProvider::builder().with_resource(resource);
    Ok(Some(builder.with_batch_exporter(exporter).build()))
}

/// The process's metrics.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl MetricsHandle {
    /// All metrics in the Prometheus text format.
    pub fn render(&self) -> String {
        if let Some(dropped) = DROPPED_LINES.get() {
            let lines = u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX);
            metrics::counter!("log_lines_dropped_total").absolute(lines);
        }
        self.0.render()
    }

    /// Adds up the samples of the histograms, so that they do not accumulate while `/metrics` is not read.
    pub(crate) fn run_upkeep(&self) {
        self.0.run_upkeep();
    }
}

impl std::fmt::Debug for MetricsHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsHandle")
    }
}

/// The process's metrics, for `/metrics`. The first call installs the recorder behind the `metrics` macros;
/// histograms of seconds have fixed buckets.
pub fn metrics_handle() -> MetricsHandle {
    static HANDLE: OnceLock<MetricsHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            // Fails only for an empty list of buckets.
            let builder = builder
                .set_buckets(SECONDS_BUCKETS)
                .unwrap_or_else(|_| PrometheusBuilder::new());
            let recorder = builder.build_recorder();
            let handle = MetricsHandle(recorder.handle());
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed; /metrics stays empty");
            }
            handle
        })
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_services_in_one_process_share_telemetry() {
        let settings = PlatformSettings::local("posts", "mongodb://localhost", "nats://localhost");
        let first = init("posts", &settings);
        let second = init("comments", &settings);
        metrics::counter!("telemetry_test_total").increment(1);
        assert!(metrics_handle().render().contains("telemetry_test_total 1"));
        drop((first, second));
    }
}
