//! Answers operators who ask a running service to publish the state of everything it owns again.
//!
//! One replica takes the request, and a lease keeps a second request from being done beside it.

use std::{pin::pin, time::Duration};

use async_nats::{Client, Message, Subject};
use common::{
    error::chain,
    event::{ResyncReply, resync_subject},
};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Platform, Service};
use crate::store::Lease;

/// How long another replica waits after this one has died at work.
const LEASE: Duration = Duration::from_secs(10);
/// Between two signs of life, each of which renews the lease.
const TICK: Duration = Duration::from_secs(1);

/// Answers until `stop`. What is at work then is broken off: it may be asked for again.
pub(super) async fn serve<S: Service>(platform: Platform, stop: CancellationToken) {
    let client = platform.bus.client().clone();
    // Queued on the connection while the bus is away.
    let requests = client
        .queue_subscribe(resync_subject(S::NAME), S::NAME.to_owned())
        .await;
    let mut requests = match requests {
        Ok(requests) => requests,
        Err(error) => return tracing::warn!(%error, "nobody can ask for a resync"),
    };
    let mut work = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(()) = work.next() => {}
            Some(request) = requests.next() => match reply_subject(request) {
                Some(to) if work.is_empty() => work.push(resync::<S>(&platform, to)),
                Some(to) => reply(&client, &to, &already_running(S::NAME)).await,
                None => {}
            }
        }
    }
}

fn reply_subject(request: Message) -> Option<Subject> {
    if request.reply.is_none() {
        tracing::warn!("a resync was asked for by nobody who consumes the answer; not done");
    }
    request.reply
}

fn already_running(service: &str) -> ResyncReply {
    ResyncReply::Failed {
        error: format!("a resync of {service} is already at work"),
    }
}

async fn resync<S: Service>(platform: &Platform, to: Subject) {
    let client = platform.bus.client();
    let holder = uuid::Uuid::now_v7().to_string();
    let outcome = match platform.database() {
        Ok(database) => {
            let lease = Lease::new(database, "resync", holder, LEASE);
            resync_alone::<S>(platform, &lease, &to).await
        }
        Err(error) => ResyncReply::Failed { error: chain(&error) },
    };
    match &outcome {
        ResyncReply::Failed { error } => tracing::warn!(service = S::NAME, error, "no resync"),
        other => tracing::info!(service = S::NAME, outcome = ?other, "resync"),
    }
    reply(client, &to, &outcome).await;
}

async fn resync_alone<S: Service>(platform: &Platform, lease: &Lease, to: &Subject) -> ResyncReply {
    match lease.acquire().await {
        Ok(true) => {
            let outcome = resync_telling::<S>(platform, lease, to).await;
            // Otherwise it ends by itself.
            let _ = lease.release().await;
            outcome
        }
        Ok(false) => already_running(S::NAME),
        Err(error) => ResyncReply::Failed { error: chain(&error) },
    }
}

async fn resync_telling<S: Service>(platform: &Platform, lease: &Lease, to: &Subject) -> ResyncReply {
    let started = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(S::resync(platform));
    loop {
        tokio::select! {
            biased;
            result = &mut work => return match result {
                Ok(events) => ResyncReply::Done { events },
                Err(error) => ResyncReply::Failed { error: chain(&error) },
            },
            _ = ticks.tick() => {
                // The database may be away for a moment, and `work` will notice if it stays so.
                let _ = lease.acquire().await;
                let working_seconds = started.elapsed().as_secs();
                reply(platform.bus.client(), to, &ResyncReply::Working { working_seconds }).await;
            }
        }
    }
}

/// Whoever asked may have gone, which changes nothing.
async fn reply(client: &Client, to: &Subject, reply: &ResyncReply) {
    let body = serde_json::to_vec(reply).unwrap_or_default();
    let _ = client.publish(to.clone(), body.into()).await;
}
