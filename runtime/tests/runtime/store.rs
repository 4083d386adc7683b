//! Commits: guarded, idempotent, bounded, and without loss of what a newer release has written.

use std::time::Duration;

use common::{error::ErrorCode, event::FollowFact};
use futures::future::join_all;
use mongodb::bson::doc;
use runtime::{
    error::ApiError,
    relay::{RelayError, resync},
    store::{Change, CommandError, Created, Index, Lease, StoreError, Stored, ensure_indexes},
};
use testkit::{TestDatabase, eventually};

use crate::fixture::{Fixture, Following, cause};

#[tokio::test]
async fn simultaneous_changes_are_all_counted() {
    let fixture = Fixture::start().await;
    let store = &fixture.store;
    let id = fixture.create().await.id;

    let results = join_all((0..10).map(|_| fixture.toggle(&id, None))).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let stored = store.load(&id).await.unwrap();
    assert_eq!((stored.version, stored.state.changes), (11, 10));
    fixture.finish().await;
}

#[tokio::test]
async fn of_two_changes_with_one_if_match_one_wins() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;

    let (first, second) = tokio::join!(fixture.toggle(&id, Some(1)), fixture.toggle(&id, Some(1)));

    let losers: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert!(
        matches!(
            losers.as_slice(),
            [CommandError::Store(StoreError::VersionMismatch { current: 2 })]
        ),
        "{losers:?}"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_repeated_creation_returns_the_first_result() {
    let fixture = Fixture::start().await;
    let following = Following::new();
    let create = async |request: &str| {
        fixture
            .store
            .create(
                following.clone().begin().with_request(Some(&request)).unwrap(),
                &cause(),
            )
            .await
    };

    let results = join_all((0..20).map(|_| create("follow"))).await;

    let news = results
        .iter()
        .filter(|result| matches!(result, Ok(Created::New(_))))
        .count();
    let repeats = results
        .iter()
        .filter(|result| matches!(result, Ok(Created::Existing(_))))
        .count();
    assert_eq!((news, repeats), (1, 19), "{results:?}");
    assert!(matches!(
        create("something else").await,
        Err(StoreError::IdempotencyKeyReused)
    ));
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_unique_index_that_refuses_is_named() {
    let fixture = Fixture::start().await;
    let index = Index::new("one_note", doc! { "state.note": 1 }).unique();
    ensure_indexes(fixture.store.collection(), [index]).await.unwrap();

    fixture.create().await;

    let refused = fixture.store.create(Following::new().begin(), &cause()).await;
    assert!(
        matches!(&refused, Err(StoreError::Duplicate { index }) if index == "one_note"),
        "{refused:?}"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn private_fields_change_in_the_same_write() {
    let fixture = Fixture::start().await;
    let store = &fixture.store;
    let new = Following::new()
        .begin()
        .with_private(doc! { "secret": { "mail": "a@example.org" } });
    let stored = store.create(new, &cause()).await.unwrap().into_stored();

    let change = stored
        .state
        .toggled()
        .with_private(doc! { "$unset": { "secret.mail": "" }, "$set": { "seen": true } });
    store.commit(&stored, change, &cause()).await.unwrap();

    let document = store
        .collection()
        .find_one(doc! { "_id": &stored.id })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(document.get_document("secret").unwrap(), &doc! {});
    assert!(document.get_bool("seen").unwrap());
    assert_eq!(document.get_i64("version").unwrap(), 2);
    fixture.finish().await;
}

#[tokio::test]
async fn simultaneous_commands_create_one_aggregate_and_are_all_counted() {
    let fixture = Fixture::start().await;
    let following = Following::new();
    let id = following.id();
    let toggle = async || {
        let decide = |prior: Option<&Stored<Following>>| {
            let change = match prior {
                Some(prior) => prior.state.toggled(),
                None => Change::new(following.clone(), FollowFact::Followed)
                    .with_private(doc! { "$set": { "first": true } }),
            };
            Ok::<_, StoreError>(Some(change))
        };
        fixture.store.create_or_update(&id, &cause(), decide).await
    };

    let results = join_all((0..10).map(|_| toggle())).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let stored = fixture.store.load(&id).await.unwrap();
    assert_eq!((stored.version, stored.state.changes), (10, 9));
    let with_private = doc! { "_id": &id, "first": true };
    assert!(
        fixture
            .store
            .collection()
            .find_one(with_private)
            .await
            .unwrap()
            .is_some()
    );
    fixture.log(10).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_command_that_decides_nothing_writes_nothing() {
    let fixture = Fixture::start().await;
    let decide = |_: Option<&Stored<Following>>| Ok::<_, StoreError>(None);

    let absent = fixture.store.create_or_update("absent", &cause(), decide).await;
    assert!(absent.unwrap().is_none());
    let stored = fixture.create().await;
    let unchanged = fixture.store.create_or_update(&stored.id, &cause(), decide).await;
    assert_eq!(unchanged.unwrap().unwrap().version, 1);
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_outbox_is_bounded_and_only_its_own_aggregate_waits() {
    let mut fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    fixture.outbox_is_empty().await;
    fixture.nats.stop();

    let mut accepted = 0;
    let refusal = loop {
        match fixture.toggle(&id, None).await {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(accepted, 64);
    assert!(
        matches!(refusal, CommandError::Store(StoreError::OutboxFull { .. })),
        "{refusal:?}"
    );
    fixture.create().await;

    fixture.nats.restart().await;
    fixture.outbox_is_empty().await;
    fixture
        .toggle(&id, None)
        .await
        .expect("it goes on once the bus is back");
    fixture.log(67).await;
    fixture.finish().await;
}

/// Adds fields of a newer release to a stored document: at the top of the state, deeper, and in an array.
async fn add_newer_fields(fixture: &Fixture, id: &str) {
    let fields = doc! { "$set": {
        "state.newer": { "a": 1 },
        "state.place.newer": "b",
        "state.labels.0.newer": [1, 2],
        "newer": "private",
    } };
    let documents = fixture.store.collection();
    documents.update_one(doc! { "_id": id }, fields).await.unwrap();
}

async fn assert_newer_fields(fixture: &Fixture, id: &str) {
    let documents = fixture.store.collection();
    let document = documents.find_one(doc! { "_id": id }).await.unwrap().unwrap();
    let state = document.get_document("state").unwrap();
    assert_eq!(state.get_document("newer").unwrap(), &doc! { "a": 1 });
    let place = doc! { "name": "Rome", "newer": "b" };
    assert_eq!(state.get_document("place").unwrap(), &place);
    let label = doc! { "text": "new", "newer": [1, 2] };
    assert_eq!(state.get_array("labels").unwrap(), &vec![label.into()]);
    assert_eq!(document.get_str("newer").unwrap(), "private");
}

#[tokio::test]
async fn fields_of_a_newer_release_survive_a_commit() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    add_newer_fields(&fixture, &id).await;

    let mut stored = fixture.store.load(&id).await.unwrap();
    // Twice, the second time on what the first commit returned.
    for _ in 0..2 {
        let mut change = stored.state.toggled();
        change.state.place.name = "Rome".to_owned();
        stored = fixture.store.commit(&stored, change, &cause()).await.unwrap();
        assert_newer_fields(&fixture, &id).await;
    }
    let stored = fixture.store.load(&id).await.unwrap();
    assert_eq!((stored.version, stored.state.changes), (3, 2));
    fixture.log(3).await;
    fixture.finish().await;
}

/// A newer release has published a type with another public field, which an event of this release would lack.
#[tokio::test]
async fn no_version_without_the_public_fields_of_a_newer_release_reaches_the_log() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    fixture.log(1).await;
    for newer in ["blog.follow.followed.v65535", "blog.follow.muted.v1"] {
        let newer = doc! { "$set": { "state.newer": "public", "last_event.type_name": newer } };
        let documents = fixture.store.collection();
        documents.update_one(doc! { "_id": &id }, newer).await.unwrap();

        let CommandError::Store(refused) = fixture.toggle(&id, None).await.unwrap_err();
        assert!(matches!(&refused, StoreError::NewerRelease { .. }), "{refused:?}");
        let resynced = resync(&fixture.store, &fixture.bus).await;
        assert!(
            matches!(
                resynced,
                Err(RelayError::Incomplete {
                    published: 0,
                    failures: 1,
                    ..
                })
            ),
            "{resynced:?}"
        );
    }

    // Readable nevertheless.
    assert_eq!(fixture.store.load(&id).await.unwrap().version, 1);
    fixture.outbox_is_empty().await;
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_change_that_would_lose_fields_of_a_newer_release_is_refused() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    add_newer_fields(&fixture, &id).await;
    let stored = fixture.store.load(&id).await.unwrap();
    let mut change = stored.state.toggled();
    change.state.labels[0].text = "changed".to_owned();

    let refused = fixture.store.commit(&stored, change, &cause()).await.unwrap_err();

    assert!(matches!(&refused, StoreError::NewerRelease { .. }) && refused.is_transient());
    assert_eq!(ApiError::from(refused).code(), ErrorCode::Unavailable);
    assert_eq!(fixture.store.load(&id).await.unwrap().version, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn a_document_that_only_a_newer_release_can_read_is_unavailable() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    fixture.outbox_is_empty().await;
    let documents = fixture.store.collection();
    let newer = doc! { "$set": { "state.changes": "many" } };
    documents.update_one(doc! { "_id": &id }, newer).await.unwrap();

    let CommandError::Store(refused) = fixture.toggle(&id, None).await.unwrap_err();
    assert_eq!(ApiError::from(refused).code(), ErrorCode::Unavailable);
    let listed = fixture.store.list(doc! {}, doc! { "_id": 1 }, 10).await;
    assert!(
        matches!(listed, Err(StoreError::NewerRelease { .. })),
        "{listed:?}"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_lease_has_one_holder_until_it_expires_or_is_released() {
    let test_database = TestDatabase::new("lease");
    let database = test_database.connect().await;
    let lease = |holder: &str, millis| {
        Lease::new(
            &database,
            "work",
            holder.to_owned(),
            Duration::from_millis(millis),
        )
    };
    let (ann, bob) = (lease("ann", 200), lease("bob", 60_000));

    let (first, second) = tokio::join!(ann.acquire(), bob.acquire());
    assert!(first.unwrap() != second.unwrap(), "one of two at once");
    ann.release().await.unwrap();
    bob.release().await.unwrap();

    assert!(ann.acquire().await.unwrap());
    assert!(ann.acquire().await.unwrap(), "renewed");
    eventually("the lease ends by itself", async || {
        bob.acquire().await.unwrap().then_some(())
    })
    .await;
    assert!(!ann.acquire().await.unwrap());
    ann.release().await.unwrap();
    assert!(
        !ann.acquire().await.unwrap(),
        "another holder's lease is not released"
    );
    bob.release().await.unwrap();
    assert!(ann.acquire().await.unwrap());
    test_database.remove().await;
}
