//! Pending, rejected and withdrawn texts are in no response and not in the read model: whatever the order of events, after
//! edits, and while events arrive.

use common::{
    event::{
        ApprovedText, CommentFact, CommentState, CommentStatus, Event, PostFact, PostState, PostStatus,
        Timestamp,
    },
    ids::UserId,
};
use futures::TryStreamExt as _;
use mongodb::bson::Document;
use testkit::Client;

use crate::blog::{Blog, comment, follow, hidden, like, post, publish};

/// Occurs in texts that were never approved.
const NEVER: &str = "neverapproved";
/// Occurs in texts that were public and are no longer.
const WITHDRAWN: &str = "withdrawn";
/// Occurs in texts that are public in the end.
const PUBLIC: &str = "ispublic";

/// Occurs in an approved comment on a post that was unpublished.
const HIDDEN: &str = "onhiddenpost";

/// All events of a blog, each with its version, and the tokens of the newest ones.
struct Hihistory {
    events: Vec<(Event, u64)>,
    newest: Vec<String>,
    /// Ids and slugs.
    posts: Vec<String>,
    ids: Vec<String>,
}

impl Hihistory {
    fn new() -> Self {
        Self {
            events: Vec::new(),
            newest: Vec::new(),
            posts: Vec::new(),
            ids: Vec::new(),
        }
    }

    fn comment(&mut self, base: &CommentState, steps: &[(CommentFact, CommentStatus, &str, Option<&str>)]) {
        for (index, (fact, status, body, approved)) in steps.iter().enumerate() {
            let approved = approved.map(|body| ApprovedText {
                revision: 1,
                body: body.to_owned(),
            });
            let state = CommentState {
                status: *status,
                revision: u32::try_from(index).unwrap() + 1,
                body: (*status != CommentStatus::Deleted).then(|| (*body).to_owned()),
                approved,
                reason: (*status == CommentStatus::Rejected).then(|| format!("{NEVER} reason")),
                edited_at: Some(Timestamp::now()),
                ..base.clone()
            };
            self.events.push((Event::Comment(*fact, state), index as u64 + 1));
        }
        self.newest.push(format!("comment:{}@{}", base.id, steps.len()));
    }

    fn post(&mut self, states: &[(PostFact, PostState)]) {
        for (index, (fact, state)) in states.iter().enumerate() {
            self.events
                .push((Event::Post(*fact, state.clone()), index as u64 + 1));
        }
        let id = states[0].1.id;
        self.ids.push(id.to_string());
        self.posts.push(id.to_string());
        self.posts.extend(states[0].1.slug.clone());
        self.newest.push(format!("post:{id}@{}", states.len()));
    }
}

