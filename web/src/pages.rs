//! The pages: one file for each family; a handler asks [`api`](crate::api) and fills a template.

mod archive;
mod author;
mod following;
mod home;
mod moderation;
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

use crate::{app::App, assets, theme};

/// Every route of the site, once: the router is made of this list, and so is the test of the headers.
pub fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    let mut routes = vec![
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
        ("/theme", post_to(theme::choose)),
        ("/favicon.svg", get(assets::favicon)),
        ("/static/{*path}", get(assets::file)),
    ];
    routes.extend(account());
    routes.extend(authoring());
    routes.extend(moderating());
    routes
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
