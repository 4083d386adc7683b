//! Reads the rest of a request body that the handler has not read, before the response is sent.
//!
//! A response before the end of the body makes the server close the connection, and a proxy that still sends the body
//! then reports a failure (502) instead of the response. Bodies that a proxy has buffered arrive at once.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header::EXPECT,
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use tokio::time;

/// The largest body that the ingress lets through.
const LIMIT: u64 = 1 << 20;
/// A client that sends its body slowly gets the response, and its connection is closed.
const TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn read_rest(mut request: Request, next: Next) -> Response {
    // A client that waits for `100 Continue` has not sent the body, and will not if it gets a response first.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let body = Shared(Arc::new(Mutex::new(mem::take(request.body_mut()))));
    *request.body_mut() = Body::new(body.clone());
    let response = next.run(request).await;
    if body.size_hint().lower() <= LIMIT {
        // Failing to read it changes nothing about the response.
        let _ = time::timeout(TIMEOUT, body.discard()).await;
    }
    response
}

/// A body that is still there when its reader has dropped it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn discard(mut self) {
        let mut read = 0;
        while read <= LIMIT {
            let frame = std::future::poll_fn(|context| Pin::new(&mut self).poll_frame(context)).await;
            let Some(Ok(frame)) = frame else { return };
            read += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.inner()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner().size_hint()
    }
}
