//! Following and unfollowing.

use common::{
    event::{Event, FollowFact},
    ids::UserId,
};
use futures::future::join_all;
use testkit::Response;

use crate::fixture::{Fixture, TestUser};

async fn follow(user: &TestUser, id: UserId) -> Response {
    user.client.put(&format!("/api/users/{id}/follow")).send().await
}

async fn unfollow(user: &TestUser, id: UserId) -> Response {
    user.client
        .delete(&format!("/api/users/{id}/follow"))
        .send()
        .await
}

#[tokio::test]
async fn following_and_unfollowing_are_idempotent() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.sign_up("ann").await, fixture.sign_up("bob").await);
    let token = |version| format!("follow:{}:{}@{version}", ann.id, bob.id);

    let never = unfollow(&ann, bob.id).await;
    never.expect(204);
    assert_eq!(never.consistency_token(), "");
    for (answer, version) in [
        (follow(&ann, bob.id).await, 1),
        (follow(&ann, bob.id).await, 1),
        (unfollow(&ann, bob.id).await, 2),
        (unfollow(&ann, bob.id).await, 2),
        (follow(&ann, bob.id).await, 3),
    ] {
        answer.expect(204);
        assert_eq!(answer.consistency_token(), token(version));
    }
    let facts: Vec<_> = fixture
        .log(5)
        .await
        .into_iter()
        .filter_map(|entry| match entry.event.event {
            Event::Follow(fact, state) => Some((fact, state.active, state.follower_id)),
            _ => None,
        })
        .collect();
    let expected = [
        (FollowFact::Followed, true),
        (FollowFact::Unfollowed, false),
        (FollowFact::Followed, true),
    ];
    assert_eq!(facts, expected.map(|(fact, active)| (fact, active, ann.id)));
    fixture.finish().await;
}

#[tokio::test]
async fn following_oneself_an_unknown_user_or_without_signing_in_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    follow(&ann, ann.id)
        .await
        .refused_field(422, "invalid_value", "id");
    follow(&ann, UserId::generate()).await.refused(404, "not_found");
    ann.client
        .put("/api/users/nobody/follow")
        .send()
        .await
        .refused(404, "not_found");
    let path = format!("/api/users/{}/follow", ann.id);
    fixture
        .client()
        .put(&path)
        .send()
        .await
        .refused(401, "unauthenticated");
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_follows_create_one_follow() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.sign_up("ann").await, fixture.sign_up("bob").await);
    let answers = join_all((0..10).map(|_| follow(&ann, bob.id))).await;
    assert!(answers.iter().all(|answer| answer.status == 204));
    fixture.running.settled().await;
    fixture.log(3).await;
    fixture.finish().await;
}
