//! Live changes as server-sent events. They report what has changed, not the new content.

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
    ids::{InvalidId, PostId},
};
use futures::stream;
use runtime::{
    error::ApiError,
    http::{ClientAddr, ProblemResponses, Query},
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    changes::{ChangeNote, Key},
    live_limits::LivePermit,
    state::AppState,
};

/// The interval of comments in an idle stream; proxies close connections that are idle for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it reconnects.
const RETRY: Duration = Duration::from_secs(2);

/// Stream changes as server-sent events
///
/// The first event is `ready`; then `change` for each changed resource, and `resync` when any resource may have changed.
#[utoipa::path(get, path = "/api/query/live", params(LiveFilter), tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = LiveChange), ProblemResponses))]
pub(super) async fn stream(
    State(state): State<AppState>,
    Query(filter): Query<LiveFilter>,
    address: ClientAddr,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let posts = filter.posts.as_deref().map(parse_posts).transpose()?;
    let permit = state.live_limits.acquire(address, &headers)?;
    let mut client = Client {
        notes: state.hub.subscribe(),
        posts,
        pending: VecDeque::new(),
        draining: state.draining.clone(),
        _permit: permit,
    };
    let position = state.hub.position();
    let ready = Event::default().event("ready").retry(RETRY).data("{}");
    client.pending.push_back(ready.id(position.to_string()));
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    if last_seen.is_some_and(|id| id != position.to_string()) {
        // Missed events are not retained.
        client.pending.push_back(resync(position));
    }
    let events = stream::unfold(client, |mut client| async {
        let event = client.next().await?;
        Some((Ok::<_, Infallible>(event), client))
    });
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    // Prevents buffering in nginx.
    let unbuffered = [("x-accel-buffering", "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response())
}

fn parse_posts(text: &str) -> Result<HashSet<PostId>, ApiError> {
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    let posts: Result<HashSet<PostId>, _> = ids.map(str::parse).collect();
    let posts = posts.map_err(|error: InvalidId| {
        ApiError::new(
            ErrorCode::MalformedRequest,
            "posts must be ids of posts, separated by commas.",
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

/// An open stream.
struct Client {
    notes: broadcast::Receiver<Arc<ChangeNote>>,
    posts: Option<HashSet<PostId>>,
    pending: VecDeque<Event>,
    draining: CancellationToken,
    _permit: LivePermit,
}

impl Client {
    /// The next event. The stream ends at shutdown, and if the client reads too slowly.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            let note = self.draining.run_until_cancelled(self.notes.recv()).await?.ok()?;
            self.pending.extend(events(&note, self.posts.as_ref()));
        }
    }
}

fn events(note: &ChangeNote, posts: Option<&HashSet<PostId>>) -> Vec<Event> {
    if note.keys.contains(&Key::All) {
        return vec![resync(note.position)];
    }
    let changes = changes(&note.keys, posts).into_iter();
    let events = changes.filter_map(|change| Event::default().event("change").json_data(change).ok());
    events.map(|event| event.id(note.position.to_string())).collect()
}

/// One change for each resource, with all its changed parts.
fn changes(keys: &[Key], posts: Option<&HashSet<PostId>>) -> Vec<LiveChange> {
    let mut by_post: BTreeMap<PostId, Vec<ChangeKind>> = BTreeMap::new();
    let mut others = Vec::new();
    for key in keys {
        match (key.of_post(), posts) {
            (Some((post, kind)), watched) if watched.is_none_or(|posts| posts.contains(&post)) => {
                by_post.entry(post).or_default().push(kind);
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
    let by_post = by_post.into_iter().map(|(post, kinds)| LiveChange {
        key: Key::Post(post).to_string(),
        kinds,
    });
    by_post.chain(others).collect()
}

fn resync(position: u64) -> Event {
    let event = Event::default().event("resync").data(r#"{"key":"*","kinds":[]}"#);
    event.id(position.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_reports_each_watched_post_once_and_no_other() {
        let [watched, other] = [PostId::generate(), PostId::generate()];
        let keys = [
            Key::Posts,
            Key::Post(watched),
            Key::Counts(watched),
            Key::Counts(other),
            Key::Username("a".into()),
        ];
        let reported = changes(&keys, Some(&HashSet::from([watched])));
        assert_eq!(
            reported,
            [LiveChange {
                key: format!("post:{watched}"),
                kinds: vec![ChangeKind::Post, ChangeKind::Counts]
            }]
        );
        let all = changes(&keys, None).into_iter();
        let mut all: Vec<String> = all.map(|change| change.key).collect();
        all.sort();
        let mut expected = [
            format!("post:{watched}"),
            format!("post:{other}"),
            "posts".to_owned(),
        ];
        expected.sort();
        assert_eq!(all, expected);
    }
}
