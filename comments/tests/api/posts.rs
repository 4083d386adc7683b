//! Which posts take comments, and waiting for those that are on their way.

use std::time::{Duration, Instant};

use comments::{commands::POST_PATIENCE, config::CommentsSettings, domain::PostReplica};
use common::{event::PostStatus, ids::PostId};
use futures::future::join_all;
use serde_json::json;
use testkit::{Client, Response, RunningService};

use crate::fixture::{Fixture, Post, publish};

async fn comment_with(client: &Client, post: PostId, header: (&str, String)) -> Response {
    let request = client.post("/api/comments").header(header.0, header.1);
    request
        .json(&json!({ "post_id": post, "body": "first!" }))
        .send()
        .await
}

#[tokio::test]
async fn only_a_published_post_takes_comments() {
    let fixture = Fixture::start().await;
    let post = Post::new();

    fixture.tell(&post, 1, PostStatus::Draft).await;
    fixture.knows(&post, 1).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");

    fixture.tell(&post, 2, PostStatus::Published).await;
    fixture.knows(&post, 2).await;
    fixture.comment(&fixture.ann, post.id, "x").await.expect(201);

    fixture.tell(&post, 3, PostStatus::Draft).await;
    fixture.knows(&post, 3).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");

    fixture.tell(&post, 4, PostStatus::Deleted).await;
    fixture.knows(&post, 4).await;
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(410, "gone");
    assert_eq!(fixture.events().await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn an_unknown_post_is_refused_at_once_without_a_token_and_waited_for_with_one() {
    let fixture = Fixture::start().await;
    let post = Post::new();

    let started = Instant::now();
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");
    let ann = fixture.client(&fixture.ann);
    let of_another = comment_with(&ann, post.id, ("consistency-token", Post::new().token(1))).await;
    of_another.refused(404, "not_found");
    assert!(
        started.elapsed() < Duration::from_millis(1500),
        "{:?}",
        started.elapsed()
    );

    let started = Instant::now();
    let answer = comment_with(&ann, post.id, ("consistency-token", post.token(1))).await;
    answer.refused(404, "not_found");
    let waited = started.elapsed();
    assert!(
        waited >= POST_PATIENCE && waited < Duration::from_secs(4),
        "{waited:?}"
    );
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
        let (ann_waits, post_id) = (ann.clone(), post.id);
        let waiting = tokio::spawn(async move { comment_with(&ann_waits, post_id, (header, value)).await });
        // Known, but not yet as the token says.
        fixture.tell(&post, 1, PostStatus::Draft).await;
        fixture.knows(&post, 1).await;
        fixture
            .comment(&fixture.ann, post.id, "x")
            .await
            .refused(404, "not_found");
        assert!(!waiting.is_finished());

        fixture.tell(&post, 2, PostStatus::Published).await;

        waiting.await.unwrap().expect(201);
        assert!(started.elapsed() < POST_PATIENCE, "{:?}", started.elapsed());
    }
    fixture.finish().await;
}

#[tokio::test]
async fn a_public_post_takes_comments_though_its_newest_version_does_not_come() {
    let fixture = Fixture::start().await;
    let post = Post::new();
    fixture.tell(&post, 1, PostStatus::Published).await;
    fixture.knows(&post, 1).await;
    let ann = fixture.client(&fixture.ann);
    let answer = comment_with(&ann, post.id, ("consistency-token", post.token(9))).await;
    answer.expect(201);
    fixture.finish().await;
}

#[tokio::test]
async fn a_comment_finds_a_post_that_another_replica_of_the_service_heard_of() {
    let fixture = Fixture::start().await;
    let post = Post::new();
    let (ann, id, token) = (fixture.client(&fixture.ann), post.id, post.token(1));
    let started = Instant::now();
    let waiting = tokio::spawn(async move { comment_with(&ann, id, ("consistency-token", token)).await });
    fixture
        .comment(&fixture.ann, post.id, "x")
        .await
        .refused(404, "not_found");
    assert!(!waiting.is_finished());

    // As the other one would: into the database, and nobody here is told.
    let published = PostReplica {
        id: post.id,
        version: 1,
        status: PostStatus::Published,
        author_id: post.author_id,
    };
    fixture.replica().apply(&published).await.unwrap();

    waiting.await.unwrap().expect(201);
    assert!(started.elapsed() < POST_PATIENCE, "{:?}", started.elapsed());
    fixture.finish().await;
}

#[tokio::test]
async fn it_does_not_matter_which_replica_of_the_service_hears_of_the_post() {
    let fixture = Fixture::start().await;
    let own = CommentsSettings { auto_approve: true };
    let other = RunningService::start(comments::service(), &fixture.nats, &fixture.database, own).await;
    let clients = [&fixture.running, &other].map(|running| running.client().with_token(&fixture.ann.token));

    // JetStream gives each event to one of the two; over so many, both get some.
    let requests = (0..30).map(|n| {
        let client = &clients[n % 2];
        let post = Post::new();
        let bus = &fixture.bus;
        async move {
            let header = ("consistency-token", post.token(1));
            let told = publish(bus, post.event(PostStatus::Published), 1);
            tokio::join!(comment_with(client, post.id, header), told).0
        }
    });
    let started = Instant::now();
    for answer in join_all(requests).await {
        answer.expect(201);
    }
    assert!(started.elapsed() < POST_PATIENCE, "{:?}", started.elapsed());
    other.finish().await;
    fixture.finish().await;
}

const STORY: [PostStatus; 4] = [
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
async fn any_order_of_a_post_s_events_gives_the_same_replica() {
    let fixture = Fixture::start().await;
    let replica = fixture.replica();
    let at = |post: &Post, version: u64| PostReplica {
        id: post.id,
        version,
        status: STORY[usize::try_from(version - 1).unwrap()],
        author_id: post.author_id,
    };
    let orders = permutations(&[1, 2, 3, 4]);
    assert_eq!(orders.len(), 24);
    for order in orders {
        let post = Post::new();
        let mut newest = 0;
        for version in &order {
            // Twice each, and the first one once more.
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
        let at_once = Post::new();
        let twice = order.iter().chain(&order).map(|version| at(&at_once, *version));
        let results = join_all(twice.map(async |post| replica.apply(&post).await)).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(
            replica.find(at_once.id).await.unwrap(),
            Some(at(&at_once, 4)),
            "{order:?} at once"
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn events_reordered_and_doubled_in_the_log_give_the_newest_state() {
    let fixture = Fixture::start().await;
    let posts: Vec<Post> = (0..8).map(|_| Post::new()).collect();
    let orders = permutations(&[1, 2, 3, 4]);
    for step in 0..8 {
        for (index, post) in posts.iter().enumerate() {
            // Each post in another order, all of it twice.
            let version = orders[index * 3][step % 4];
            let status = STORY[usize::try_from(version - 1).unwrap()];
            fixture.tell(post, version, status).await;
        }
    }
    fixture.running.settled().await;
    for post in &posts {
        let known = fixture.replica().find(post.id).await.unwrap().unwrap();
        assert_eq!((known.version, known.status), (4, PostStatus::Deleted));
        assert_eq!(known.author_id, post.author_id);
    }
    fixture.finish().await;
}
