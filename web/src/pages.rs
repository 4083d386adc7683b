//! The pages: one file for each family; a handler asks [`api`](crate::api) and fills a template.

mod archive;
mod author;
mod following;
mod home;
mod post;
mod reactions;
mod search;
mod tags;
mod threads;

use axum::{
    Router,
    routing::{MethodRouter, get, post as post_to},
};

use crate::{app::App, assets, feeds, machines, sitemap, theme};

/// Every route of the site, once: the router is made of this list, and so is the test of the headers.
pub fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/", get(home::latest)),
        ("/p/{slug}", get(post::show)),
        ("/p/{slug}/reaction", post_to(reactions::like)),
        ("/@{username}", get(author::show)),
        ("/@{username}/follow", post_to(reactions::follow)),
        ("/following", get(following::show)),
        ("/tags", get(tags::all)),
        ("/tags/{tag}", get(tags::one)),
        ("/search", get(search::show)),
        ("/archive", get(archive::months)),
        ("/archive/{year}/{month}", get(archive::month)),
        ("/feed.{format}", get(feeds::all)),
        ("/@{username}/feed.{format}", get(feeds::of_author)),
        ("/tags/{tag}/feed.{format}", get(feeds::of_tag)),
        ("/sitemap.xml", get(sitemap::index)),
        ("/sitemap/{part}", get(sitemap::part)),
        ("/robots.txt", get(machines::robots)),
        ("/manifest.webmanifest", get(machines::manifest)),
        ("/opensearch.xml", get(machines::opensearch)),
        ("/theme", post_to(theme::choose)),
        ("/favicon.svg", get(assets::root_file)),
        ("/apple-touch-icon.png", get(assets::root_file)),
        ("/icon-192.png", get(assets::root_file)),
        ("/icon-512.png", get(assets::root_file)),
        ("/font-licences.txt", get(assets::root_file)),
        ("/static/{*path}", get(assets::file)),
    ]
}

/// The router of all routes.
pub fn router() -> Router<App> {
    let add = |router: Router<App>, (path, methods)| router.route(path, methods);
    routes().into_iter().fold(Router::new(), add)
}
