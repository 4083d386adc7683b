//! State, router and layers.

use std::sync::Arc;

use axum::{Router, extract::FromRef, middleware::from_fn_with_state};
use runtime::{
    auth::Verifier,
    config::PlatformSettings,
    http::layers,
    service::{Platform, StartError},
};

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
}

/// Reads the assets and answers the routes. None of the other services needs to be there.
///
/// # Errors
/// If the assets are not built, or an address cannot be.
pub fn build(platform: &Platform, settings: &WebSettings) -> Result<Router, StartError> {
    let assets = Assets::read(&settings.assets_dir)
        .map_err(|error| StartError::new("the built assets cannot be used", error))?;
    let public_url = &platform.settings.public_url;
    let client = Arc::new(Client::new(settings)?);
    let changes = Arc::new(Changes::default());
    let (heard, listening) = (changes.clone(), client.clone());
    platform.spawn("live", |stop| live::follow(listening, heard, stop));
    let app = App {
        site: Arc::new(Site {
            name: settings.site_name.clone(),
            description: settings.site_description.clone(),
            url: public_url.as_str().to_owned(),
            https: public_url.is_https(),
        }),
        assets: Arc::new(assets),
        client,
        verifier: platform.verifier.clone(),
        pages: Pages::new(settings.cache_mb * 1024 * 1024, changes),
    };
    Ok(assemble(app, &platform.settings))
}

/// The routes with all that surrounds them.
pub fn assemble(app: App, settings: &PlatformSettings) -> Router {
    let router = pages::router().with_state(app.clone());
    // Cloned for every request, by each layer.
    let app = Arc::new(app);
    let router = router.layer(from_fn_with_state(app.clone(), cache::layer));
    let router = layers(router, settings);
    // Outermost: what the layers themselves refuse is to be a page with all headers, too.
    router.layer(from_fn_with_state(app, dress::dress))
}

#[cfg(test)]
mod tests;
