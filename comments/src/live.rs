//! Requests that wait for a version of a post, woken by whichever replica of the service has stored it.
//!
//! JetStream delivers each event to one replica. That replica wakes its own requests, and those of the others by a note
//! on `blog.live.comments`. A note may be lost: then the request reads the database when its time is over.

use std::time::Duration;

use common::{consistency::ConsistencyToken, error::chain, event::AggregateKind, ids::PostId};
use futures::StreamExt as _;
use runtime::{
    bus::{Bus, LIVE_SUBJECT_PREFIX},
    consistency::{Limits, Progress, Waiters},
    http::ClientAddr,
    store::StoreError,
};
use tokio_util::sync::CancellationToken;

use crate::NAME;

/// The pause before the next attempt to subscribe.
const RESUBSCRIBE_PAUSE: Duration = Duration::from_secs(1);

/// The versions of posts that this service has stored; cheap to clone.
#[derive(Debug, Clone)]
pub struct PostVersions {
    waiters: Waiters<PostId>,
    bus: Bus,
}

impl PostVersions {
    pub fn new(bus: Bus) -> Self {
        Self {
            waiters: Waiters::new(Limits::default()),
            bus,
        }
    }

    /// Waits until `version` of a post is stored, for at most `timeout`. `is_stored` reads the database: once at the
    /// beginning, and once at the end if no replica has announced the version.
    ///
    /// # Errors
    /// Those of `is_stored`.
    pub async fn wait<F>(
        &self,
        client: ClientAddr,
        post: PostId,
        version: u64,
        timeout: Duration,
        is_stored: impl Fn() -> F,
    ) -> Result<(), StoreError>
    where
        F: Future<Output = Result<bool, StoreError>>,
    {
        let look_up = |_| {
            let is_stored = is_stored();
            async move {
                Ok(vec![match is_stored.await? {
                    true => Progress::Reached,
                    false => Progress::Behind,
                }])
            }
        };
        let wanted = vec![(post, version)];
        self.waiters
            .wait(client, wanted, timeout, look_up)
            .await
            .map(drop)
    }

    /// Wakes the requests that wait for this version, which is stored now.
    pub async fn announce(&self, post: PostId, version: u64) {
        self.waiters.notify(&post, version);
        let note = ConsistencyToken::post(post, version).to_string();
        if let Err(error) = self.bus.client().publish(subject(), note.into()).await {
            tracing::debug!(error = chain(&error), "no note to the other replicas");
        }
    }

    /// Receives the notes of the other replicas until `stop`.
    pub async fn listen(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.receive() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RESUBSCRIBE_PAUSE) => {}
            }
        }
    }

    async fn receive(&self) {
        let mut notes = match self.bus.client().subscribe(subject()).await {
            Ok(notes) => notes,
            Err(error) => {
                tracing::warn!(error = chain(&error), "notes of other replicas are not received");
                return;
            }
        };
        // Notes before the subscription are lost.
        self.waiters.notify_lost();
        while let Some(note) = notes.next().await {
            if let Some((post, version)) = parse(&note.payload) {
                self.waiters.notify(&post, version);
            }
        }
    }
}

fn subject() -> String {
    format!("{LIVE_SUBJECT_PREFIX}.{NAME}")
}

fn parse(note: &[u8]) -> Option<(PostId, u64)> {
    let token: ConsistencyToken = std::str::from_utf8(note).ok()?.parse().ok()?;
    let post = (token.kind == AggregateKind::Post).then(|| token.id.parse().ok())?;
    Some((post?, token.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_a_post_and_its_version_and_anything_else_is_ignored() {
        let post = PostId::generate();
        let note = ConsistencyToken::post(post, 3).to_string();
        assert_eq!(parse(note.as_bytes()), Some((post, 3)));
        for other in ["", "post:x@1", &format!("comment:{post}@1")] {
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
