//! `events resync`: requests a running service to republish the state of all its aggregates.

use std::time::Duration;

use common::event::{
    ResyncReply, resync_subject,
    topology::{SERVICES, ServiceSpec},
};
use futures::StreamExt as _;
use serde::Serialize;

use crate::{connection::Connection, failure::Failure, progress::Progress, session::Session};

/// Request a running service to republish the current state of everything it owns
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service, e.g. `posts`
    service: String,
}

/// The idle timeout; a service at work reports progress every second.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Resynced<'a> {
    service: &'a str,
    events: u64,
}

/// Sends the request, and waits until it is done. Consumers tolerate the republication: they ignore events that are not
/// newer.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let service = &args.service;
    let owners = || SERVICES.iter().filter(|spec| spec.resync_subject().is_some());
    if !owners().any(|spec| spec.name == service) {
        let names: Vec<&str> = owners().map(|spec: &ServiceSpec| spec.name).collect();
        let names = names.join(", ");
        return Err(Failure::NotFound(format!(
            "no service `{service}` owns aggregates; those that do are {names}"
        )));
    }
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let events = connection
        .allowed(request(&connection, service))
        .await
        .flatten()?;
    let resynced = Resynced { service, events };
    output.document(&resynced, |_| format!("{service}: {events} events published\n"))?;
    output.finish()
}

async fn request(connection: &Connection, service: &str) -> Result<u64, Failure> {
    let what = format!("the request to {service} failed");
    let client = &connection.client;
    let inbox = client.new_inbox();
    let subscription = client.subscribe(inbox.clone());
    let mut replies = connection.permitted(&what, subscription).await?;
    let request = client.publish_with_reply(resync_subject(service), inbox, "".into());
    connection.permitted(&what, request).await?;
    let mut progress = Progress::new("seconds", None);
    loop {
        let reply = connection
            .allowed(tokio::time::timeout(IDLE_TIMEOUT, replies.next()))
            .await?;
        let Ok(Some(reply)) = reply else {
            let seconds = IDLE_TIMEOUT.as_secs();
            return Err(Failure::Connection(format!(
                "{service} has sent no progress for {seconds} seconds; the request can be repeated"
            )));
        };
        if reply.status == Some(async_nats::StatusCode::NO_RESPONDERS) {
            return Err(Failure::Connection(format!("no {service} service is running")));
        }
        match serde_json::from_slice(&reply.payload) {
            Ok(ResyncReply::Working { working_seconds }) => progress.at(working_seconds),
            Ok(ResyncReply::Done { events }) => return Ok(events),
            Ok(ResyncReply::Failed { error }) => return Err(Failure::Connection(error)),
            Err(error) => {
                return Err(Failure::connection(
                    &format!("the response of {service} cannot be read"),
                    &error,
                ));
            }
        }
    }
}
