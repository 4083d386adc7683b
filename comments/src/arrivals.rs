//! Wakes requests that wait for news of a post, as soon as this process has stored it.

use std::time::Duration;

use common::ids::PostId;
use tokio::sync::broadcast::{self, error::RecvError};

/// News that a slow waiter may miss; it looks by itself every few milliseconds anyway.
const BACKLOG: usize = 256;

/// Says of which post there is news.
#[derive(Debug, Clone)]
pub struct Arrivals(broadcast::Sender<PostId>);

impl Arrivals {
    /// With nobody waiting yet.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// There is news of `post`, and it can be read.
    pub fn announce(&self, post: PostId) {
        // An error says that nobody waits.
        let _ = self.0.send(post);
    }

    /// Listens for news of `post` from now on.
    pub fn of(&self, post: PostId) -> Arrival {
        Arrival {
            post,
            news: self.0.subscribe(),
        }
    }
}

impl Default for Arrivals {
    fn default() -> Self {
        Self::new()
    }
}

/// News of one post.
#[derive(Debug)]
pub struct Arrival {
    post: PostId,
    news: broadcast::Receiver<PostId>,
}

impl Arrival {
    /// Waits for the next news, but no longer than `limit`.
    pub async fn within(&mut self, limit: Duration) {
        let news = async {
            loop {
                match self.news.recv().await {
                    Ok(post) if post != self.post => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Whether it came or the time is up, the caller looks again.
        let _ = tokio::time::timeout(limit, news).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn news_of_the_post_wakes_and_news_of_others_does_not() {
        let arrivals = Arrivals::new();
        let post = PostId::generate();
        let mut arrival = arrivals.of(post);
        let started = Instant::now();

        arrivals.announce(PostId::generate());
        arrival.within(LONG).await;
        assert_eq!(started.elapsed(), LONG);

        arrivals.announce(post);
        arrival.within(LONG).await;
        assert_eq!(started.elapsed(), LONG);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_missed_news_looks_at_once() {
        let arrivals = Arrivals::new();
        let mut arrival = arrivals.of(PostId::generate());
        for _ in 0..=BACKLOG {
            arrivals.announce(PostId::generate());
        }
        let started = Instant::now();
        arrival.within(LONG).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
