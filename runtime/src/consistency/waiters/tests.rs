use std::{
    convert::Infallible,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::task::JoinHandle;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(2);

/// A table of waiters and the "database" that they look into: the version of the one aggregate `post`.
#[derive(Clone)]
struct Fixture {
    waiters: Waiters<&'static str>,
    version: Arc<AtomicU64>,
    caught_up: bool,
    look_ups: Arc<AtomicUsize>,
}

impl Fixture {
    fn new(limits: Limits) -> Self {
        Self {
            waiters: Waiters::new(limits),
            version: Arc::default(),
            caught_up: false,
            look_ups: Arc::default(),
        }
    }

    fn set(&self, version: u64) {
        self.version.store(version, Ordering::SeqCst);
    }

    fn look_ups(&self) -> usize {
        self.look_ups.load(Ordering::SeqCst)
    }

    async fn wait_from(&self, client: u8, version: u64) -> (Outcome, Duration) {
        let started = Instant::now();
        let look_up = |wanted: Vec<(&'static str, u64)>| async move {
            self.look_ups.fetch_add(1, Ordering::SeqCst);
            let current = self.version.load(Ordering::SeqCst);
            let progress = wanted.iter().map(|(_, wanted)| match *wanted {
                wanted if wanted <= current => Progress::Reached,
                wanted if can_still_arrive(wanted, current, self.caught_up) => Progress::Behind,
                _ => Progress::Unreachable,
            });
            Ok::<_, Infallible>(progress.collect())
        };
        let client = ClientAddr(Ipv4Addr::new(10, 0, 0, client).into());
        let Ok(outcome) = self
            .waiters
            .wait(client, vec![("post", version)], TIMEOUT, look_up)
            .await;
        (outcome, started.elapsed())
    }

    /// Starts a wait and returns once it has looked and waits.
    async fn start(&self, client: u8, version: u64) -> JoinHandle<(Outcome, Duration)> {
        let fixture = self.clone();
        let before = self.look_ups();
        let task = tokio::spawn(async move { fixture.wait_from(client, version).await });
        while self.look_ups() == before {
            tokio::task::yield_now().await;
        }
        task
    }

    fn is_empty(&self) -> bool {
        let table = self.waiters.0.table();
        table.waits.is_empty() && table.by_key.is_empty() && table.by_client.is_empty()
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_that_can_be_read_costs_one_look_up() {
    let fixture = Fixture::new(Limits::default());
    fixture.set(3);
    assert_eq!(fixture.wait_from(1, 3).await, (Outcome::Reached, Duration::ZERO));
    assert_eq!(fixture.look_ups(), 1);
    assert!(fixture.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_never_comes_costs_two_look_ups() {
    let fixture = Fixture::new(Limits::default());
    assert_eq!(fixture.wait_from(1, 1).await, (Outcome::Stale, TIMEOUT));
    assert_eq!(fixture.look_ups(), 2);
    assert!(fixture.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_notification_of_the_version_ends_the_wait_without_a_look_up() {
    let fixture = Fixture::new(Limits::default());
    let waiting = fixture.start(1, 2).await;
    fixture.waiters.notify(&"comment", 9);
    fixture.waiters.notify(&"post", 1);
    tokio::time::advance(Duration::from_millis(500)).await;
    assert!(!waiting.is_finished());
    fixture.waiters.notify(&"post", 3);
    assert_eq!(
        waiting.await.unwrap(),
        (Outcome::Reached, Duration::from_millis(500))
    );
    assert_eq!(fixture.look_ups(), 1);
    assert!(fixture.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_notification_is_made_up_for_at_the_deadline() {
    let fixture = Fixture::new(Limits::default());
    let waiting = fixture.start(1, 2).await;
    fixture.set(2);
    assert_eq!(waiting.await.unwrap(), (Outcome::Reached, TIMEOUT));
    assert_eq!(fixture.look_ups(), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_notifications_that_are_noticed_cause_one_look_up_each() {
    let fixture = Fixture::new(Limits::default());
    let waiting = fixture.start(1, 2).await;
    fixture.waiters.notify_lost();
    while fixture.look_ups() < 2 {
        tokio::task::yield_now().await;
    }
    fixture.set(2);
    fixture.waiters.notify_lost();
    assert_eq!(waiting.await.unwrap(), (Outcome::Reached, Duration::ZERO));
    assert_eq!(fixture.look_ups(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_version_beyond_what_the_log_can_contain_ends_early() {
    let fixture = Fixture {
        caught_up: true,
        ..Fixture::new(Limits::default())
    };
    assert_eq!(
        fixture.wait_from(1, 1_000_000).await,
        (Outcome::Stale, Duration::ZERO)
    );
    assert_eq!(fixture.look_ups(), 1);
    // An outbox may still contain this version.
    assert_eq!(fixture.wait_from(1, 64).await, (Outcome::Stale, TIMEOUT));
    assert!(can_still_arrive(1_000_000, 0, false));
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_limit_look_once_and_do_not_wait() {
    let fixture = Fixture::new(Limits {
        per_client: 2,
        total: 3,
    });
    let mut waiting = Vec::new();
    for client in [1, 1, 2] {
        waiting.push(fixture.start(client, 1).await);
    }
    // The second client has waited once, but the table is full.
    for client in [1, 2] {
        assert_eq!(
            fixture.wait_from(client, 1).await,
            (Outcome::Stale, Duration::ZERO)
        );
    }
    assert_eq!(fixture.look_ups(), 5);
    fixture.set(1);
    assert_eq!(fixture.wait_from(1, 1).await, (Outcome::Reached, Duration::ZERO));
    fixture.waiters.notify(&"post", 1);
    for wait in waiting {
        assert_eq!(wait.await.unwrap().0, Outcome::Reached);
    }
    assert_eq!(fixture.look_ups(), 6);
    assert!(fixture.is_empty());
}

/// A page of a post waits with two requests, and visitors share addresses.
#[tokio::test(start_paused = true)]
async fn many_requests_of_one_address_may_wait() {
    let fixture = Fixture::new(Limits::default());
    let mut waiting = Vec::new();
    for _ in 0..100 {
        waiting.push(fixture.start(1, 1).await);
    }
    fixture.set(1);
    fixture.waiters.notify(&"post", 1);
    for wait in waiting {
        assert_eq!(wait.await.unwrap(), (Outcome::Reached, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_leaves_nothing_behind() {
    let fixture = Fixture::new(Limits::default());
    let waiting = fixture.start(1, 1).await;
    assert!(!fixture.is_empty());
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert!(fixture.is_empty());
}
