//! `up --demo`: sample authors, posts and comments, made through the public API like anybody's.
//!
//! Doing it again changes nothing: names that are taken are signed in with, and every creation bears an
//! `Idempotency-Key`, so it finds what it made before.

mod content;
mod session;

use crate::{places::Places, ports, progress::Progress};
use anyhow::Context;
use content::{Comment, Content, Post};
use serde_json::{Value, json};
use session::Session;
use std::collections::HashMap;

/// Of every sample author. They exist on development machines only.
const PASSWORD: &str = "ink-and-paper-2026";

pub async fn seed(places: &Places, port: u16, progress: &Progress) -> anyhow::Result<()> {
    let content = Content::read(&places.root.join("xtask").join("demo"))?;
    progress.say(format_args!("making sample content: {content}"));
    let mut sessions = HashMap::new();
    for author in &content.authors {
        let mut session = Session::new(ports::local(port));
        session
            .enter(author, PASSWORD)
            .await
            .with_context(|| format!("the author {}", author.username))?;
        sessions.insert(author.username.clone(), session);
    }
    for post in &content.posts {
        let made = publish(&mut sessions, post)
            .await
            .with_context(|| format!("the post {}", post.key))?;
        let comments = content
            .comments
            .get(&post.key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        discuss(&mut sessions, post, &made, comments)
            .await
            .with_context(|| format!("comments on {}", post.key))?;
    }
    progress.say(format_args!(
        "sample content is there; sign in as {} with {PASSWORD:?}",
        content.names()
    ));
    Ok(())
}

type Sessions = HashMap<String, Session>;

/// What a creation answers.
struct Made {
    id: String,
    /// Names the write, so that whoever comes next can wait for it.
    token: Option<String>,
}

async fn publish(sessions: &mut Sessions, post: &Post) -> anyhow::Result<Made> {
    let body = json!({
        "title": post.title, "summary": post.summary, "tags": post.tags, "body": post.body, "status": "published",
    });
    create(
        sessions,
        &post.author,
        "/api/posts",
        &format!("demo-post-{}", post.key),
        body,
        None,
    )
    .await
}

/// Writes a thread in the order it was spoken: each remark before the answers to it.
async fn discuss(
    sessions: &mut Sessions,
    post: &Post,
    of: &Made,
    comments: &[Comment],
) -> anyhow::Result<()> {
    let first = |(index, comment)| (None::<String>, format!("{index}"), comment);
    let mut waiting: Vec<_> = comments.iter().enumerate().map(first).rev().collect();
    while let Some((parent, path, comment)) = waiting.pop() {
        let mut body = json!({ "post_id": of.id, "body": comment.body });
        if let Some(parent) = parent {
            // Only what readers see can be answered, and it is judged first.
            let session = sessions.values().next().context("there is no sample author")?;
            session.shown(&format!("/api/comments/{parent}")).await?;
            body["parent_id"] = Value::String(parent);
        }
        let key = format!("demo-comment-{}-{path}", post.key);
        let made = create(
            sessions,
            &comment.author,
            "/api/comments",
            &key,
            body,
            of.token.as_deref(),
        )
        .await?;
        for (index, reply) in comment.replies.iter().enumerate().rev() {
            waiting.push((Some(made.id.clone()), format!("{path}.{index}"), reply));
        }
    }
    Ok(())
}

async fn create(
    sessions: &mut Sessions,
    author: &str,
    path: &str,
    key: &str,
    body: Value,
    after: Option<&str>,
) -> anyhow::Result<Made> {
    let session = sessions
        .get_mut(author)
        .with_context(|| format!("no sample author is named {author}"))?;
    let mut headers = vec![("idempotency-key", key)];
    headers.extend(after.map(|token| ("consistency-token", token)));
    let answer = session.post(path, &headers, &body).await?.expect_success(path)?;
    let id = answer.json()?["id"]
        .as_str()
        .context("the answer names no id")?
        .to_owned();
    Ok(Made {
        id,
        token: answer.header("consistency-token"),
    })
}
