//! The whole platform with some posts, and `web` as a process of its own.

use std::fs;

use anyhow::ensure;
use tempfile::TempDir;
use testkit::{DatabaseServer, TestDatabase};
use tests::{Process, ProcessSettings, Stack};

use crate::load;

/// Enough for a full home page.
const POSTS: usize = 25;
const COMMENTS: usize = 10;
const MANIFEST: &str = r#"{
  "src/styles/site.css": { "file": "site-AAAA.css", "isEntry": true },
  "src/site.ts": { "file": "site-BBBB.js", "isEntry": true }
}"#;

pub(crate) struct Blog {
    stack: Stack,
    server: DatabaseServer,
    web: Process,
    /// The path of one post's page.
    pub(crate) post: String,
    _assets: TempDir,
}

impl Blog {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let server = DatabaseServer::start().await;
        let stack = Stack::start_with(|service| TestDatabase::on(&server.uri(), service)).await;
        let assets = tempfile::tempdir()?;
        for (name, text) in [
            ("manifest.json", MANIFEST),
            ("site-AAAA.css", ""),
            ("site-BBBB.js", ""),
        ] {
            fs::write(assets.path().join(name), text)?;
        }
        let unused = TestDatabase::on(&server.uri(), "web");
        let web = ProcessSettings::new("web", &stack.nats, &unused)
            .with("ASSETS_DIR", &assets.path().display().to_string())
            .with("AUTH_URL", &stack.auth.url())
            .with("POSTS_URL", &stack.posts.url())
            .with("COMMENTS_URL", &stack.comments.url())
            .with("MODERATION_URL", &stack.moderation.url())
            .with("QUERY_URL", &stack.query.url())
            .start()
            .await;
        web.ready().await;
        let mut ann = stack.sign_up("ann").await;
        for number in 0..POSTS {
            let post = ann
                .publish(&format!("What the log remembers, part {number}"))
                .await;
            if number + 1 == POSTS {
                for comment in 0..COMMENTS {
                    ann.comment(&post, &format!("Comment *number {comment}* on that."))
                        .await;
                }
            }
        }
        let path = format!("/p/what-the-log-remembers-part-{}", POSTS - 1);
        let blog = Self {
            stack,
            server,
            web,
            post: path,
            _assets: assets,
        };
        blog.stack
            .read_until("/api/query/posts?limit=100", |response| {
                response.json()["items"]
                    .as_array()
                    .is_some_and(|items| items.len() == POSTS)
            })
            .await;
        let home = load::once(&blog.address(), "/").await?;
        ensure!(home.body.len() > 10_000, "the home page is incomplete");
        Ok(blog)
    }

    /// Where the pages are served.
    pub(crate) fn address(&self) -> String {
        self.web.address()
    }

    pub(crate) async fn finish(self) {
        self.web.kill();
        self.stack.finish().await;
        drop(self.server);
    }
}
