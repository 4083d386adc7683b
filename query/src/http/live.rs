//! Live changes for browsers: server-sent events. They say what changed, not how; who wants to know reads again.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use common::{
    api::query::{ChangeKind, LiveChange, LiveFilter, MAX_IDS},
    error::ErrorCode,
    ids::PostId,
};
use futures::stream;
use runtime::{
    error::ApiError,
    http::{ProblemResponses, Query},
};
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    notes::{Key, Note},
    state::AppState,
};

/// How often a silent stream says that it is alive; proxies close what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// Changes as server-sent events: `ready` first, `change` for each thing that changed, `resync` when any may have.
#[utoipa::path(get, path = "/api/query/live", params(LiveFilter), tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = LiveChange), ProblemResponses))]
pub(super) async fn stream(
    State(app): State<AppState>,
    Query(filter): Query<LiveFilter>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let posts = filter.posts.as_deref().map(parse_posts).transpose()?;
    let permit = app.live_clients.clone().try_acquire_owned().map_err(|full| {
        ApiError::new(
            ErrorCode::Unavailable,
            "Too many live streams at this moment; try again later.",
        )
        .retry_after(Duration::from_secs(5))
        .with_source(full)
    })?;
    let mut client = Client {
        notes: app.hub.notes(),
        posts,
        waiting: VecDeque::new(),
        draining: app.draining.clone(),
        _permit: permit,
    };
    let position = app.hub.position();
    let ready = Event::default().event("ready").retry(RETRY).data("{}");
    client.waiting.push_back(ready.id(position.to_string()));
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    if last_seen.is_some_and(|id| id != position.to_string()) {
        // What it missed is not kept; it reads again.
        client.waiting.push_back(resync(position));
    }
    let events = stream::unfold(client, |mut client| async {
        let event = client.next().await?;
        Some((Ok::<_, Infallible>(event), client))
    });
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    // nginx would collect events otherwise.
    Ok((
        [("x-accel-buffering", "no")],
        Sse::new(events).keep_alive(keep_alive),
    )
        .into_response())
}

fn parse_posts(text: &str) -> Result<HashSet<PostId>, ApiError> {
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    let posts: HashSet<PostId> =
        ids.map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|error: common::ids::InvalidId| {
                ApiError::new(
                    ErrorCode::MalformedRequest,
                    "posts holds ids of posts, separated by commas.",
                )
                .with_source(error)
            })?;
    if posts.len() > MAX_IDS {
        return Err(ApiError::field(
            "posts",
            ErrorCode::TooMany,
            format!("at most {MAX_IDS} posts"),
        ));
    }
    Ok(posts)
}

/// One open stream.
struct Client {
    notes: broadcast::Receiver<Arc<Note>>,
    posts: Option<HashSet<PostId>>,
    waiting: VecDeque<Event>,
    draining: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    /// The next event; the stream ends at shutdown, and for a client that reads too slowly to keep up.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let note = tokio::select! {
                biased;
                () = self.draining.cancelled() => return None,
                note = self.notes.recv() => note.ok()?,
            };
            self.waiting.extend(events(&note, self.posts.as_ref()));
        }
    }
}

fn events(note: &Note, posts: Option<&HashSet<PostId>>) -> Vec<Event> {
    if note.keys.contains(&Key::All) {
        return vec![resync(note.position)];
    }
    let changes = changes(&note.keys, posts).into_iter();
    let events = changes.filter_map(|change| Event::default().event("change").json_data(change).ok());
    events.map(|event| event.id(note.position.to_string())).collect()
}

/// One change for each thing, with all that changed of it.
fn changes(keys: &[Key], posts: Option<&HashSet<PostId>>) -> Vec<LiveChange> {
    let mut of_posts: BTreeMap<PostId, Vec<ChangeKind>> = BTreeMap::new();
    let mut others = Vec::new();
    for key in keys {
        match (key.of_post(), posts) {
            (Some((post, kind)), watched) if watched.is_none_or(|posts| posts.contains(&post)) => {
                of_posts.entry(post).or_default().push(kind);
            }
            (None, None) if !matches!(key, Key::Username(_)) => {
                others.push(LiveChange {
                    key: key.to_string(),
                    kinds: Vec::new(),
                });
            }
            _ => {}
        }
    }
    let of_posts = of_posts.into_iter().map(|(post, kinds)| LiveChange {
        key: format!("post:{post}"),
        kinds,
    });
    of_posts.chain(others).collect()
}

fn resync(position: u64) -> Event {
    let event = Event::default().event("resync").data(r#"{"key":"*","kinds":[]}"#);
    event.id(position.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_of_its_posts_alone_and_once_for_each() {
        let [watched, other] = [PostId::generate(), PostId::generate()];
        let keys = [
            Key::Posts,
            Key::Post(watched),
            Key::Counts(watched),
            Key::Counts(other),
            Key::Username("a".into()),
        ];
        let told = changes(&keys, Some(&HashSet::from([watched])));
        assert_eq!(
            told,
            [LiveChange {
                key: format!("post:{watched}"),
                kinds: vec![ChangeKind::Post, ChangeKind::Counts]
            }]
        );
        let mut all: Vec<String> = changes(&keys, None)
            .into_iter()
            .map(|change| change.key)
            .collect();
        all.sort();
        let mut expected = vec![
            format!("post:{watched}"),
            format!("post:{other}"),
            "posts".to_owned(),
        ];
        expected.sort();
        assert_eq!(all, expected);
    }
}