/// A published post with comments in every state, and a post that was unpublished after an edit.
fn history(author: UserId) -> Hihistory {
    use CommentFact::{Approved, Created, Deleted, Edited, Held, Rejected};
    use CommentStatus as Is;
    let mut history = Hihistory::new();
    let open = post(author, "discussed", &format!("{PUBLIC} words."));
    history.post(&[(PostFact::Published, open.clone())]);

    let make = |parent| comment(open.id, parent, author, "");
    let never: &str = &format!("{NEVER} text");
    let withdrawn: &str = &format!("{WITHDRAWN} text");
    let text: &str = &format!("{PUBLIC} text");

    history.comment(&make(None), &[(Created, Is::Pending, never, None)]);
    history.comment(
        &make(None),
        &[
            (Created, Is::Pending, never, None),
            (Rejected, Is::Rejected, never, None),
            (Edited, Is::Pending, never, None),
            (Held, Is::Pending, never, None),
        ],
    );
    let public = make(None);
    history.comment(
        &public,
        &[
            (Created, Is::Pending, text, None),
            (Approved, Is::Approved, text, Some(text)),
            (Edited, Is::Pending, never, Some(text)),
            (Held, Is::Pending, never, Some(text)),
            (Edited, Is::Pending, never, Some(text)),
            (Rejected, Is::Rejected, never, Some(text)),
        ],
    );
    for (fact, status) in [
        (Held, Is::Pending),
        (Rejected, Is::Rejected),
        (Deleted, Is::Deleted),
    ] {
        let hidden_comment = make(Some(public.id));
        history.comment(
            &hidden_comment,
            &[
                (Created, Is::Pending, withdrawn, None),
                (Approved, Is::Approved, withdrawn, Some(withdrawn)),
                (fact, status, withdrawn, None),
            ],
        );
        // An approved reply to it is attached to a placeholder.
        history.comment(
            &make(Some(hidden_comment.id)),
            &[(Approved, Is::Approved, text, Some(text))],
        );
    }

    let mut first = post(
        author,
        &format!("{WITHDRAWN}-title"),
        &format!("{WITHDRAWN} words."),
    );
    let content = first.content.as_mut().unwrap();
    content.tags = vec![WITHDRAWN.to_owned()];
    content.summary = Some(WITHDRAWN.to_owned());
    content.cover = Some(format!("/{WITHDRAWN}.png"));
    let mut second = first.clone();
    second.former_slugs = second
        .slug
        .replace(format!("{WITHDRAWN}-second"))
        .into_iter()
        .collect();
    second.content.as_mut().unwrap().title = format!("{WITHDRAWN} again");
    let down = hidden(&second, PostStatus::Draft);
    // Approved, but not public without the post.
    let below: &str = &format!("{HIDDEN} text");
    history.comment(
        &comment(first.id, None, author, ""),
        &[(Approved, Is::Approved, below, Some(below))],
    );
    history.post(&[
        (PostFact::Published, first),
        (PostFact::Updated, second.clone()),
        (PostFact::Unpublished, down),
    ]);
    history.posts.extend(second.slug);
    history
}

