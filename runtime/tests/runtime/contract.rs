//! The store, relay and reader together comply with the event contract.

use common::event::{Event, FollowFact, Timestamp};

use crate::fixture::Fixture;

#[tokio::test]
async fn what_was_committed_is_what_is_read() {
    let fixture = Fixture::start().await;
    let before = Timestamp::now();
    let stored = fixture.create().await;

    let entry = fixture.log(1).await.remove(0);

    assert_eq!(entry.sequence, 1);
    assert_eq!(entry.event.type_name, "blog.follow.followed.v1");
    let Event::Follow(FollowFact::Followed, state) = &entry.event.event else {
        panic!("{entry:?}")
    };
    assert_eq!((state.follower_id, state.active), (stored.state.follower, true));
    let envelope = &entry.event.envelope;
    assert_eq!(
        (envelope.service.as_str(), envelope.actor.as_str()),
        ("auth", "service:auth")
    );
    assert_eq!(
        (envelope.aggregate_version, envelope.correlation_id.as_str()),
        (1, "test")
    );
    assert!(envelope.time >= before && envelope.time <= entry.stored_at);
    assert_eq!(stored.token().to_string(), format!("follow:{}@1", stored.id));
    fixture.finish().await;
}
