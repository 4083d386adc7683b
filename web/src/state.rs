//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::Client,
    assets::Assets,
    cache::{PageCache, changes::Changes, live},
    config::{FeedContent, WebSettings},
};

/// The blog.
#[derive(Debug)]
pub struct Site {
    pub name: String,
    pub description: String,
    /// The public address, without a trailing slash.
    pub url: String,
    pub https: bool,
    pub feed_content: FeedContent,
}

/// What the handlers share; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub site: Arc<Site>,
    pub assets: Arc<Assets>,
    pub client: Arc<Client>,
    pub verifier: Verifier,
    pub cache: PageCache,
    pub changes: Arc<Changes>,
}

impl AppState {
    /// Reads the assets. The other services may be unavailable.
    ///
    /// # Errors
    /// If the assets are not built, or an address is invalid.
    pub fn new(context: &ServiceContext, settings: WebSettings) -> Result<Self, StartError> {
        let assets = Assets::read(&settings.assets_dir)
            .map_err(|error| StartError::new("the built assets cannot be used", error))?;
        let public_url = &context.settings.public_url;
        let changes = Arc::new(Changes::default());
        Ok(Self {
            client: Arc::new(Client::new(&settings)?),
            site: Arc::new(Site {
                name: settings.site_name,
                description: settings.site_description,
                url: public_url.as_str().to_owned(),
                https: public_url.is_https(),
                feed_content: settings.feed_content,
            }),
            assets: Arc::new(assets),
            verifier: context.verifier.clone(),
            cache: PageCache::new(settings.cache_mb * 1024 * 1024, changes.clone()),
            changes,
        })
    }

    /// Follows the changes of the read side, on which cached pages depend, until `stop`.
    pub async fn follow_changes(self, stop: CancellationToken) {
        live::follow(self.client, self.changes, stop).await;
    }
}
