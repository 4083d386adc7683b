//! The whole platform with its pages.

use std::fs;

use runtime::config::PlatformSettings;
use tempfile::TempDir;
use testkit::{NatsServer, RunningService};
use web::config::WebSettings;

use crate::{Browser, Stack};

/// What the tests' pages load; the real build is another test's matter.
const MANIFEST: &str = r#"{
  "src/styles/site.css": { "file": "site-AAAA.css", "isEntry": true },
  "src/site.ts": { "file": "site-BBBB.js", "isEntry": true }
}"#;

/// All services, and `web` in front of them.
#[derive(Debug)]
pub struct Front {
    /// The services behind the pages.
    pub stack: Stack,
    /// The pages.
    pub web: RunningService,
    _assets: TempDir,
}

impl Front {
    /// Starts everything and waits until it is ready.
    pub async fn start() -> Self {
        let stack = Stack::start().await;
        let assets = assets();
        let settings = settings(&stack, &assets);
        let web = RunningService::start_unready(web::service(), platform(&stack.nats), settings).await;
        web.ready().await;
        Self {
            stack,
            web,
            _assets: assets,
        }
    }

    /// A browser that is signed in as nobody.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.web.url)
    }

    /// A browser of somebody new.
    pub async fn sign_up(&self, username: &str) -> (crate::Person, Browser) {
        let person = self.stack.sign_up(username).await;
        let browser = self.browser().with_cookie("session", &person.token);
        let browser = browser.with_cookie("consistency", person.seen());
        (person, browser)
    }

    /// A browser of somebody new who may moderate.
    pub async fn sign_up_moderator(&self, username: &str) -> (crate::Person, Browser) {
        let person = self.stack.sign_up_moderator(username).await;
        let browser = self.browser().with_cookie("session", &person.token);
        (person, browser)
    }

    /// Stops everything and refuses leftovers.
    pub async fn finish(self) {
        self.web.stop().await;
        self.stack.finish().await;
    }
}

fn platform(nats: &NatsServer) -> PlatformSettings {
    PlatformSettings {
        mongodb_uri: None,
        // With no more permissions than in production.
        nats_nkey_seed: nats.seed("web"),
        ..PlatformSettings::local("web", "", &nats.url())
    }
}

fn settings(stack: &Stack, assets: &TempDir) -> WebSettings {
    WebSettings {
        assets_dir: assets.path().to_owned(),
        auth_url: stack.auth.url(),
        posts_url: stack.posts.url(),
        comments_url: stack.comments.url(),
        moderation_url: stack.moderation.url(),
        query_url: stack.query.url(),
        ..WebSettings::local("http://127.0.0.1:1")
    }
}

fn assets() -> TempDir {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    for (name, text) in [
        ("manifest.json", MANIFEST),
        ("site-AAAA.css", "body { color: black }"),
        ("site-BBBB.js", "export {};"),
        ("favicon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ] {
        fs::write(folder.path().join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    folder
}
