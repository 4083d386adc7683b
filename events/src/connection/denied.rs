//! Permission errors. The server reports them only as asynchronous errors (`-ERR`), while the request times out.

use std::sync::Arc;

use tokio::sync::watch;

/// The last subject that was denied.
#[derive(Debug, Clone)]
pub(super) struct Denied(Arc<watch::Sender<String>>);

impl Default for Denied {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(String::new())))
    }
}

impl Denied {
    /// Records a server error, e.g. `Permissions Violation for Publish to "blog.evt.post"`.
    pub(super) fn notice(&self, error: &str) {
        if error.contains("ermissions Violation") || error.contains("ermissions violation") {
            self.0.send_replace(subject(error).to_owned());
        }
    }

    /// Watches for denials from now on.
    pub(super) fn watch(&self) -> Watch {
        let mut receiver = self.0.subscribe();
        receiver.mark_unchanged();
        Watch(receiver)
    }
}

/// A receiver of denials.
pub(super) struct Watch(watch::Receiver<String>);

impl Watch {
    /// Waits for the next denied subject, forever if there is none.
    pub(super) async fn next(&mut self) -> String {
        match self.0.changed().await {
            Ok(()) => self.0.borrow_and_update().clone(),
            Err(_) => std::future::pending().await,
        }
    }
}

/// The quoted subject, or the whole error.
fn subject(error: &str) -> &str {
    error.split('"').nth(1).unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_denials_after_the_start_of_the_watch_count() {
        let denied = Denied::default();
        denied.notice(r#"nats: Permissions Violation for Publish to "old""#);
        let mut watch = denied.watch();
        denied.notice("nats: Stale Connection");
        denied.notice(r#"nats: Permissions Violation for Publish to "blog.evt.post""#);
        assert_eq!(watch.next().await, "blog.evt.post");
    }
}
