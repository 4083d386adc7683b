//! Responds to operators who ask a running service to republish the state of everything it owns.
//!
//! One replica takes the request, and a lease keeps a second request from being run beside it.

use std::{pin::pin, time::Duration};

use async_nats::{Client, Message, Subject};
use common::{
    error::chain,
    event::{ResyncReply, resync_subject},
};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{ServiceContext, StartError, declaration::Owned};
use crate::store::Lease;

/// How long another replica waits after this one died while it was at work.
const LEASE: Duration = Duration::from_secs(10);
/// Between two progress replies, each of which renews the lease.
const TICK: Duration = Duration::from_secs(1);

/// Starts the task that serves requests, if there is anything to republish.
pub(super) fn spawn(context: &ServiceContext, owned: Vec<Owned>) {
    if owned.is_empty() {
        return;
    }
    let served = context.clone();
    context.spawn("resync", move |stop| serve(served.clone(), owned.clone(), stop));
}

/// Republishes the state of every aggregate, and returns how many there were.
pub(super) async fn resync_all(owned: &[Owned], context: &ServiceContext) -> Result<u64, StartError> {
    let mut count = 0;
    for owned in owned {
        count += (owned.resync)(context.clone()).await?;
    }
    Ok(count)
}

/// Serves requests until `stop`. A resync in progress is then abandoned: it may be requested again.
async fn serve(context: ServiceContext, owned: Vec<Owned>, stop: CancellationToken) {
    let client = context.bus.client().clone();
    let service = context.service;
    // Queued on the connection while the bus is unavailable.
    let requests = client
        .queue_subscribe(resync_subject(service), service.to_owned())
        .await;
    let mut requests = match requests {
        Ok(requests) => requests,
        Err(error) => return tracing::warn!(%error, "resync requests cannot be received"),
    };
    let mut work = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(()) = work.next() => {}
            request = requests.next() => match request.map(reply_subject) {
                Some(Some(to)) if work.is_empty() => work.push(resync(&context, &owned, to)),
                Some(Some(to)) => reply(&client, &to, &already_running(service)).await,
                Some(None) => {}
                // The supervisor starts it anew.
                None => return tracing::warn!("the subscription to resync requests ended"),
            }
        }
    }
}

fn reply_subject(request: Message) -> Option<Subject> {
    if request.reply.is_none() {
        tracing::warn!("a resync was requested without a reply subject; ignored");
    }
    request.reply
}

fn already_running(service: &str) -> ResyncReply {
    ResyncReply::Failed {
        error: format!("a resync of {service} is already running"),
    }
}

async fn resync(context: &ServiceContext, owned: &[Owned], to: Subject) {
    let holder = uuid::Uuid::now_v7().to_string();
    let outcome = match context.database() {
        Ok(database) => {
            let lease = Lease::new(database, "resync", holder, LEASE);
            resync_under(&lease, context, owned, &to).await
        }
        Err(error) => ResyncReply::Failed { error: chain(&error) },
    };
    match &outcome {
        ResyncReply::Failed { error } => tracing::warn!(error, "resync failed"),
        other => tracing::info!(outcome = ?other, "resync"),
    }
    reply(context.bus.client(), &to, &outcome).await;
}

async fn resync_under(lease: &Lease, context: &ServiceContext, owned: &[Owned], to: &Subject) -> ResyncReply {
    match lease.acquire().await {
        Ok(true) => {
            let outcome = resync_with_progress(lease, context, owned, to).await;
            // Otherwise it expires.
            let _ = lease.release().await;
            outcome
        }
        Ok(false) => already_running(context.service),
        Err(error) => ResyncReply::Failed { error: chain(&error) },
    }
}

async fn resync_with_progress(
    lease: &Lease,
    context: &ServiceContext,
    owned: &[Owned],
    to: &Subject,
) -> ResyncReply {
    let started = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(resync_all(owned, context));
    loop {
        tokio::select! {
            biased;
            result = &mut work => return match result {
                Ok(events) => ResyncReply::Done { events },
                Err(error) => ResyncReply::Failed { error: chain(&error) },
            },
            _ = ticks.tick() => {
                // A short outage of the database is no reason to stop; `work` fails if it lasts.
                let _ = lease.acquire().await;
                let working_seconds = started.elapsed().as_secs();
                reply(context.bus.client(), to, &ResyncReply::Working { working_seconds }).await;
            }
        }
    }
}

/// The client that asked may have disconnected, which changes nothing.
async fn reply(client: &Client, to: &Subject, reply: &ResyncReply) {
    let body = serde_json::to_vec(reply).unwrap_or_default();
    let _ = client.publish(to.clone(), body.into()).await;
}
