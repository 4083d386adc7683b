//! What the frame of every page shows: title, head, header and footer.

use std::sync::Arc;

use common::{event::Timestamp, ids::UserId};
use runtime::auth::CurrentUser;
use serde_json::Value;

use crate::{
    assets::{Assets, Entry},
    state::{AppState, Site},
    theme::Theme,
    url::with_query,
};

/// The style sheet and the script of every page.
const STYLES: &str = "src/styles/site.css";
const SCRIPT: &str = "src/site.ts";

/// The frame. Templates that extend `base.html` have it as `page`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Page {
    pub title: String,
    pub site: Arc<Site>,
    pub description: String,
    /// An absolute address; `None` for pages that are not indexed.
    pub canonical: Option<String>,
    pub image: Option<String>,
    pub article: Option<Article>,
    /// JSON-LD, escaped for a script element.
    pub json_ld: Option<String>,
    pub feeds: Vec<Feed>,
    pub indexed: bool,
    /// The path of the current entry of the main navigation.
    pub nav: &'static str,
    pub entries: Vec<Entry>,
    pub preloads: Vec<String>,
    pub viewer: Option<CurrentUser>,
    pub theme: Theme,
    /// Path and query of the page, to return to.
    pub here: String,
    /// The result of the previous action, shown above the page.
    pub notice: Option<String>,
    assets: Arc<Assets>,
}

/// OpenGraph data of an article.
#[derive(Debug, Clone)]
pub struct Article {
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub author_url: Option<String>,
    pub tags: Vec<String>,
    /// As a BCP 47 tag.
    pub language: Option<String>,
}

impl Article {
    /// The value of `og:locale`: `pt_BR`.
    pub fn locale(&self) -> Option<String> {
        Some(self.language.as_ref()?.replace('-', "_"))
    }
}

/// A feed that the page links to.
#[derive(Debug, Clone)]
pub struct Feed {
    pub title: String,
    pub content_type: &'static str,
    pub path: String,
}

impl Page {
    /// The frame of the page at `path`, whose full address with the query is `here`.
    pub fn new(
        state: &AppState,
        title: String,
        (path, here): (&str, &str),
        viewer: Option<CurrentUser>,
        theme: Theme,
    ) -> Self {
        let (site, assets) = (&state.site, &state.assets);
        Self {
            title,
            description: site.description.clone(),
            canonical: Some(format!("{}{path}", site.url)),
            image: None,
            article: None,
            json_ld: None,
            feeds: feeds("", &site.name).into(),
            indexed: true,
            nav: "",
            entries: vec![assets.entry(STYLES), assets.entry(SCRIPT)],
            preloads: assets.preloads(),
            viewer,
            theme,
            here: here.to_owned(),
            notice: None,
            site: site.clone(),
            assets: assets.clone(),
        }
    }

    /// Sets the description for search engines and link previews.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        let description = description.into();
        if !description.trim().is_empty() {
            self.description = description;
        }
        self
    }

    /// Sets the canonical path of a page that has several addresses.
    pub fn canonical(mut self, path: &str) -> Self {
        self.canonical = Some(self.absolute(path));
        self
    }

    /// Excludes the page from search engines: forms, the user's own pages, errors.
    pub fn not_indexed(mut self) -> Self {
        self.indexed = false;
        self.canonical = None;
        self
    }

    /// Marks the entry of the main navigation with this path as the current one.
    pub fn nav(mut self, path: &'static str) -> Self {
        self.nav = path;
        self
    }

    /// Adds a script or style sheet of the build, by its source, e.g. `src/comments.ts`.
    pub fn entry(mut self, source: &str) -> Self {
        self.entries.push(self.assets.entry(source));
        self
    }

    /// Preloads the fonts that `html`, the text of a post, needs.
    pub fn preload_fonts(mut self, html: &str) -> Self {
        self.preloads.extend(self.assets.preloads_for(html));
        self
    }

    /// Adds feeds below `path`, e.g. `/@ann`, before those of the whole blog.
    pub fn feeds(mut self, path: &str, title: &str) -> Self {
        self.feeds.splice(0..0, feeds(path, title));
        self
    }

    /// Sets the image for link previews: a path on this site or an https address.
    pub fn image(mut self, image: Option<&str>) -> Self {
        self.image = image.map(|image| self.absolute(image));
        self
    }

    /// Marks the page as an article.
    pub fn article(mut self, article: Article) -> Self {
        self.article = Some(article);
        self
    }

    /// Sets the JSON-LD of the page, without members that are `null`.
    pub fn json_ld(mut self, mut data: Value) -> Self {
        if let Value::Object(members) = &mut data {
            members.retain(|_, value| !value.is_null());
        }
        // Text must not end the script element.
        self.json_ld = Some(data.to_string().replace('<', "\\u003c"));
        self
    }

    /// Sets the result of the previous action.
    pub fn notice(mut self, notice: Option<impl Into<String>>) -> Self {
        self.notice = notice.map(Into::into);
        self
    }

    /// The absolute address of a path; other addresses are returned unchanged.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.site.url)
        } else {
            path.to_owned()
        }
    }

    /// The text of the title bar.
    pub fn full_title(&self) -> String {
        if self.title == self.site.name {
            self.title.clone()
        } else {
            format!("{} · {}", self.title, self.site.name)
        }
    }

    /// The path of the sign-in page that returns to this page.
    pub fn sign_in(&self) -> String {
        with_query("/signin", &[("next", Some(&self.here))])
    }

    /// Whether `user` is the signed-in user.
    pub fn is_viewer(&self, user: &UserId) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.id == *user)
    }

    /// Whether the signed-in user is a moderator.
    pub fn moderates(&self) -> bool {
        self.viewer.as_ref().is_some_and(CurrentUser::is_moderator)
    }
}

fn feeds(path: &str, title: &str) -> [Feed; 3] {
    [
        ("atom", "application/atom+xml"),
        ("rss", "application/rss+xml"),
        ("json", "application/feed+json"),
    ]
    .map(|(format, content_type)| Feed {
        title: title.to_owned(),
        content_type,
        path: format!("{path}/feed.{format}"),
    })
}
