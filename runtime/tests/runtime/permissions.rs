//! Least privilege on a real server: what each account must do it can, and all else is refused.
//!
//! The tests of the services run with these permissions too.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_nats::{ConnectOptions, Event as ClientEvent};
use common::event::{
    Event, Received, examples,
    permissions::{accounts, inbox_prefix, permissions},
    topology::{BUCKETS, CHECKPOINTS_BUCKET, COMMENTS_POSTS, SERVICES, STREAMS, TRIALS_BUCKET},
};
use futures::StreamExt as _;
use runtime::bus::{Bus, Checkpoint, DEAD_LETTER_STREAM, HandlerError, LogReader, Reactor};
use testkit::{NatsServer, eventually, eventually_ok};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A client with the account's key that consumes what the server refuses.
async fn client(nats: &NatsServer, account: &str) -> (async_nats::Client, mpsc::Receiver<String>) {
    let (sender, refusals) = mpsc::channel(10_000);
    let options = ConnectOptions::new()
        .nkey(nats.seed(account).unwrap().expose().to_owned())
        .custom_inbox_prefix(inbox_prefix(account))
        .event_callback(move |event| {
            let sender = sender.clone();
            async move {
                if let ClientEvent::ServerError(error) = event {
                    sender.try_send(error.to_string()).unwrap();
                }
            }
        });
    (options.connect(nats.url()).await.unwrap(), refusals)
}

/// Subjects that stand for all that anybody may or might publish.
fn subjects() -> BTreeSet<String> {
    let mut subjects = BTreeSet::new();
    for account in accounts() {
        let granted = permissions(account).unwrap();
        for pattern in granted.publish_allow.iter().chain(&granted.publish_deny) {
            subjects.insert(pattern.replace('*', "some").replace('>', "any.thing"));
        }
    }
    let streams = STREAMS.iter().map(|stream| stream.name.to_owned());
    let buckets = BUCKETS.iter().map(|bucket| format!("KV_{}", bucket.name));
    for stream in streams.chain(buckets) {
        for verb in [
            "CREATE",
            "UPDATE",
            "DELETE",
            "PURGE",
            "RESTORE",
            "SNAPSHOT",
            "MSG.GET",
            "MSG.DELETE",
            "LEADER.STEPDOWN",
        ] {
            subjects.insert(format!("$JS.API.STREAM.{verb}.{stream}"));
        }
        let consumers = SERVICES.iter().flat_map(|service| service.consumers);
        for name in consumers.map(|consumer| consumer.name).chain(["some"]) {
            for verb in [
                "CREATE",
                "DURABLE.CREATE",
                "DELETE",
                "INFO",
                "MSG.NEXT",
                "PAUSE",
                "RESET",
                "UNPIN",
            ] {
                subjects.insert(format!("$JS.API.CONSUMER.{verb}.{stream}.{name}"));
            }
            subjects.insert(format!("$JS.ACK.{stream}.{name}.1.1.1.1.0"));
            subjects.insert(format!("$JS.ACK._.account.{stream}.{name}.1.1.1.1.0.token"));
        }
    }
    for other in [
        "blog.live.posts",
        "blog.live.query",
        "blog.evt.post.1.pinned",
        "blog.evt.x",
        "_INBOX_auth.1",
        "$SYS.REQ",
    ] {
        subjects.insert(other.to_owned());
    }
    subjects
}

#[tokio::test]
async fn the_server_lets_through_exactly_what_is_granted() {
    // Without streams, so that what is let through does nothing.
    let nats = NatsServer::start_empty().await;
    for account in accounts() {
        let granted = permissions(account).unwrap();
        let (client, mut refusals) = client(&nats, account).await;
        // One after the other: the client drops news of refusals when there are many at once.
        for subject in subjects().iter().filter(|subject| !granted.may_publish(subject)) {
            client.publish(subject.clone(), "".into()).await.unwrap();
            client.flush().await.unwrap();
            let refusal = refusals.recv().await.unwrap();
            let expected = format!("publish to \"{subject}\"").to_lowercase();
            assert!(
                refusal.to_lowercase().contains(&expected),
                "{account}: {refusal}, not {subject}"
            );
        }
        for subject in subjects()
            .into_iter()
            .filter(|subject| granted.may_publish(subject))
        {
            client.publish(subject, "".into()).await.unwrap();
        }
        // The server responds in order, so its refusals are known now.
        client.flush().await.unwrap();
        let _ = client.subscribe("not.permitted").await.unwrap();
        client.flush().await.unwrap();
        let last = refusals.recv().await.unwrap();
        assert!(last.contains("not.permitted"), "{account}: {last}");
    }
}

