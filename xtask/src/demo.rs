//! `up --demo`: sample authors, posts and comments, created through the public API.
//!
//! Repeating it changes nothing: existing accounts are signed in, and every creation has an `Idempotency-Key`, so
//! it returns what it created before.

mod content;
mod session;

use crate::{paths::Paths, progress::Progress};
use anyhow::Context;
use content::{Comment, Content, Post};
use serde_json::{Value, json};
use session::{Created, Session};
use std::collections::HashMap;

/// The password of every sample author. They exist on development machines only.
const PASSWORD: &str = "ink-and-paper-2026";

type Sessions = HashMap<String, Session>;

pub async fn seed(paths: &Paths, url: &str, progress: &Progress) -> anyhow::Result<()> {
    let content = Content::read(&paths.root.join("xtask/demo"))?;
    progress.report(format_args!("creating sample content: {content}"));
    let mut sessions = Sessions::new();
    for author in &content.authors {
        let session = Session::new(url, author, PASSWORD).await;
        let session = session.with_context(|| format!("the author {}", author.username))?;
        sessions.insert(author.username.clone(), session);
    }
    for post in &content.posts {
        let created = publish(&sessions, post)
            .await
            .with_context(|| format!("the post {}", post.key))?;
        let comments = content
            .comments
            .get(&post.key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let discussed = discuss(&sessions, post, &created, comments).await;
        discussed.with_context(|| format!("comments on {}", post.key))?;
    }
    let names = content.names();
    progress.report(format_args!(
        "the sample content is created; sign in as {names} with {PASSWORD:?}"
    ));
    Ok(())
}

async fn publish(sessions: &Sessions, post: &Post) -> anyhow::Result<Created> {
    let head = &post.head;
    let body = json!({
        "title": head.title, "summary": head.summary, "tags": head.tags, "body": post.body, "status": "published",
    });
    let key = format!("demo-post-{}", post.key);
    session(sessions, &head.author)?
        .create("/api/posts", &key, None, &body)
        .await
}

/// Creates a thread in the order of its conversation: each comment before the replies to it.
async fn discuss(
    sessions: &Sessions,
    post: &Post,
    created: &Created,
    comments: &[Comment],
) -> anyhow::Result<()> {
    let first = |(index, comment)| (None::<String>, format!("{index}"), comment);
    let mut waiting: Vec<_> = comments.iter().enumerate().map(first).rev().collect();
    while let Some((parent, path, comment)) = waiting.pop() {
        let session = session(sessions, &comment.author)?;
        let mut body = json!({ "post_id": created.id, "body": comment.body });
        if let Some(parent) = parent {
            // Only an approved comment can have replies.
            session.wait_for(&format!("/api/comments/{parent}")).await?;
            body["parent_id"] = Value::String(parent);
        }
        let key = format!("demo-comment-{}-{path}", post.key);
        let after = created.token.as_deref();
        let comment_id = session.create("/api/comments", &key, after, &body).await?.id;
        for (index, reply) in comment.replies.iter().enumerate().rev() {
            waiting.push((Some(comment_id.clone()), format!("{path}.{index}"), reply));
        }
    }
    Ok(())
}

fn session<'a>(sessions: &'a Sessions, author: &str) -> anyhow::Result<&'a Session> {
    sessions
        .get(author)
        .with_context(|| format!("there is no sample author {author}"))
}
