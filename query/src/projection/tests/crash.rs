//! Single failures, step by step.

use common::event::Received;
use runtime::store::StoreError;

use super::{
    history::{Change, event, received},
    model::{Models, apply, write_only},
};

fn post(tags: u8, version: u64) -> Received {
    received(
        event(Change::Post {
            post: 0,
            // Other tags imply another month.
            title: tags % 10,
            tags,
            status: 2,
        }),
        version,
    )
}

fn comment(status: u8, version: u64) -> Received {
    received(
        event(Change::Comment {
            comment: 0,
            text: 1,
            status,
        }),
        version,
    )
}

#[tokio::test]
async fn a_crash_before_the_recount_leaves_no_stale_tag_or_month() {
    let models = Models::new().await;
    let versions = [post(0b0011, 1), post(0b0110, 2), post(0b1100, 3)];
    models.apply(1, [&versions[2..]]).await;

    let mut writer = models.acquire(2).await;
    apply(&mut writer, &versions[..1]).await.unwrap();
    write_only(&writer, &versions[1..2]).await.unwrap();
    write_only(&writer, &versions[1..]).await.unwrap();
    let mut writer = models.acquire(2).await;
    apply(&mut writer, &versions[1..]).await.unwrap();

    assert_eq!(models.dump(2).await, models.dump(1).await);
    models.finish().await;
}

#[tokio::test]
async fn a_comment_that_arrives_before_its_post_is_counted() {
    let models = Models::new().await;
    models.apply(1, [&[comment(4, 1)][..], &[post(1, 1)]]).await;
    let posts = &models.dump(1).await[0].1;
    let counts = posts[0].get_document("counts").unwrap();
    assert_eq!(counts.get_i64("comments").unwrap(), 1);
    models.finish().await;
}

#[tokio::test]
async fn a_superseded_projector_changes_nothing() {
    let models = Models::new().await;
    let mut slow = models.acquire(1).await;
    apply(&mut slow, &[post(1, 1), comment(4, 1)]).await.unwrap();
    // It has written a batch when another projector takes over, and continues later.
    let prepared = write_only(&slow, &[comment(3, 2)]).await.unwrap();
    let mut quick = models.acquire(1).await;
    let log = [comment(3, 2), comment(4, 3)];
    apply(&mut quick, &log).await.unwrap();
    let expected = models.dump(1).await;
    let checkpoint = quick.checkpoint();

    let late = slow.commit(prepared, &checkpoint).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    let refused = apply(&mut slow, &log[..1]).await;

    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(models.dump(1).await, expected);
    assert_eq!(models.acquire(1).await.checkpoint(), checkpoint);
    models.finish().await;
}

#[tokio::test]
async fn concurrent_projectors_build_the_same_model() {
    let models = Models::new().await;
    let mut log = Vec::new();
    for version in 1..=30 {
        log.push(post(version as u8 % 16, version));
        log.push(comment(version as u8 % 5, version));
    }
    models.apply(1, log.chunks(5)).await;
    // Each restarts at the stored checkpoint when the other has taken over, as the framework does.
    let run = async || {
        let mut writer = models.acquire(2).await;
        while (writer.checkpoint().sequence as usize) < log.len() {
            let rest = &log[writer.checkpoint().sequence as usize..];
            let step = rest.len().min(3);
            match apply(&mut writer, &rest[..step]).await {
                Ok(_) => {}
                Err(StoreError::Conflict { .. }) => writer = models.acquire(2).await,
                Err(error) => panic!("{error:?}"),
            }
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(run(), run()) };
    tokio::time::timeout(std::time::Duration::from_secs(60), both)
        .await
        .expect("they block each other forever");
    assert_eq!(models.dump(2).await, models.dump(1).await);
    models.finish().await;
}
