//! Single accidents, each told in full.

use common::event::Received;
use runtime::store::StoreError;

use super::{
    history::{Change, event, received},
    model::{Models, batch, write_only},
};

fn post(tags: u8, version: u64) -> Received {
    received(
        event(Change::Post {
            post: 0,
            // Other tags come with another month.
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
async fn a_crash_before_the_counts_leaves_no_tag_and_no_month_counted_that_no_post_bears() {
    let models = Models::new().await;
    let versions = [post(0b0011, 1), post(0b0110, 2), post(0b1100, 3)];
    models.apply(1, [&versions[2..]]).await;

    let mut writer = models.take_up(2).await;
    writer.apply(batch(&versions[..1], &writer)).await.unwrap();
    write_only(&writer, &versions[1..2]).await.unwrap();
    write_only(&writer, &versions[1..]).await.unwrap();
    let mut writer = models.take_up(2).await;
    writer.apply(batch(&versions[1..], &writer)).await.unwrap();

    assert_eq!(models.dump(2).await, models.dump(1).await);
    models.finish().await;
}

#[tokio::test]
async fn a_comment_that_comes_before_its_post_is_counted_with_it() {
    let models = Models::new().await;
    models.apply(1, [&[comment(4, 1)][..], &[post(1, 1)]]).await;
    let posts = &models.dump(1).await[0].1;
    let counts = posts[0].get_document("counts").unwrap();
    assert_eq!(counts.get_i64("comments").unwrap(), 1);
    models.finish().await;
}

#[tokio::test]
async fn a_projector_that_was_overtaken_can_spoil_nothing() {
    let models = Models::new().await;
    let mut slow = models.take_up(1).await;
    slow.apply(batch(&[post(1, 1), comment(4, 1)], &slow))
        .await
        .unwrap();
    // It has written and counted a batch in its head when another takes over, and wakes up later.
    let touched = write_only(&slow, &[comment(3, 2)]).await.unwrap();
    let mut quick = models.take_up(1).await;
    let log = [comment(3, 2), comment(4, 3)];
    quick.apply(batch(&log, &quick)).await.unwrap();
    let right = models.dump(1).await;
    let checkpoint = quick.checkpoint();

    slow.recount(&touched).await.unwrap();
    let refused = slow.apply(batch(&log[..1], &slow)).await;

    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(models.dump(1).await, right);
    assert_eq!(models.take_up(1).await.checkpoint(), checkpoint);
    models.finish().await;
}

#[tokio::test]
async fn two_projectors_at_once_make_the_same_model() {
    let models = Models::new().await;
    let mut log = Vec::new();
    for version in 1..=30 {
        log.push(post(version as u8 % 16, version));
        log.push(comment(version as u8 % 5, version));
    }
    models.apply(1, log.chunks(5)).await;
    // Each begins again at the stored checkpoint when the other has taken over, as the runner does.
    let run = async || {
        let mut writer = models.take_up(2).await;
        while (writer.checkpoint().sequence as usize) < log.len() {
            let rest = &log[writer.checkpoint().sequence as usize..];
            let step = rest.len().min(3);
            match writer.apply(batch(&rest[..step], &writer)).await {
                Ok(_) => {}
                Err(StoreError::Conflict { .. }) => writer = models.take_up(2).await,
                Err(error) => panic!("{error:?}"),
            }
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(run(), run()) };
    tokio::time::timeout(std::time::Duration::from_secs(60), both)
        .await
        .expect("they hinder each other for ever");
    assert_eq!(models.dump(2).await, models.dump(1).await);
    models.finish().await;
}
