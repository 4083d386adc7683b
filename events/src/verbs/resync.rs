//! `events resync`: asks a running service to publish the state of all it owns again.

use std::time::Duration;

use common::event::{
    ResyncReply, resync_subject,
    topology::{SERVICES, ServiceSpec},
};
use futures::StreamExt as _;
use serde::Serialize;

use crate::{connection::Connection, failure::Failure, progress::Progress, session::Session};

/// Ask a running service to publish the present state of everything it owns again
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service, e.g. `posts`
    service: String,
}

/// A service that has taken the request says so every second.
const SILENCE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Resynced<'a> {
    service: &'a str,
    events: u64,
}

/// Asks, and waits until it is done. Consumers that have seen all bear it: they ignore what is not newer.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let service = &args.service;
    let owners = || SERVICES.iter().filter(|spec| spec.resync_subject().is_some());
    if !owners().any(|spec| spec.name == service) {
        let names: Vec<&str> = owners().map(|spec: &ServiceSpec| spec.name).collect();
        let names = names.join(", ");
        return Err(Failure::NotFound(format!(
            "no service `{service}` owns anything; there are {names}"
        )));
    }
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let events = connection.allowed(ask(&connection, service)).await.flatten()?;
    let resynced = Resynced { service, events };
    output.document(&resynced, |_| format!("{service}: {events} events published\n"))?;
    output.finish()
}

async fn ask(connection: &Connection, service: &str) -> Result<u64, Failure> {
    let what = format!("{service} cannot be asked");
    let client = &connection.client;
    let inbox = client.new_inbox();
    let subscription = client.subscribe(inbox.clone());
    let mut replies = connection.permitted(&what, subscription).await?;
    let request = client.publish_with_reply(resync_subject(service), inbox, "".into());
    connection.permitted(&what, request).await?;
    let mut progress = Progress::new("seconds", None);
    loop {
        let reply = connection
            .allowed(tokio::time::timeout(SILENCE, replies.next()))
            .await?;
        let Ok(Some(reply)) = reply else {
            let silence = SILENCE.as_secs();
            return Err(Failure::Connection(format!(
                "{service} has said nothing for {silence} seconds; asking again does no harm"
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
                    &format!("{service} answered what cannot be read"),
                    &error,
                ));
            }
        }
    }
}