#[tokio::test]
async fn nobody_hears_the_log_or_others_answers_behind_the_server_s_back() {
    let nats = NatsServer::start_empty().await;
    for account in accounts() {
        let (client, mut refusals) = client(&nats, account).await;
        for subject in [
            "blog.evt.>",
            "blog.>",
            ">",
            "_INBOX.>",
            "_INBOX_somebody.>",
            "blog.dlq.>",
            "$JS.>",
            "$KV.>",
        ] {
            let _subscription = client.subscribe(subject).await.unwrap();
            client.flush().await.unwrap();
            let refusal = refusals.recv().await.unwrap();
            assert!(refusal.contains(subject), "{account}: {refusal}");
        }
        let _own = client
            .subscribe(format!("{}.x", inbox_prefix(account)))
            .await
            .unwrap();
        client.flush().await.unwrap();
        assert!(refusals.try_recv().is_err(), "{account}");
    }
}

/// Starts the consumer [`COMMENTS_POSTS`]; returns how many events were handled.
fn consume(bus: Bus, stop: &CancellationToken) -> (Arc<AtomicU32>, JoinHandle<()>) {
    let handled = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&handled);
    let reactor = Reactor::new(bus, COMMENTS_POSTS, move |_: Arc<Received>| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok::<(), HandlerError>(()) }
    });
    let stop = stop.clone();
    (handled, tokio::spawn(async move { reactor.run(stop).await }))
}

/// Puts an event of a post and a broken one into the log.
async fn publish_two(bus: &Bus) {
    let event_type = common::event::event_type("blog.post.published.v1").unwrap();
    let message = examples::message(event_type).unwrap().unwrap();
    let mut headers = async_nats::HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    eventually_ok("the log takes an event", async || {
        let sent = bus.jetstream().publish_with_headers(
            message.subject.clone(),
            headers.clone(),
            message.payload.clone(),
        );
        sent.await?.await
    })
    .await;
    let broken = bus
        .jetstream()
        .publish("blog.evt.post.1.published", "broken".into());
    broken.await.unwrap().await.unwrap();
}

