//! The pages: one file for each family; a handler asks [`api`](crate::api) and fills a template.

mod archive;
mod author;
mod discussion;
mod following;
mod home;
mod moderation;
mod own_comments;
mod own_posts;
mod post;
mod reactions;
mod reporting;
mod revisions;
mod search;
mod settings;
mod signing;
mod tags;
mod threads;
mod writing;

use axum::{
    Router,
    routing::{MethodRouter, get, post as post_to},
};

use crate::{app::App, assets, feeds, machines, sitemap, theme};

/// Every route of the site, once: the router is made of this list, and so is the test of the headers.
pub fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    let mut routes = Vec::new();
    routes.extend(reading());
    routes.extend(talking());
    routes.extend(account());
    routes.extend(authoring());
    routes.extend(moderating());
    routes.extend(programs());
    routes.extend(files());
    routes
}

/// The pages of readers.
fn reading() -> [(&'static str, MethodRouter<App>); 12] {
    [
        ("/", get(home::latest)),
        ("/following", get(following::show)),
        ("/p/{slug}", get(post::show)),
        (
            "/p/{slug}/comments",
            get(discussion::show).post(discussion::write),
        ),
        ("/p/{slug}/reaction", post_to(reactions::like)),
        ("/@{username}", get(author::show)),
        ("/@{username}/follow", post_to(reactions::follow)),
        ("/tags", get(tags::all)),
        ("/tags/{tag}", get(tags::one)),
        ("/search", get(search::show)),
        ("/archive", get(archive::months)),
        ("/archive/{year}/{month}", get(archive::month)),
    ]
}

/// One's own comments.
fn talking() -> [(&'static str, MethodRouter<App>); 2] {
    [
        ("/comments", get(own_comments::show)),
        (
            "/comments/{id}/edit",
            get(own_comments::edit).post(own_comments::save),
        ),
    ]
}

/// The pages of an account.
fn account() -> [(&'static str, MethodRouter<App>); 8] {
    [
        ("/signup", get(signing::signup).post(signing::sign_up)),
        ("/signin", get(signing::signin).post(signing::sign_in)),
        ("/signout", post_to(signing::signout)),
        ("/settings", get(settings::show)),
        (
            "/settings/profile",
            get(settings::part).post(settings::save_profile),
        ),
        (
            "/settings/password",
            get(settings::part).post(settings::save_password),
        ),
        (
            "/settings/sessions",
            get(settings::part).post(settings::end_session),
        ),
        ("/settings/delete", get(settings::part).post(settings::delete)),
    ]
}

/// The pages of an author.
fn authoring() -> [(&'static str, MethodRouter<App>); 6] {
    [
        ("/write", get(writing::new).post(writing::create)),
        ("/posts", get(own_posts::show)),
        ("/posts/{id}/edit", get(writing::edit).post(writing::save)),
        ("/posts/{id}/preview", get(revisions::preview)),
        ("/posts/{id}/revisions", get(revisions::list)),
        (
            "/posts/{id}/revisions/{version}",
            get(revisions::compare).post(revisions::restore),
        ),
    ]
}

/// What programs ask for: feed readers, search engines, browsers.
fn programs() -> [(&'static str, MethodRouter<App>); 8] {
    [
        ("/feed.{format}", get(feeds::all)),
        ("/@{username}/feed.{format}", get(feeds::of_author)),
        ("/tags/{tag}/feed.{format}", get(feeds::of_tag)),
        ("/sitemap.xml", get(sitemap::index)),
        ("/sitemap/{part}", get(sitemap::part)),
        ("/robots.txt", get(machines::robots)),
        ("/manifest.webmanifest", get(machines::manifest)),
        ("/opensearch.xml", get(machines::opensearch)),
    ]
}

/// What the pages load, and the choice of how they look.
fn files() -> [(&'static str, MethodRouter<App>); 7] {
    [
        ("/static/{*path}", get(assets::file)),
        ("/favicon.svg", get(assets::root_file)),
        ("/apple-touch-icon.png", get(assets::root_file)),
        ("/icon-192.png", get(assets::root_file)),
        ("/icon-512.png", get(assets::root_file)),
        ("/font-licences.txt", get(assets::root_file)),
        ("/theme", post_to(theme::choose)),
    ]
}

/// The pages of moderators, and of whoever calls for them.
fn moderating() -> [(&'static str, MethodRouter<App>); 8] {
    use moderation::{cases, queue, rules};
    [
        ("/report", get(reporting::form).post(reporting::file)),
        ("/reports", get(reporting::own)),
        ("/moderation", get(queue::show).post(queue::decide)),
        ("/moderation/reports", get(queue::show).post(queue::decide)),
        (
            "/moderation/comments/{id}",
            get(cases::comment).post(cases::decide_comment),
        ),
        (
            "/moderation/posts/{id}",
            get(cases::post).post(cases::decide_post),
        ),
        (
            "/moderation/rules",
            get(rules::show).post(rules::save).layer(rules::body_limit()),
        ),
        ("/moderation/rules/try", get(rules::tried).post(rules::try_out)),
    ]
}

/// The router of all routes.
pub fn router() -> Router<App> {
    let add = |router: Router<App>, (path, methods)| router.route(path, methods);
    routes().into_iter().fold(Router::new(), add)
}
