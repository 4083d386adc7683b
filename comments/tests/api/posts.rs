//! Which posts accept comments, and requests that wait for a post.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use comments::{
    NAME,
    commands::{Commands, CreateRequest, POST_TIMEOUT},
    domain::{Actor, CommentError, PostReplica, ReviewMode},
    live::PostVersions,
};
use common::{api::comments::CreateComment, event::PostStatus, ids::PostId};
use futures::future::join_all;
use mongodb::{
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use runtime::{
    http::ClientAddr,
    relay::Relay,
    store::{Cause, CommandError, Storage},
    telemetry::metrics_handle,
};
use serde_json::json;
use testkit::{Client, Response};

use crate::fixture::{Fixture, Post, publish, start};

async fn comment_with(client: &Client, post: PostId, header: (&str, String)) -> Response {
    let request = client.post("/api/comments").header(header.0, header.1);
    request
        .json(&json!({ "post_id": post, "body": "first!" }))
        .send()
        .await
}

#[tokio::test]
async fn only_a_published_post_accepts_comments() {
    let fixture = Fixture::start().await;
    let post = Post::new();

    fixture.publish_post(&post, 1, PostStatus::Draft).await;
    fixture.stored(&post, 1).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");

    fixture.publish_post(&post, 2, PostStatus::Published).await;
    fixture.stored(&post, 2).await;
    fixture.comment(&fixture.ann, post.id, "x").await.expect(201);

    fixture.publish_post(&post, 3, PostStatus::Draft).await;
    fixture.stored(&post, 3).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");

    fixture.publish_post(&post, 4, PostStatus::Deleted).await;
    fixture.stored(&post, 4).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(410, "gone");
    assert_eq!(fixture.events().await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn an_unknown_post_is_rejected_at_once_without_a_token_and_waited_for_with_one() {
    let fixture = Fixture::start().await;
    let post = Post::new();

    let metrics = metrics_handle();
    let has_waited = || metrics.render().contains("version_waits_total{");
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");
    let ann = fixture.client(&fixture.ann);
    let of_another = comment_with(&ann, post.id, ("consistency-token", Post::new().token(1))).await;
    of_another.refused(404, "not_found");
    assert!(!has_waited());

    let started = Instant::now();
    let response = comment_with(&ann, post.id, ("consistency-token", post.token(1))).await;
    response.refused(404, "not_found");
    let waited = started.elapsed();
    assert!(waited >= POST_TIMEOUT && has_waited(), "{waited:?}");
    fixture.finish().await;
}

#[tokio::test]
async fn a_comment_waits_until_its_post_arrives() {
    let fixture = Fixture::start().await;
    for header in ["consistency-token", "cookie"] {
        let post = Post::new();
        let value = match header {
            "cookie" => format!("consistency={}", post.token(2)),
            _ => post.token(2),
        };
        let ann = fixture.client(&fixture.ann);
        let started = Instant::now();
        let (waiting_client, post_id) = (ann.clone(), post.id);
        let waiting =
            tokio::spawn(async move { comment_with(&waiting_client, post_id, (header, value)).await });
        // Known, but not in the version of the token.
        fixture.publish_post(&post, 1, PostStatus::Draft).await;
        fixture.stored(&post, 1).await;
        fixture
            .comment(&fixture.ann, post.id, "x")
            .await
            .refused(404, "not_found");
        assert!(!waiting.is_finished());

        fixture.publish_post(&post, 2, PostStatus::Published).await;

        waiting.await.unwrap().expect(201);
        assert!(started.elapsed() < POST_TIMEOUT, "{:?}", started.elapsed());
    }
    fixture.finish().await;
}

#[tokio::test]
async fn a_public_post_accepts_comments_though_its_newest_version_does_not_arrive() {
    let fixture = Fixture::start().await;
    let post = Post::new();
    fixture.publish_post(&post, 1, PostStatus::Published).await;
    fixture.stored(&post, 1).await;
    let ann = fixture.client(&fixture.ann);
    let response = comment_with(&ann, post.id, ("consistency-token", post.token(9))).await;
    response.expect(201);
    fixture.finish().await;
}

/// Starts a request that waits for `post`, which another replica of the service then stores: it writes the database, and
/// notifies this one only by a note, if `notifies`. Returns how long the request has waited.
async fn stored_by_another_replica(fixture: &Fixture, notifies: bool) -> Duration {
    let post = Post::new();
    let (ann, id, token) = (fixture.client(&fixture.ann), post.id, post.token(1));
    let started = Instant::now();
    let waiting = tokio::spawn(async move { comment_with(&ann, id, ("consistency-token", token)).await });
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");
    assert!(!waiting.is_finished());
    let published = PostReplica {
        id: post.id,
        version: 1,
        status: PostStatus::Published,
        author_id: post.author_id,
    };
    fixture.posts().apply(&published).await.unwrap();
    if notifies {
        PostVersions::new(fixture.bus.clone()).announce(post.id, 1).await;
    }
    waiting.await.unwrap().expect(201);
    started.elapsed()
}

#[tokio::test]
async fn a_request_waits_for_a_post_that_another_replica_stores_and_a_lost_note_only_delays_it() {
    let fixture = Fixture::start().await;
    let waited = stored_by_another_replica(&fixture, true).await;
    assert!(waited < POST_TIMEOUT, "{waited:?}");
    let waited = stored_by_another_replica(&fixture, false).await;
    assert!(waited >= POST_TIMEOUT, "{waited:?}");
    fixture.finish().await;
}

#[tokio::test]
async fn waiting_for_a_version_that_never_arrives_reads_the_database_at_most_four_times() {
    let fixture = Fixture::start().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let mut options = ClientOptions::parse(fixture.database.uri()).await.unwrap();
    let counted = Arc::clone(&reads);
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(event) = event
            && event
                .command
                .get_str("find")
                .is_ok_and(|name| name == "post_replicas")
        {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let client = mongodb::Client::with_options(options).unwrap();
    let database = client.database(fixture.database.name());
    let (relay, _) = Relay::new(database.clone(), &[], fixture.bus.clone());
    let commands = Commands::new(
        &Storage::new(database, NAME, relay, None),
        PostVersions::new(fixture.bus.clone()),
        ReviewMode::AutoApprove,
    );
    let request = CreateRequest {
        comment: CreateComment {
            post_id: PostId::generate(),
            parent_id: None,
            body: "first!".to_owned(),
        },
        idempotency_key: None,
        post_version: Some(7),
        client: ClientAddr(Ipv4Addr::LOCALHOST.into()),
    };
    let author = Actor {
        id: fixture.ann.id,
        is_moderator: false,
    };
    let started = Instant::now();
    let refused = commands
        .create(author, request, &Cause::service(NAME, "test"))
        .await;

    assert!(
        matches!(refused, Err(CommandError::Domain(CommentError::UnknownPost))),
        "{refused:?}"
    );
    assert!(started.elapsed() >= POST_TIMEOUT, "{:?}", started.elapsed());
    let reads = reads.load(Ordering::Relaxed);
    assert!((2..=4).contains(&reads), "{reads} reads");
    fixture.finish().await;
}

#[tokio::test]
async fn either_replica_of_the_service_may_receive_the_post() {
    let fixture = Fixture::start().await;
    let other = start(&fixture.nats, &fixture.database, true).await;
    let [one, two] =
        [&fixture.running, &other].map(|running| running.client().with_token(&fixture.ann.token));

    // JetStream delivers each event to one of the two, so one request is woken by a note.
    for _ in 0..4 {
        let post = Post::new();
        let comment = async |client| {
            let started = Instant::now();
            let header = ("consistency-token", post.token(1));
            comment_with(client, post.id, header).await.expect(201);
            started.elapsed()
        };
        let published = publish(&fixture.bus, post.event(PostStatus::Published), 1);
        let (first, second, _) = tokio::join!(comment(&one), comment(&two), published);
        assert!(first.max(second) < POST_TIMEOUT, "{first:?}, {second:?}");
    }
    other.finish().await;
    fixture.finish().await;
}

const HISTORY: [PostStatus; 4] = [
    PostStatus::Draft,
    PostStatus::Published,
    PostStatus::Draft,
    PostStatus::Deleted,
];

fn permutations(items: &[u64]) -> Vec<Vec<u64>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |index: usize| {
        let rest = [&items[..index], &items[index + 1..]].concat();
        let first = items[index];
        permutations(&rest)
            .into_iter()
            .map(move |rest| [vec![first], rest].concat())
    };
    (0..items.len()).flat_map(with_first).collect()
}

#[tokio::test]
async fn any_order_of_a_posts_events_results_in_the_same_replica() {
    let fixture = Fixture::start().await;
    let replica = fixture.posts();
    let at = |post: &Post, version: u64| PostReplica {
        id: post.id,
        version,
        status: HISTORY[usize::try_from(version - 1).unwrap()],
        author_id: post.author_id,
    };
    let orders = permutations(&[1, 2, 3, 4]);
    assert_eq!(orders.len(), 24);
    for order in orders {
        let post = Post::new();
        let mut newest = 0;
        for version in &order {
            // Each twice, and the first one again.
            for version in [*version, *version, order[0]] {
                replica.apply(&at(&post, version)).await.unwrap();
                newest = newest.max(version);
                assert_eq!(
                    replica.find(post.id).await.unwrap(),
                    Some(at(&post, newest)),
                    "{order:?}"
                );
            }
        }
        let concurrent = Post::new();
        let twice = order
            .iter()
            .chain(&order)
            .map(|version| at(&concurrent, *version));
        let results = join_all(twice.map(async |post| replica.apply(&post).await)).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(
            replica.find(concurrent.id).await.unwrap(),
            Some(at(&concurrent, 4)),
            "{order:?} concurrently"
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn events_reordered_and_repeated_in_the_log_result_in_the_newest_state() {
    let fixture = Fixture::start().await;
    let posts: Vec<Post> = (0..8).map(|_| Post::new()).collect();
    let orders = permutations(&[1, 2, 3, 4]);
    for step in 0..8 {
        for (index, post) in posts.iter().enumerate() {
            // Each post in another order, all events twice.
            let version = orders[index * 3][step % 4];
            let status = HISTORY[usize::try_from(version - 1).unwrap()];
            fixture.publish_post(post, version, status).await;
        }
    }
    fixture.running.settled().await;
    for post in &posts {
        let known = fixture.posts().find(post.id).await.unwrap().unwrap();
        assert_eq!((known.version, known.status), (4, PostStatus::Deleted));
        assert_eq!(known.author_id, post.author_id);
    }
    fixture.finish().await;
}