async fn dead_letter_of(bus: &Bus, reader: &str) {
    let subject = format!("blog.dlq.{reader}");
    eventually("the dead letter is filed", async || {
        let stream = bus.jetstream().get_stream(DEAD_LETTER_STREAM).await.ok()?;
        stream.get_last_raw_message_by_subject(&subject).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_service_can_make_and_read_its_durable_consumer_and_file_dead_letters() {
    let nats = NatsServer::start().await;
    let anyone = nats.connect("test").await;
    publish_two(&anyone).await;
    let stop = CancellationToken::new();
    let (handled, task) = consume(nats.connect_as("comments").await, &stop);

    eventually("the event is handled", async || {
        (handled.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
    dead_letter_of(&anyone, COMMENTS_POSTS.name).await;
    // Both forms of acknowledgement are granted, and this server uses one of them.
    eventually("both are acknowledged", async || {
        let stream = anyone.jetstream().get_stream("BLOG").await.ok()?;
        let info = stream.consumer_info(COMMENTS_POSTS.name).await.ok()?;
        (info.num_ack_pending == 0 && info.num_pending == 0).then_some(())
    })
    .await;
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn every_service_can_watch_the_buckets_and_only_their_writer_write_them() {
    let nats = NatsServer::start().await;
    let auth = nats.connect_as("auth").await;
    for bucket in BUCKETS.iter().filter(|bucket| bucket.is_watched()) {
        let written = eventually_ok("the bucket opens", async || {
            auth.jetstream().get_key_value(bucket.name).await
        })
        .await;
        let mut revision = written.put("key", "value".into()).await.unwrap();
        assert_eq!(written.get("key").await.unwrap().unwrap(), "value");
        for service in SERVICES {
            let bus = nats.connect_as(service.name).await;
            let read = eventually_ok("the bucket opens", async || {
                bus.jetstream().get_key_value(bucket.name).await
            })
            .await;
            let mut watch = read.watch_with_history(">").await.unwrap();
            assert_eq!(watch.next().await.unwrap().unwrap().revision, revision);
            revision = written.put("key", "another".into()).await.unwrap();
            assert_eq!(watch.next().await.unwrap().unwrap().revision, revision);
        }
        written.delete("key").await.unwrap();
        assert_eq!(written.get("key").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_service_can_record_trials_of_its_own_consumers() {
    let nats = NatsServer::start().await;
    let comments = nats.connect_as("comments").await;
    let bucket = eventually_ok("the bucket opens", async || {
        comments.jetstream().get_key_value(TRIALS_BUCKET).await
    })
    .await;
    let key = format!("{}.7-1790000000000000000", COMMENTS_POSTS.name);
    assert_eq!(bucket.get(&key).await.unwrap(), None);
    bucket.put(&key, "1".into()).await.unwrap();
    assert_eq!(bucket.get(&key).await.unwrap().unwrap(), "1");
    bucket.delete(&key).await.unwrap();
    assert_eq!(bucket.get(&key).await.unwrap(), None);
    for account in accounts().into_iter().filter(|account| *account != "comments") {
        let granted = permissions(account).unwrap();
        assert!(
            !granted.may_publish(&format!("$KV.{TRIALS_BUCKET}.{key}")),
            "{account}"
        );
    }
}

#[tokio::test]
async fn the_projection_may_report_its_checkpoint_and_the_viewer_may_read_it() {
    let nats = NatsServer::start().await;
    let subject = format!("$KV.{CHECKPOINTS_BUCKET}.query");
    let query = nats.connect_as("query").await;
    eventually_ok("the checkpoint is reported", async || {
        let sent = query.jetstream().publish(subject.clone(), "3".into()).await?;
        sent.await
    })
    .await;
    let viewer = nats.connect_as("viewer").await;
    let stream = format!("KV_{CHECKPOINTS_BUCKET}");
    let bucket = eventually_ok("the bucket opens", async || {
        viewer.jetstream().get_stream(&stream).await
    })
    .await;
    let checkpoint = bucket.direct_get_next_for_subject(format!("$KV.{CHECKPOINTS_BUCKET}.>"), Some(1));
    assert_eq!(checkpoint.await.unwrap().subject.as_str(), subject);
}

#[tokio::test]
async fn the_projection_can_read_the_log_in_order_and_go_on_after_an_outage() {
    let mut nats = NatsServer::start().await;
    let anyone = nats.connect("test").await;
    publish_two(&anyone).await;
    let bus = nats.connect_as("query").await;
    let mut reader = eventually_ok("the log opens", async || {
        LogReader::open(&bus, "query", &Checkpoint::default()).await
    })
    .await;
    let mut seen = Vec::new();
    while seen.is_empty() {
        seen.extend(reader.next_batch().await.unwrap().entries);
    }
    assert!(matches!(seen[0].event.event, Event::Post(..)));
    dead_letter_of(&anyone, "query").await;

    nats.restart().await;
    eventually_ok("the log takes another", async || {
        let sent = anyone
            .jetstream()
            .publish("blog.evt.post.2.published", "broken".into());
        sent.await?.await
    })
    .await;
    eventually("it is read", async || {
        if let Ok(batch) = reader.next_batch().await {
            return (batch.checkpoint.sequence == 3).then_some(());
        }
        let checkpoint = Checkpoint::default();
        reader = LogReader::open(&bus, "query", &checkpoint).await.ok()?;
        None
    })
    .await;
}

#[tokio::test]
async fn the_projection_cannot_take_what_is_others() {
    let nats = NatsServer::start().await;
    let stop = CancellationToken::new();
    let (_, task) = consume(nats.connect_as("comments").await, &stop);
    let anyone = nats.connect("test").await;
    eventually("the consumer is there", async || {
        let stream = anyone.jetstream().get_stream("BLOG").await.ok()?;
        stream.consumer_info(COMMENTS_POSTS.name).await.ok()
    })
    .await;

    // A request that could make a durable consumer by the way of the nameless.
    let (client, _refusals) = client(&nats, "query").await;
    let config = serde_json::json!({
        "stream_name": "BLOG",
        "config": { "durable_name": "comments-posts", "ack_policy": "none", "filter_subject": "blog.evt.nothing" },
    });
    let answer = client
        .request("$JS.API.CONSUMER.CREATE.BLOG", config.to_string().into())
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer["error"].is_object(), "{answer}");
    stop.cancel();
    task.await.unwrap();
}
