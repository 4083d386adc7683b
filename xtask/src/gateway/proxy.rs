//! One request: find its route, forward it, give back what comes, or say what is wrong.

use super::{
    headers::{self, new_request_id},
    reply::{Body, Error, problem},
};
use crate::{
    ingress::{Route, Routes},
    ports::local,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode, Uri, Version,
    body::{Body as _, Incoming},
    header::HeaderValue,
    http::uri::PathAndQuery,
};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::time;

const CONNECT: Duration = Duration::from_secs(2);
/// Shorter than the services keep an idle connection, so that we seldom write into one they close.
const IDLE: Duration = Duration::from_secs(15);

type Upstream = Box<dyn Fn(&str) -> Option<u16> + Send + Sync>;

pub(super) struct Gateway {
    routes: Routes,
    /// The port of a service on this machine.
    upstream: Upstream,
    client: Client<HttpConnector, Body>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    pub(super) fn new(
        routes: Routes,
        upstream: impl Fn(&str) -> Option<u16> + Send + Sync + 'static,
    ) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Self {
            routes,
            upstream: Box::new(upstream),
            client: client.build(connector),
        }
    }

    pub(super) async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let (began, id) = (Instant::now(), new_request_id());
        let line = format!("{} {}", request.method(), request.uri().path());
        let (response, whose) = self.route(peer, request, &id).await;
        let (status, millis) = (response.status().as_u16(), began.elapsed().as_millis());
        println!(
            "{line} -> {whose} {status} {millis} ms {}",
            id.to_str().unwrap_or_default()
        );
        response
    }

    async fn route(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
        id: &HeaderValue,
    ) -> (Response<Body>, String) {
        let path = request.uri().path();
        let Some(route) = self.routes.find(path) else {
            let own = problem(
                StatusCode::NOT_FOUND,
                "not_found",
                "no service is routed at this path",
                id,
            );
            return (own, "gateway".to_owned());
        };
        let forwarded = self.forward(route, peer, request, id).await;
        (
            forwarded.unwrap_or_else(|refusal| refusal.into_problem(id)),
            route.service.clone(),
        )
    }

    async fn forward(
        &self,
        route: &Route,
        peer: SocketAddr,
        request: Request<Incoming>,
        id: &HeaderValue,
    ) -> Result<Response<Body>, Refusal> {
        let service = route.service.clone();
        let port = (self.upstream)(&service).ok_or_else(|| Refusal::down(&service))?;
        if request.body().size_hint().lower() > route.body_limit {
            return Err(Refusal::too_large(route));
        }
        let (mut parts, body) = request.into_parts();
        headers::of_request(&mut parts.headers, peer, id);
        let path = parts
            .uri
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder()
            .scheme("http")
            .authority(local(port).to_string())
            .path_and_query(path)
            .build();
        parts.uri = uri.map_err(|error| Refusal::unforwardable(&error))?;
        parts.version = Version::HTTP_11;
        let limit = usize::try_from(route.body_limit).unwrap_or(usize::MAX);
        let request = Request::from_parts(parts, Limited::new(body, limit).boxed());
        let answer = time::timeout(route.read_timeout, self.client.request(request)).await;
        let answer = answer.map_err(|_elapsed| Refusal::late(route))?;
        let (mut parts, body) = answer
            .map_err(|error| Refusal::from_client(&error, route))?
            .into_parts();
        headers::drop_hop_by_hop(&mut parts.headers);
        // Frame by frame as they come, with nothing held back: that is what event streams need.
        Ok(Response::from_parts(parts, body.map_err(Error::from).boxed()))
    }
}

/// Why the gateway itself answers.
struct Refusal(StatusCode, &'static str, String);

impl Refusal {
    fn down(service: &str) -> Self {
        let detail = format!(
            "{service} does not run; `cargo xtask status` and `cargo xtask logs {service}` tell more"
        );
        Self(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    fn broken(service: &str) -> Self {
        Self(
            StatusCode::BAD_GATEWAY,
            "bad_gateway",
            format!("{service} broke the connection off"),
        )
    }

    fn unforwardable(error: &hyper::http::Error) -> Self {
        Self(
            StatusCode::BAD_REQUEST,
            "malformed",
            format!("the address cannot be forwarded: {error}"),
        )
    }

    fn too_large(route: &Route) -> Self {
        let detail = format!("the body may have {} bytes at most", route.body_limit);
        Self(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    }

    fn late(route: &Route) -> Self {
        let detail = format!(
            "{} did not answer within {} s",
            route.service,
            route.read_timeout.as_secs()
        );
        Self(StatusCode::GATEWAY_TIMEOUT, "timeout", detail)
    }

    fn from_client(error: &legacy::Error, route: &Route) -> Self {
        let sources = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        if error.is_connect() {
            Self::down(&route.service)
        } else if sources.into_iter().any(|source| source.is::<LengthLimitError>()) {
            Self::too_large(route)
        } else {
            Self::broken(&route.service)
        }
    }

    fn into_problem(self, id: &HeaderValue) -> Response<Body> {
        problem(self.0, self.1, &self.2, id)
    }
}
