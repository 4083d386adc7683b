//! The pages, one file per resource. A handler calls the [services](crate::api) and renders a template.

mod archive;
mod comments;
mod discussion;
mod editor;
pub mod error;
mod files;
mod following;
mod home;
mod lookup;
mod moderation;
mod own_comments;
mod own_posts;
mod paging;
mod post;
mod profile;
mod reactions;
mod reference;
mod reports;
mod revisions;
mod search;
mod settings;
mod sign_in;
mod tags;
mod theme;
mod threads;

use axum::{
    Router,
    routing::{MethodRouter, get, post as post_to},
};

use crate::{feeds, sitemap, state::AppState, well_known};

type Route = (&'static str, MethodRouter<AppState>);

/// Every route of the site: the source of the router and of the test of the headers.
pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(reading());
    routes.extend(account());
    routes.extend(authoring());
    routes.extend(moderating());
    routes.extend(machine_readable());
    routes.extend(files());
    routes
}

fn reading() -> [Route; 12] {
    [
        ("/", get(home::show)),
        ("/following", get(following::show)),
        ("/p/{slug}", get(post::show)),
        (
            "/p/{slug}/comments",
            get(comments::fragment).post(comments::create),
        ),
        ("/p/{slug}/reaction", post_to(reactions::like)),
        ("/@{username}", get(profile::show)),
        ("/@{username}/follow", post_to(reactions::follow)),
        ("/tags", get(tags::list)),
        ("/tags/{tag}", get(tags::show)),
        ("/search", get(search::show)),
        ("/archive", get(archive::months)),
        ("/archive/{year}/{month}", get(archive::month)),
    ]
}

fn account() -> [Route; 10] {
    [
        ("/signup", get(sign_in::sign_up_form).post(sign_in::sign_up)),
        ("/signin", get(sign_in::sign_in_form).post(sign_in::sign_in)),
        ("/signout", post_to(sign_in::sign_out)),
        ("/settings", get(settings::show)),
        (
            "/settings/profile",
            get(settings::section).post(settings::save_profile),
        ),
        (
            "/settings/password",
            get(settings::section).post(settings::save_password),
        ),
        (
            "/settings/sessions",
            get(settings::section).post(settings::end_session),
        ),
        ("/settings/delete", get(settings::section).post(settings::delete)),
        ("/comments", get(own_comments::list)),
        (
            "/comments/{id}/edit",
            get(own_comments::edit).post(own_comments::save),
        ),
    ]
}

fn authoring() -> [Route; 7] {
    [
        ("/write", get(editor::new).post(editor::create)),
        ("/write/preview", post_to(editor::render_preview)),
        ("/posts", get(own_posts::list)),
        ("/posts/{id}/edit", get(editor::edit).post(editor::save)),
        ("/posts/{id}/preview", get(revisions::preview)),
        ("/posts/{id}/revisions", get(revisions::list)),
        (
            "/posts/{id}/revisions/{version}",
            get(revisions::compare).post(revisions::restore),
        ),
    ]
}

fn moderating() -> [Route; 7] {
    use moderation::{cases, queue, rules};
    [
        ("/report", get(reports::form).post(reports::file)),
        ("/reports", get(reports::own)),
        ("/moderation", get(queue::show).post(queue::decide)),
        ("/moderation/reports", get(queue::show).post(queue::decide)),
        ("/moderation/{kinds}/{id}", get(cases::show).post(cases::submit)),
        (
            "/moderation/rules",
            get(rules::show).post(rules::save).layer(rules::body_limit()),
        ),
        (
            "/moderation/rules/try",
            get(rules::after_reload).post(rules::test),
        ),
    ]
}

/// For feed readers, search engines and browsers.
fn machine_readable() -> [Route; 9] {
    [
        ("/api", get(reference::show)),
        ("/feed.{format}", get(feeds::all)),
        ("/@{username}/feed.{format}", get(feeds::of_author)),
        ("/tags/{tag}/feed.{format}", get(feeds::of_tag)),
        ("/sitemap.xml", get(sitemap::index)),
        ("/sitemap/{part}", get(sitemap::part)),
        ("/robots.txt", get(well_known::robots)),
        ("/manifest.webmanifest", get(well_known::manifest)),
        ("/opensearch.xml", get(well_known::opensearch)),
    ]
}

/// What all pages load, and the selection of the colour scheme.
fn files() -> [Route; 7] {
    [
        ("/static/{*path}", get(files::asset)),
        ("/favicon.svg", get(files::root_asset)),
        ("/apple-touch-icon.png", get(files::root_asset)),
        ("/icon-192.png", get(files::root_asset)),
        ("/icon-512.png", get(files::root_asset)),
        ("/font-licences.txt", get(files::root_asset)),
        ("/theme", post_to(theme::select)),
    ]
}

/// The router of all routes.
pub fn router() -> Router<AppState> {
    let add = |router: Router<AppState>, (path, methods)| router.route(path, methods);
    routes()
        .into_iter()
        .fold(Router::new(), add)
        .fallback(error::unknown)
}
