//! The whole platform with its pages.

use std::fs;

use runtime::config::PlatformSettings;
use tempfile::TempDir;
use testkit::{NatsServer, RunningService};
use web::config::WebSettings;

use crate::{Browser, Stack, User};

/// A minimal build; the browser tests use the real one.
const MANIFEST: &str = r#"{
  "src/styles/site.css": { "file": "site-AAAA.css", "isEntry": true },
  "src/site.ts": { "file": "site-BBBB.js", "isEntry": true }
}"#;

/// All services, and `web`.
#[derive(Debug)]
pub struct Frontend {
    /// The services behind the pages.
    pub stack: Stack,
    /// The pages.
    pub web: RunningService,
    assets: TempDir,
}

impl Frontend {
    /// Starts everything and waits until it is ready.
    pub async fn start() -> Self {
        let stack = Stack::start().await;
        let assets = assets();
        let settings = settings(&stack, &assets);
        Self {
            web: start_web(&stack, settings).await,
            stack,
            assets,
        }
    }

    /// Restarts the pages with changed settings.
    pub async fn restart_web(&mut self, change: impl FnOnce(&mut WebSettings)) {
        let mut settings = settings(&self.stack, &self.assets);
        change(&mut settings);
        let web = start_web(&self.stack, settings).await;
        std::mem::replace(&mut self.web, web).stop().await;
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.web.url)
    }

    /// Signs up a user with a browser.
    pub async fn sign_up(&self, username: &str) -> (User, Browser) {
        let user = self.stack.sign_up(username).await;
        let browser = self.browser().with_cookie("session", &user.token);
        let browser = browser.with_cookie("consistency", user.consistency_token());
        (user, browser)
    }

    /// Signs up a moderator with a browser.
    pub async fn sign_up_moderator(&self, username: &str) -> (User, Browser) {
        let user = self.stack.sign_up_moderator(username).await;
        let browser = self.browser().with_cookie("session", &user.token);
        (user, browser)
    }

    /// Stops everything and checks for leftovers.
    pub async fn finish(self) {
        self.web.stop().await;
        self.stack.finish().await;
    }
}

async fn start_web(stack: &Stack, settings: WebSettings) -> RunningService {
    let web = RunningService::start_unready(web::service(), platform(&stack.nats), settings).await;
    web.ready().await;
    web
}

fn platform(nats: &NatsServer) -> PlatformSettings {
    PlatformSettings {
        mongodb_uri: None,
        // The same permissions as in production.
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
        // Only ends a test that hangs.
        read_timeout: 60,
        write_timeout: 60,
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
