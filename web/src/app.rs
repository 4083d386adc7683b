//! State, router and layers.

use std::sync::Arc;

use axum::{Router, extract::FromRef, middleware::from_fn_with_state};
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::Client,
    assets::Assets,
    cache::{self, Pages, changes::Changes, live},
    config::WebSettings,
    dress, pages,
};

/// The blog itself.
#[derive(Debug)]
pub struct Site {
    pub name: String,
    pub description: String,
    /// Where browsers reach it, without a slash at the end.
    pub url: String,
    pub https: bool,
}

/// What handlers share; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct App {
    pub site: Arc<Site>,
    pub assets: Arc<Assets>,
    pub client: Arc<Client>,
    pub verifier: Verifier,
    pub pages: Pages,
    pub changes: Arc<Changes>,
}

impl App {
    /// Reads the assets. None of the other services needs to be available.
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
            }),
            assets: Arc::new(assets),
            verifier: context.verifier.clone(),
            pages: Pages::new(settings.cache_mb * 1024 * 1024, changes.clone()),
            changes,
        })
    }

    /// Follows what changes on the read side, so that cached pages are dropped.
    pub async fn follow_changes(self, stop: CancellationToken) {
        live::follow(self.client, self.changes, stop).await;
    }
}

/// The routes, with the page cache around them.
pub fn routes(app: App) -> Router {
    let router = pages::router().with_state(app.clone());
    // Cloned for every request.
    router.layer(from_fn_with_state(Arc::new(app), cache::layer))
}

/// Puts the layer around everything that makes a page of any response, and sets the security headers.
pub fn outermost(app: App, router: Router) -> Router {
    router.layer(from_fn_with_state(Arc::new(app), dress::dress))
}

/// The routes with everything around them.
#[cfg(test)]
pub(crate) fn assemble(app: App, settings: &runtime::config::PlatformSettings) -> Router {
    let router = runtime::http::layers(routes(app.clone()), settings);
    outermost(app, router)
}

#[cfg(test)]
mod tests;
