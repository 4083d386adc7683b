//! The activity of one connection, from which its timeouts follow.
//!
//! hyper's own header timeout also runs between requests and does not run before the first byte, so neither silent
//! connections nor idle ones of a proxy could have their own limit.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Version, response::Response},
};
use http_body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use crate::config::ConnectionLimits;

/// The activity of one connection, shared by its stream, its requests and the task that closes it.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    limits: ConnectionLimits,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Requests whose response has not been written completely.
    in_flight: usize,
    /// Since when the client has not accepted bytes that wait to be written.
    write_blocked: Option<Instant>,
    multiplexed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The headers of a request have to arrive.
    Headers { since: Instant },
    /// A request is being processed.
    Request,
    /// Every request has its response.
    Idle { since: Instant },
}

/// Whether a connection may stay open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Check again at this time.
    KeepUntil(Instant),
    /// A timeout has elapsed; the name is the value of a label.
    Close(&'static str),
}

impl Activity {
    /// A new connection.
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            state: Arc::new(Mutex::new(State {
                phase: Phase::Headers {
                    since: Instant::now(),
                },
                in_flight: 0,
                write_blocked: None,
                multiplexed: false,
            })),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Evaluates the timeouts. A change after the check shortens the time by the header timeout at most.
    pub(super) fn check(&self) -> Verdict {
        let (now, state) = (Instant::now(), self.state());
        let ConnectionLimits {
            header_timeout,
            idle_timeout,
            ..
        } = self.limits;
        let deadlines = [
            match state.phase {
                Phase::Headers { since } => Some((since + header_timeout, "headers")),
                Phase::Idle { since } => Some((since + idle_timeout, "idle")),
                Phase::Request => None,
            },
            state.write_blocked.map(|since| (since + idle_timeout, "write")),
        ];
        let mut next = now + header_timeout;
        for (deadline, name) in deadlines.into_iter().flatten() {
            if deadline <= now {
                return Verdict::Close(name);
            }
            next = next.min(deadline);
        }
        Verdict::KeepUntil(next)
    }

    /// The headers of a request have arrived.
    pub(super) fn begin(&self, version: Version) -> InFlight {
        let mut state = self.state();
        state.phase = Phase::Request;
        state.in_flight += 1;
        state.multiplexed = version == Version::HTTP_2;
        InFlight(self.clone())
    }

    fn received(&self) {
        let mut state = self.state();
        // Of a multiplexed connection it may be a ping.
        if let Phase::Idle { .. } = state.phase
            && !state.multiplexed
        {
            state.phase = Phase::Headers {
                since: Instant::now(),
            };
        }
    }

    fn wrote(&self, blocked: bool) {
        let mut state = self.state();
        if !blocked {
            state.write_blocked = None;
        } else if state.write_blocked.is_none() {
            state.write_blocked = Some(Instant::now());
        }
    }
}

/// A request that is being processed, until its response body is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Activity);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight -= 1;
        if state.in_flight == 0 {
            state.phase = Phase::Idle {
                since: Instant::now(),
            };
        }
    }
}

impl InFlight {
    /// Ties the request to the body of its response.
    pub(super) fn until_sent(self, response: Response<Body>) -> Response<TrackedBody> {
        response.map(|body| TrackedBody { body, _request: self })
    }
}

/// A response body whose end is the end of the request.
#[derive(Debug)]
pub(super) struct TrackedBody {
    body: Body,
    _request: InFlight,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that reports its reads and writes.
#[derive(Debug)]
pub(super) struct TrackedStream<S> {
    stream: S,
    activity: Activity,
}

impl<S> TrackedStream<S> {
    pub(super) fn new(stream: S, activity: Activity) -> Self {
        Self { stream, activity }
    }

    fn report<T>(&self, result: Poll<T>) -> Poll<T> {
        self.activity.wrote(result.is_pending());
        result
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TrackedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.report(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.report(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
