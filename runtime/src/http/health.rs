//! Health, readiness and metrics, on a separate port that is never routed from outside.
//!
//! Readiness is about what this process alone lacks. A server that all replicas use is no part of it: if it failed, all of
//! them would be taken out of the load balancing at once, and clients would get errors without a reason.

use std::{
    fmt::Display,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, join, join_all};
use serde_json::{Map, Value, json};

use crate::telemetry::MetricsHandle;

/// The timeout of one check.
const CHECK_LIMIT: Duration = Duration::from_secs(1);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;
type Detail = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The readiness of a service: named checks of its dependencies, and whether it is draining. Clones share it.
#[derive(Clone, Default)]
pub struct Health {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    checks: RwLock<Vec<(String, Check)>>,
    dependencies: RwLock<Vec<(String, Check)>>,
    details: RwLock<Vec<(&'static str, Detail)>>,
    draining: AtomicBool,
}

impl Health {
    /// A service without checks, which is ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check. It runs for each request of `/readyz`, for at most 1 s, concurrently with the others.
    pub fn register<F, E>(&self, name: impl Into<String>, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        push(&self.inner.checks, name.into(), check);
    }

    /// Adds a check of a server that all replicas use. `/readyz` shows its result, and the metric `dependency_up` has it;
    /// the service is ready without it.
    pub fn depends_on<F, E>(&self, name: impl Into<String>, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        push(&self.inner.dependencies, name.into(), check);
    }

    /// Adds a detail that `/readyz` shows and that does not make the service unready.
    pub fn show(&self, name: &'static str, detail: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        let mut details = self.inner.details.write().unwrap_or_else(PoisonError::into_inner);
        details.push((name, Box::new(detail)));
    }

    /// Responds with 503 from now on, so that load balancers send no more requests.
    pub fn drain(&self) {
        self.inner.draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`drain`](Self::drain) was called.
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Relaxed)
    }
}

fn push<F, E>(
    checks: &RwLock<Vec<(String, Check)>>,
    name: String,
    check: impl Fn() -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Display,
{
    let check: Check = Arc::new(move || {
        let outcome = check();
        Box::pin(async move { outcome.await.map_err(|error| error.to_string()) })
    });
    let mut checks = checks.write().unwrap_or_else(PoisonError::into_inner);
    checks.push((name, check));
}

/// Runs the checks concurrently and returns their results by name.
async fn run(checks: &RwLock<Vec<(String, Check)>>) -> Vec<(String, Result<(), String>)> {
    let checks = checks.read().unwrap_or_else(PoisonError::into_inner).clone();
    join_all(checks.into_iter().map(|(name, check)| async move {
        let outcome = tokio::time::timeout(CHECK_LIMIT, check()).await;
        (
            name,
            outcome.unwrap_or_else(|_| Err("no response within a second".to_owned())),
        )
    }))
    .await
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health")
            .field("draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}

/// `/healthz` (the process alone), `/readyz` (whether it can serve; 503 while draining) and `/metrics` (Prometheus).
pub fn ops_router(health: Health, metrics: MetricsHandle) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .with_state(health)
        .route(
            "/metrics",
            get(async move || {
                (
                    [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
                    metrics.render(),
                )
            }),
        )
}

async fn readyz(State(health): State<Health>) -> Response {
    let (results, dependencies) = join(run(&health.inner.checks), run(&health.inner.dependencies)).await;
    for (name, result) in &dependencies {
        let up = if result.is_ok() { 1.0 } else { 0.0 };
        metrics::gauge!("dependency_up", "dependency" => name.clone()).set(up);
    }
    let draining = health.is_draining();
    let ready = !draining && results.iter().all(|(_, result)| result.is_ok());
    let entry = |result: Result<(), String>| match result {
        Ok(()) => json!({ "status": "ok" }),
        Err(error) => json!({ "status": "error", "error": error }),
    };
    let checks: Map<_, _> = results
        .into_iter()
        .map(|(name, result)| (name, entry(result)))
        .collect();
    let details: Map<String, Value> = {
        let details = health
            .inner
            .details
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let details = details
            .iter()
            .map(|(name, detail)| ((*name).to_owned(), detail()));
        let entries = dependencies.into_iter().chain(details);
        entries.map(|(name, result)| (name, entry(result))).collect()
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let summary = match (ready, draining) {
        (true, _) => "ready",
        (false, true) => "draining",
        (false, false) => "not_ready",
    };
    let mut body = json!({ "status": summary, "checks": checks });
    if !details.is_empty() {
        body["details"] = details.into();
    }
    (status, axum::Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::telemetry::metrics_handle;

    async fn ready(health: &Health) -> (u16, Value) {
        let router = ops_router(health.clone(), metrics_handle());
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap(),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_is_that_of_every_check() {
        let health = Health::new();
        assert_eq!(ready(&health).await.0, 200);
        health.register("bus", || async { Ok::<_, String>(()) });
        assert_eq!(
            ready(&health).await,
            (
                200,
                json!({ "status": "ready", "checks": { "bus": { "status": "ok" } } })
            )
        );
        health.register("database", || async { Err("refused") });
        health.register("slow", || async {
            std::future::pending::<Result<(), String>>().await
        });
        let (status, body) = ready(&health).await;
        assert_eq!(status, 503);
        assert_eq!(body["checks"]["database"]["error"], "refused");
        assert_eq!(body["checks"]["slow"]["error"], "no response within a second");
        assert_eq!(body["checks"]["bus"]["status"], "ok");
    }

    #[tokio::test]
    async fn a_detail_is_shown_and_does_not_make_the_service_unready() {
        let health = Health::new();
        health.show("posts-users", || Err("circuit open: refused".to_owned()));
        let (status, body) = ready(&health).await;
        assert_eq!((status, &body["status"]), (200, &json!("ready")));
        assert_eq!(body["details"]["posts-users"]["error"], "circuit open: refused");
    }

    #[tokio::test]
    async fn a_dependency_that_fails_is_shown_and_measured_and_does_not_make_the_service_unready() {
        let health = Health::new();
        health.depends_on("database", || async { Err("no primary") });
        health.depends_on("bus", || async { Ok::<_, String>(()) });
        let (status, body) = ready(&health).await;
        assert_eq!((status, &body["status"]), (200, &json!("ready")));
        assert_eq!(body["details"]["database"]["error"], "no primary");
        let metrics = metrics_handle().render();
        assert!(
            metrics.contains("dependency_up{dependency=\"database\"} 0"),
            "{metrics}"
        );
        assert!(
            metrics.contains("dependency_up{dependency=\"bus\"} 1"),
            "{metrics}"
        );
    }

    #[tokio::test]
    async fn draining_is_not_ready() {
        let health = Health::new();
        health.drain();
        let (status, body) = ready(&health).await;
        assert_eq!((status, &body["status"]), (503, &json!("draining")));
    }
}
