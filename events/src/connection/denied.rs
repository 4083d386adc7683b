//! What the server does not permit. It says so only in passing (`-ERR`), while whoever asked waits in vain.

use std::sync::Arc;

use tokio::sync::watch;

/// The last thing that was not permitted.
#[derive(Debug, Clone)]
pub(super) struct Denied(Arc<watch::Sender<String>>);

impl Default for Denied {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(String::new())))
    }
}

impl Denied {
    /// Takes what the server said, e.g. `Permissions Violation for Publish to "blog.evt.post"`.
    pub(super) fn notice(&self, said: &str) {
        if said.contains("ermissions Violation") || said.contains("ermissions violation") {
            self.0.send_replace(subject(said).to_owned());
        }
    }

    /// Watches for what is not permitted from now on.
    pub(super) fn watch(&self) -> Watch {
        let mut receiver = self.0.subscribe();
        receiver.mark_unchanged();
        Watch(receiver)
    }
}

/// Whoever waits for something that may not be permitted.
pub(super) struct Watch(watch::Receiver<String>);

impl Watch {
    /// The next subject that is not permitted; waits for ever if all is.
    pub(super) async fn next(&mut self) -> String {
        match self.0.changed().await {
            Ok(()) => self.0.borrow_and_update().clone(),
            Err(_) => std::future::pending().await,
        }
    }
}

/// The subject in quotes, or all of it.
fn subject(said: &str) -> &str {
    said.split('"').nth(1).unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_is_denied_while_waiting_counts() {
        let denied = Denied::default();
        denied.notice(r#"nats: Permissions Violation for Publish to "old""#);
        let mut watch = denied.watch();
        denied.notice("nats: Stale Connection");
        denied.notice(r#"nats: Permissions Violation for Publish to "blog.evt.post""#);
        assert_eq!(watch.next().await, "blog.evt.post");
    }
}
