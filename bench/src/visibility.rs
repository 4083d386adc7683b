//! The time from the POST of a comment until it is public, through the whole platform: comments writes, its relay publishes,
//! moderation decides and writes, its relay publishes, comments approves and writes, its relay publishes, query projects.
//! The reference is one bare publish, consume and write on the same two servers.
//!
//! A comment is public when a read with the approval in its `Consistency-Token` returns: it waits for just that, so the
//! measurement adds one request and no polling.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use async_nats::jetstream::{self, consumer::pull};
use futures::StreamExt as _;
use serde_json::json;
use testkit::{Client, DatabaseServer, TestDatabase};
use tests::{Stack, User};

/// The claim, for an idle machine with two cores.
const LIMIT: Duration = Duration::from_millis(50);
/// Comments before the measurement, and measured comments.
const WARM: usize = 50;
const MEASURED: usize = 500;
const STREAM: &str = "BARE";

pub(crate) async fn run() -> anyhow::Result<()> {
    let server = DatabaseServer::start().await;
    let stack = Stack::start_with(|service| TestDatabase::on(&server.uri(), service)).await;
    let mut ann = stack.sign_up("ann").await;
    let post = ann.publish("What everybody has an opinion on").await;
    ann.wait_for_post(&post).await;
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    let commenter = Commenter::new(&stack, &ann, post);
    let mut trip = RoundTrip::new(&stack, TestDatabase::on(&server.uri(), "bare")).await?;
    for number in 0..WARM + MEASURED {
        let (reference, visible) = (trip.once(number).await?, commenter.comment(number).await?);
        if number >= WARM {
            bare.push(reference);
            whole.push(visible);
        }
    }
    stack.finish().await;
    drop(server);
    print_times("publish, consume, write", &mut bare);
    print_times("comment to visible", &mut whole);
    let p99 = quantile(&whole, 0.99);
    ensure!(p99 < LIMIT, "the 99th percentile is {p99:?}, not under {LIMIT:?}");
    Ok(())
}

/// Posts comments and reads them at once.
struct Commenter {
    comments: Client,
    query: Client,
    post: String,
}

impl Commenter {
    fn new(stack: &Stack, user: &User, post: String) -> Self {
        Self {
            comments: stack.gateway().client("/api/comments").with_token(&user.token),
            query: stack.gateway().client("/api/query"),
            post,
        }
    }

    /// The time from the request to the response with the comment.
    async fn comment(&self, number: usize) -> anyhow::Result<Duration> {
        let body =
            json!({ "post_id": self.post, "body": format!("Thought number {number}, and a *calm* one.") });
        let read = format!("/api/query/posts/{}/comments?limit=1", self.post);
        let began = Instant::now();
        let posted = self
            .comments
            .post("/api/comments")
            .json(&body)
            .send()
            .await
            .expect(201);
        let id = posted["id"].as_str().context("a comment has an id")?;
        // The first version is the pending comment, the second its approval.
        let token = format!("comment:{id}@2");
        let seen = self
            .query
            .get(&read)
            .header("consistency-token", &token)
            .send()
            .await;
        let took = began.elapsed();
        ensure!(
            seen.header("stale").is_empty(),
            "the read side did not contain {token} in time"
        );
        let own = self
            .comments
            .get(&format!("/api/comments/{id}"))
            .send()
            .await
            .expect(200);
        ensure!(own["status"] == "approved", "the comment is {}", own["status"]);
        Ok(took)
    }
}

/// The minimal cost of an event on these servers.
struct RoundTrip {
    jetstream: jetstream::Context,
    messages: pull::Stream,
    written: mongodb::Collection<mongodb::bson::Document>,
    _database: TestDatabase,
}

impl RoundTrip {
    async fn new(stack: &Stack, database: TestDatabase) -> anyhow::Result<Self> {
        let jetstream = stack.nats.connect("test").await.jetstream().clone();
        let stream = jetstream
            .create_stream(jetstream::stream::Config {
                name: STREAM.to_owned(),
                subjects: vec!["bare.>".to_owned()],
                ..Default::default()
            })
            .await?;
        let consumer = stream
            .create_consumer(pull::Config {
                durable_name: Some("bare".to_owned()),
                ..Default::default()
            })
            .await?;
        let written = database.connect().await.collection("written");
        Ok(Self {
            jetstream,
            messages: consumer.messages().await?,
            written,
            _database: database,
        })
    }

    async fn once(&mut self, number: usize) -> anyhow::Result<Duration> {
        let body = vec![b'x'; 800];
        let began = Instant::now();
        self.jetstream
            .publish(format!("bare.{number}"), body.into())
            .await?
            .await?;
        let message = self.messages.next().await.context("the consumer ended")??;
        let number = i64::try_from(number)?;
        self.written
            .insert_one(mongodb::bson::doc! { "_id": number, "text": "x".repeat(800) })
            .await?;
        let took = began.elapsed();
        message.ack().await.map_err(|error| anyhow::anyhow!(error))?;
        Ok(took)
    }
}

fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at]
}

#[allow(clippy::print_stdout, reason = "the result")]
fn print_times(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let millis = |share| quantile(times, share).as_secs_f64() * 1000.0;
    println!(
        "{what:<28} p50 {:>6.2} ms   p90 {:>6.2} ms   p99 {:>6.2} ms   max {:>6.2} ms   of {}",
        millis(0.5),
        millis(0.9),
        millis(0.99),
        millis(1.0),
        times.len()
    );
}
