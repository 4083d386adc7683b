//! Publications that the server refused for lack of a permission.
//!
//! The server reports a refusal on the connection, not to the publisher, which would only see its acknowledgement
//! time out. So the connection's event callback notes the subjects here, and the publishers watch.

use async_nats::{Event, ServerError};
use tokio::sync::broadcast::{self, error::RecvError};

/// Refusals that a publisher may lag behind; those that it misses show as timeouts.
const CAPACITY: usize = 1024;

/// Subjects that the server has refused.
#[derive(Debug, Clone)]
pub(super) struct Refusals(broadcast::Sender<String>);

impl Refusals {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }

    /// Passes the subject on, if `event` is a refused publication.
    pub(super) fn note(&self, event: &Event) {
        if let Event::ServerError(ServerError::Other(error)) = event
            && let Some(subject) = refused_subject(error)
        {
            // Without a publisher that waits there is no receiver.
            let _ = self.0.send(subject.to_owned());
        }
    }

    /// Watches from now on.
    pub(super) fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }
}

/// Watches the refusals.
#[derive(Debug)]
pub(super) struct Watch(broadcast::Receiver<String>);

impl Watch {
    /// Waits until the server refuses a subject that `is_of_interest`, and returns it.
    pub(super) async fn refused(&mut self, is_of_interest: impl Fn(&str) -> bool) -> String {
        loop {
            match self.0.recv().await {
                Ok(subject) if is_of_interest(&subject) => return subject,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// The subject in the server's message `Permissions Violation for Publish to "<subject>"`.
fn refused_subject(error: &str) -> Option<&str> {
    const MESSAGE: &str = "permissions violation for publish to \"";
    let start = error.to_lowercase().find(MESSAGE)? + MESSAGE.len();
    error.get(start..)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_publication_names_its_subject() {
        for (message, subject) in [
            (
                "Permissions Violation for Publish to \"blog.evt.post.1.pinned\"",
                Some("blog.evt.post.1.pinned"),
            ),
            (
                "permissions violation for publish to \"a.B\" using queue",
                Some("a.B"),
            ),
            ("Permissions Violation for Subscription to \"a\"", None),
            ("Authorization Violation", None),
        ] {
            assert_eq!(refused_subject(message), subject, "{message}");
        }
    }
}
