//! The pages: one file for each family; a handler asks [`api`](crate::api) and fills a template.

mod home;
mod post;
mod threads;

use axum::{
    Router,
    routing::{MethodRouter, get, post as post_to},
};

use crate::{app::App, assets, theme};

/// Every route of the site, once: the router is made of this list, and so is the test of the headers.
pub fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/", get(home::latest)),
        ("/p/{slug}", get(post::show)),
        ("/theme", post_to(theme::choose)),
        ("/favicon.svg", get(assets::favicon)),
        ("/static/{*path}", get(assets::file)),
    ]
}

/// The router of all routes.
pub fn router() -> Router<App> {
    let add = |router: Router<App>, (path, methods)| router.route(path, methods);
    routes().into_iter().fold(Router::new(), add)
}
