//! What the frame of every page shows: title, head, header and footer.

use common::{event::Timestamp, ids::UserId};
use runtime::auth::CurrentUser;
use serde_json::Value;

use crate::{api::with_query, assets::Entry, theme::Theme, visit::Visit};

/// The style sheet and the script of every page.
const STYLES: &str = "src/styles/site.css";
const SCRIPT: &str = "src/site.ts";

/// The frame. Templates have it as `page` and extend `base.html`.
#[derive(Debug, Clone)]
pub struct Page {
    pub title: String,
    pub site_name: String,
    pub description: String,
    /// Absolute; `None` for pages that are not to be found.
    pub canonical: Option<String>,
    pub image: Option<String>,
    pub article: Option<Article>,
    /// JSON-LD, safe inside of a script element.
    pub json_ld: Option<String>,
    pub feeds: Vec<Feed>,
    pub indexed: bool,
    pub nav: &'static str,
    pub entries: Vec<Entry>,
    pub preloads: Vec<String>,
    pub viewer: Option<CurrentUser>,
    pub theme: Theme,
    /// Path and query, to come back to.
    pub here: String,
    /// A word on what has just been done, shown above the page.
    pub notice: Option<String>,
    site_url: String,
}

/// What OpenGraph says of an article.
#[derive(Debug, Clone)]
pub struct Article {
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub author_url: Option<String>,
    pub tags: Vec<String>,
}

/// A feed that the head of a page names.
#[derive(Debug, Clone)]
pub struct Feed {
    pub title: String,
    pub content_type: &'static str,
    pub path: String,
}

impl Page {
    pub(crate) fn new(visit: &Visit, title: String) -> Self {
        let (site, assets) = (visit.site(), &visit.app().assets);
        Self {
            title,
            site_name: site.name.clone(),
            description: site.description.clone(),
            canonical: Some(format!("{}{}", site.url, visit.path())),
            image: None,
            article: None,
            json_ld: None,
            feeds: feeds("", &site.name),
            indexed: true,
            nav: "",
            entries: vec![assets.entry(STYLES), assets.entry(SCRIPT)],
            preloads: assets.preloads(),
            viewer: visit.viewer().cloned(),
            theme: visit.theme(),
            here: visit.here().to_owned(),
            notice: None,
            site_url: site.url.clone(),
        }
    }

    /// A sentence on what the page is about, for search engines and previews.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        let description = description.into();
        if !description.trim().is_empty() {
            self.description = description;
        }
        self
    }

    /// The path under which the page is to be known, where it can be reached by several.
    #[must_use]
    pub fn canonical(mut self, path: &str) -> Self {
        self.canonical = Some(self.absolute(path));
        self
    }

    /// Keeps it out of search engines: forms, one's own pages, errors.
    #[must_use]
    pub fn not_indexed(mut self) -> Self {
        self.indexed = false;
        self.canonical = None;
        self
    }

    /// Marks the entry of the main navigation with this path as the present one.
    #[must_use]
    pub fn nav(mut self, path: &'static str) -> Self {
        self.nav = path;
        self
    }

    /// Adds a script or style sheet of the build, by its source, e.g. `src/comments.ts`.
    #[must_use]
    pub fn with_entry(mut self, visit: &Visit, source: &str) -> Self {
        self.entries.push(visit.app().assets.entry(source));
        self
    }

    /// Has the browser fetch the fonts that `html`, the text of a post, shows, before it reads the style sheet.
    #[must_use]
    pub fn showing(mut self, visit: &Visit, html: &str) -> Self {
        self.preloads.extend(visit.app().assets.preloads_for(html));
        self
    }

    /// Names feeds of its own before those of the whole blog: of the path below which they are, e.g. `/@ann`.
    #[must_use]
    pub fn with_feeds(mut self, below: &str, title: &str) -> Self {
        let mut own = feeds(below, title);
        own.append(&mut self.feeds);
        self.feeds = own;
        self
    }

    /// A picture for previews: of this site or an https address.
    #[must_use]
    pub fn with_image(mut self, image: Option<&str>) -> Self {
        self.image = image.map(|image| self.absolute(image));
        self
    }

    /// Makes it an article.
    #[must_use]
    pub fn article(mut self, article: Article) -> Self {
        self.article = Some(article);
        self
    }

    /// What it says to machines, as JSON-LD.
    #[must_use]
    pub fn json_ld(mut self, mut data: Value) -> Self {
        if let Value::Object(members) = &mut data {
            members.retain(|_, value| !value.is_null());
        }
        // No text in it can end the script element.
        self.json_ld = Some(data.to_string().replace('<', "\\u003c"));
        self
    }

    /// A word on what has just been done.
    #[must_use]
    pub fn notice(mut self, notice: Option<impl Into<String>>) -> Self {
        self.notice = notice.map(Into::into);
        self
    }

    /// The address of a path of ours; other addresses stay as they are.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.site_url)
        } else {
            path.to_owned()
        }
    }

    /// What stands in the title bar.
    pub fn full_title(&self) -> String {
        if self.title == self.site_name {
            self.title.clone()
        } else {
            format!("{} · {}", self.title, self.site_name)
        }
    }

    /// Where to sign in and come back here.
    pub fn sign_in(&self) -> String {
        with_query("/signin", &[("next", Some(&self.here))])
    }

    /// Whether it is this person who looks.
    pub fn is_viewer(&self, user: &UserId) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.id == *user)
    }

    /// Whether whoever looks may moderate.
    pub fn moderates(&self) -> bool {
        self.viewer.as_ref().is_some_and(CurrentUser::is_moderator)
    }
}

fn feeds(below: &str, title: &str) -> Vec<Feed> {
    [
        ("atom", "application/atom+xml"),
        ("rss", "application/rss+xml"),
        ("json", "application/feed+json"),
    ]
    .map(|(ending, content_type)| Feed {
        title: title.to_owned(),
        content_type,
        path: format!("{below}/feed.{ending}"),
    })
    .into()
}