/// A reproducible shuffle, so that a failure can be examined.
fn shuffled(events: Vec<(Event, u64)>, seed: u64) -> Vec<(Event, u64)> {
    let mut keyed: Vec<(u64, (Event, u64))> = Vec::new();
    for (index, event) in events.into_iter().enumerate() {
        let place = |salt: u64| {
            (index as u64 + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .wrapping_add(seed.wrapping_mul(salt))
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .rotate_left(31)
        };
        // Some are delivered twice.
        if place(7) % 3 == 0 {
            keyed.push((place(5), event.clone()));
        }
        keyed.push((place(3), event));
    }
    keyed.sort_by_key(|(place, _)| *place);
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// All public responses, as one text.
async fn responses(reader: &Client, history: &Hihistory, token: Option<&str>) -> String {
    let mut paths = vec![
        "/api/query/posts".to_owned(),
        "/api/query/posts?limit=1".to_owned(),
        format!("/api/query/posts?tag={WITHDRAWN}"),
        "/api/query/posts?author=ann".to_owned(),
        format!("/api/query/posts?q={WITHDRAWN}"),
        format!("/api/query/posts?q={NEVER}"),
        format!("/api/query/posts?ids={}", history.ids.join(",")),
        "/api/query/sitemap".to_owned(),
        "/api/query/archive".to_owned(),
        "/api/query/tags".to_owned(),
        "/api/query/users/ann".to_owned(),
        "/api/query/following".to_owned(),
    ];
    for post in &history.posts {
        paths.push(format!("/api/query/posts/{post}"));
        paths.push(format!("/api/query/posts/{post}/comments"));
    }
    let mut text = String::new();
    for path in paths {
        // A reader who follows the author.
        let request = reader.get(&path);
        let request = match token {
            Some(token) => request.header("consistency-token", token),
            None => request,
        };
        let response = request.send().await;
        assert!(
            matches!(response.status, 200 | 301 | 404),
            "{path}: {}",
            response.text()
        );
        // Without the request's own path, but with redirects.
        let body = response.text().replace(&path, "");
        text.push_str(&format!(
            "{} {} {body}\n",
            response.status,
            response.header("location")
        ));
    }
    text
}

/// All documents of the read model, as one text. The slug of an unpublished post stays reserved.
async fn documents(blog: &Blog) -> String {
    let database = blog.database.connect().await;
    let mut text = String::new();
    for name in database.list_collection_names().await.unwrap() {
        let found = database.collection::<Document>(&name).find(Document::new()).await;
        let all: Vec<Document> = found.unwrap().try_collect().await.unwrap();
        for mut document in all {
            document.remove("slug");
            document.remove("former_slugs");
            // A tag without posts is equivalent to none and in no response.
            let posts = document
                .get_i64("posts")
                .ok()
                .or(document.get_i32("posts").ok().map(i64::from));
            if name.ends_with("_tags") && posts == Some(0) {
                continue;
            }
            text.push_str(&format!("{name} {document}\n"));
        }
    }
    text
}

#[tokio::test]
async fn pending_rejected_and_withdrawn_texts_are_never_returned() {
    for seed in 0..6 {
        let blog = Blog::start().await;
        let (ann, bob) = (blog.create_user("ann").await, blog.create_user("bob").await);
        let (fact, follows) = follow(bob.id, ann.id, true);
        blog.publish(fact, 1, &follows).await;
        let (history, reader) = (history(ann.id), blog.signed_in(bob.id));
        let mut events = history.events.clone();
        if seed > 0 {
            events = shuffled(events, seed);
        }
        for (index, (event, version)) in events.into_iter().enumerate() {
            publish(&blog.bus, event, version).await;
            if index % 5 == 0 {
                let now = responses(&reader, &history, None).await;
                assert!(!now.contains(NEVER), "seed {seed}, after {index}: {now}");
            }
        }
        let token = history.newest.join(", ");
        let last = blog.read_json("/api/query/posts/discussed", &token).await;
        assert_eq!(
            last["counts"]["comments"], 4,
            "seed {seed}: the public one and three replies"
        );

        let (responses, documents) = (
            responses(&reader, &history, Some(&token)).await,
            documents(&blog).await,
        );
        assert!(!responses.contains(HIDDEN), "seed {seed}: {responses}");
        for (what, text) in [("responses", responses), ("documents", documents)] {
            for word in [NEVER, WITHDRAWN] {
                assert!(!text.contains(word), "seed {seed}, {what}: {word} in {text}");
            }
            assert!(text.matches(PUBLIC).count() >= 5, "seed {seed}, {what}: {text}");
        }
        blog.finish().await;
    }
}

#[tokio::test]
async fn a_restored_post_has_its_comments_and_counters_again() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let state = post(ann.id, "contested", "Words.");
    blog.publish_post(&state).await;
    let (fact, liked) = like(state.id, ann.id, true);
    blog.publish(fact, 1, &liked).await;
    let token = blog
        .publish_comment(&comment(state.id, None, ann.id, "Hear, hear"))
        .await;
    let before = blog.read_json("/api/query/posts/contested", &token).await;
    let listed = blog.read_json("/api/query/posts?tag=rust", &token).await;

    let down = hidden(&state, PostStatus::Draft);
    let token = blog.publish(PostFact::Unpublished, 2, &down).await;
    for path in [
        "/api/query/posts/contested".to_owned(),
        format!("/api/query/posts/{}/comments", state.id),
    ] {
        blog.read(&path, &token).await.refused(404, "not_found");
    }
    let tags = blog.read_json("/api/query/tags", &token).await;
    assert_eq!(tags["items"], serde_json::json!([]));

    let token = blog.publish(PostFact::Published, 3, &state).await;
    let mut after = blog.read_json("/api/query/posts/contested", &token).await;
    assert_eq!(after["version"], 3);
    after["version"] = before["version"].clone();
    assert_eq!(after, before);
    let mut listed_again = blog.read_json("/api/query/posts?tag=rust", &token).await;
    listed_again["items"][0]["version"] = listed["items"][0]["version"].clone();
    assert_eq!(listed_again, listed);
    blog.finish().await;
}
