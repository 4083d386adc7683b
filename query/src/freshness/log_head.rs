//! The end of the event log.

use std::{sync::Arc, time::Duration};

use common::event::STREAM;
use runtime::bus::{Bus, Checkpoint};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long concurrent requests share one response of the bus.
const LIFETIME: Duration = Duration::from_millis(100);
/// The time limit of one request to the bus.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct LogHead {
    bus: Bus,
    cached: Arc<Mutex<Option<Cached>>>,
}

#[derive(Debug)]
struct Cached {
    until: Instant,
    head: Option<Checkpoint>,
}

impl LogHead {
    pub(super) fn new(bus: &Bus) -> Self {
        Self {
            bus: bus.clone(),
            cached: Arc::default(),
        }
    }

    /// The checkpoint of a projection that has applied every event; `None` if the bus is unavailable.
    pub(super) async fn get(&self) -> Option<Checkpoint> {
        let mut cached = self.cached.lock().await;
        if let Some(cached) = &*cached
            && Instant::now() < cached.until
        {
            return cached.head.clone();
        }
        let head = timeout(TIMEOUT, self.read()).await.ok().flatten();
        // Counted from the end of the request, so that a failure is shared, too.
        *cached = Some(Cached {
            until: Instant::now() + LIFETIME,
            head: head.clone(),
        });
        head
    }

    async fn read(&self) -> Option<Checkpoint> {
        if !self.bus.is_connected() {
            return None;
        }
        let stream = self.bus.jetstream().get_stream(STREAM).await.ok()?;
        let info = stream.cached_info();
        Some(Checkpoint {
            log_created: info.created.to_string(),
            sequence: info.state.last_sequence,
        })
    }
}
