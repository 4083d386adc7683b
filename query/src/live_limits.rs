//! How many live streams may be open: of one client address, of all clients, and of our own servers.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use common::error::ErrorCode;
use runtime::{error::ApiError, http::ClientAddr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most streams that come past the ingress, which adds `X-Forwarded-For`: those of `web`.
const MAX_INTERNAL: usize = 64;
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The numbers of open streams.
type ByAddress = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// The limits of one replica; cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveLimits {
    public: Arc<Semaphore>,
    internal: Arc<Semaphore>,
    per_address: usize,
    by_address: ByAddress,
}

/// The right to one stream, until it is dropped.
#[derive(Debug)]
pub struct LivePermit {
    _total: OwnedSemaphorePermit,
    address: Option<(IpAddr, ByAddress)>,
}

impl LiveLimits {
    pub fn new(total: usize, per_address: usize) -> Self {
        Self {
            public: Arc::new(Semaphore::new(total.min(Semaphore::MAX_PERMITS))),
            internal: Arc::new(Semaphore::new(MAX_INTERNAL)),
            per_address,
            by_address: Arc::default(),
        }
    }

    /// # Errors
    /// If too many streams are open.
    pub fn acquire(&self, client: ClientAddr, headers: &HeaderMap) -> Result<LivePermit, ApiError> {
        let is_internal = !headers.contains_key("x-forwarded-for");
        let limit = if is_internal { &self.internal } else { &self.public };
        let total = limit.clone().try_acquire_owned().map_err(|full| {
            ApiError::new(
                ErrorCode::Unavailable,
                "Too many live streams are open; try again later.",
            )
            .retry_after(RETRY_AFTER)
            .with_source(full)
        })?;
        let address = if is_internal {
            None
        } else {
            Some(self.count(client)?)
        };
        Ok(LivePermit {
            _total: total,
            address,
        })
    }

    fn count(&self, client: ClientAddr) -> Result<(IpAddr, ByAddress), ApiError> {
        let address = client.limit_key();
        let mut open = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(address).or_default();
        if *streams >= self.per_address {
            let detail = format!(
                "At most {} live streams of one address may be open.",
                self.per_address
            );
            return Err(ApiError::new(ErrorCode::RateLimited, detail).retry_after(RETRY_AFTER));
        }
        *streams += 1;
        Ok((address, self.by_address.clone()))
    }
}

impl Drop for LivePermit {
    fn drop(&mut self) {
        let Some((address, by_address)) = self.address.take() else {
            return;
        };
        let mut open = by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = open.get_mut(&address) {
            *streams -= 1;
            if *streams == 0 {
                open.remove(&address);
            }
        }
    }
}
