//! No text that waits, was refused or was taken back is in any answer or in the read model: whatever the order of the
//! events, through edits, and while they come.

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

use crate::blog::{Blog, comment, follow, hidden, like, post, say};

/// Stands in texts that were never approved.
const NEVER: &str = "nevershown";
/// Stands in texts that were public once and may not be any more.
const NO_MORE: &str = "takenback";
/// Stands in texts that are public in the end.
const SHOWN: &str = "openlyshown";

/// Stands in an approved comment on a post that was taken down.
const BELOW: &str = "belowapost";

/// Everything that is said about a blog: each event with its version, and the tokens of the newest ones.
struct Story {
    events: Vec<(Event, u64)>,
    newest: Vec<String>,
    /// Ids and addresses.
    posts: Vec<String>,
    ids: Vec<String>,
}

impl Story {
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

/// A post that stays, with comments in every state, and one that was taken down after an edit.
fn story(author: UserId) -> Story {
    use CommentFact::{Approved, Created, Deleted, Edited, Held, Rejected};
    use CommentStatus as Is;
    let mut story = Story::new();
    let open = post(author, "discussed", &format!("{SHOWN} words."));
    story.post(&[(PostFact::Published, open.clone())]);

    let make = |parent| comment(open.id, parent, author, "");
    let never: &str = &format!("{NEVER} text");
    let gone: &str = &format!("{NO_MORE} text");
    let shown: &str = &format!("{SHOWN} text");

    story.comment(&make(None), &[(Created, Is::Pending, never, None)]);
    story.comment(
        &make(None),
        &[
            (Created, Is::Pending, never, None),
            (Rejected, Is::Rejected, never, None),
            (Edited, Is::Pending, never, None),
            (Held, Is::Pending, never, None),
        ],
    );
    let public = make(None);
    story.comment(
        &public,
        &[
            (Created, Is::Pending, shown, None),
            (Approved, Is::Approved, shown, Some(shown)),
            (Edited, Is::Pending, never, Some(shown)),
            (Held, Is::Pending, never, Some(shown)),
            (Edited, Is::Pending, never, Some(shown)),
            (Rejected, Is::Rejected, never, Some(shown)),
        ],
    );
    for (fact, status) in [
        (Held, Is::Pending),
        (Rejected, Is::Rejected),
        (Deleted, Is::Deleted),
    ] {
        let taken_back = make(Some(public.id));
        story.comment(
            &taken_back,
            &[
                (Created, Is::Pending, gone, None),
                (Approved, Is::Approved, gone, Some(gone)),
                (fact, status, gone, None),
            ],
        );
        // An approved answer to it hangs on a placeholder.
        story.comment(
            &make(Some(taken_back.id)),
            &[(Approved, Is::Approved, shown, Some(shown))],
        );
    }

    let mut first = post(author, &format!("{NO_MORE}-title"), &format!("{NO_MORE} words."));
    let content = first.content.as_mut().unwrap();
    content.tags = vec![NO_MORE.to_owned()];
    content.summary = Some(NO_MORE.to_owned());
    content.cover = Some(format!("/{NO_MORE}.png"));
    let mut second = first.clone();
    second.former_slugs = second
        .slug
        .replace(format!("{NO_MORE}-second"))
        .into_iter()
        .collect();
    second.content.as_mut().unwrap().title = format!("{NO_MORE} again");
    let down = hidden(&second, PostStatus::Draft);
    // Approved, but nobody sees it without the post.
    let below: &str = &format!("{BELOW} text");
    story.comment(
        &comment(first.id, None, author, ""),
        &[(Approved, Is::Approved, below, Some(below))],
    );
    story.post(&[
        (PostFact::Published, first),
        (PostFact::Updated, second.clone()),
        (PostFact::Unpublished, down),
    ]);
    story.posts.extend(second.slug);
    story
}

/// The same numbers each time, so that a failure can be looked at again.
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
        // Some come twice.
        if place(7) % 3 == 0 {
            keyed.push((place(5), event.clone()));
        }
        keyed.push((place(3), event));
    }
    keyed.sort_by_key(|(place, _)| *place);
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// Every answer that readers can get, as one text.
async fn answers(reader: &Client, story: &Story, token: Option<&str>) -> String {
    let mut paths = vec![
        "/api/query/posts".to_owned(),
        "/api/query/posts?limit=1".to_owned(),
        format!("/api/query/posts?tag={NO_MORE}"),
        "/api/query/posts?author=ann".to_owned(),
        format!("/api/query/posts?q={NO_MORE}"),
        format!("/api/query/posts?q={NEVER}"),
        format!("/api/query/posts?ids={}", story.ids.join(",")),
        "/api/query/sitemap".to_owned(),
        "/api/query/archive".to_owned(),
        "/api/query/tags".to_owned(),
        "/api/query/users/ann".to_owned(),
        "/api/query/following".to_owned(),
    ];
    for post in &story.posts {
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
        let answer = request.send().await;
        assert!(
            matches!(answer.status, 200 | 301 | 404),
            "{path}: {}",
            answer.text()
        );
        // What the reader asked for is not told, but a redirection is.
        let body = answer.text().replace(&path, "");
        text.push_str(&format!(
            "{} {} {body}\n",
            answer.status,
            answer.header("location")
        ));
    }
    text
}

/// Every document of the read model, as one text. The address of a post that was taken down stays reserved.
async fn documents(blog: &Blog) -> String {
    let database = blog.database.connect().await;
    let mut text = String::new();
    for name in database.list_collection_names().await.unwrap() {
        let found = database.collection::<Document>(&name).find(Document::new()).await;
        let all: Vec<Document> = found.unwrap().try_collect().await.unwrap();
        for mut document in all {
            document.remove("slug");
            document.remove("former_slugs");
            // A tag without posts is the same as none, and shown nowhere.
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
async fn nothing_that_waits_was_refused_or_was_taken_back_is_ever_shown() {
    for seed in 0..6 {
        let blog = Blog::start().await;
        let (ann, bob) = (blog.person("ann").await, blog.person("bob").await);
        let (fact, follows) = follow(bob.id, ann.id, true);
        blog.say(fact, 1, &follows).await;
        let (story, reader) = (story(ann.id), blog.signed_in(bob.id));
        let mut events = story.events.clone();
        if seed > 0 {
            events = shuffled(events, seed);
        }
        for (index, (event, version)) in events.into_iter().enumerate() {
            say(&blog.bus, event, version).await;
            if index % 5 == 0 {
                let now = answers(&reader, &story, None).await;
                assert!(!now.contains(NEVER), "seed {seed}, after {index}: {now}");
            }
        }
        let token = story.newest.join(", ");
        let last = blog.show("/api/query/posts/discussed", &token).await;
        assert_eq!(
            last["counts"]["comments"], 4,
            "seed {seed}: the public one and three answers"
        );

        let (answers, documents) = (
            answers(&reader, &story, Some(&token)).await,
            documents(&blog).await,
        );
        assert!(!answers.contains(BELOW), "seed {seed}: {answers}");
        for (what, text) in [("answers", answers), ("documents", documents)] {
            for word in [NEVER, NO_MORE] {
                assert!(!text.contains(word), "seed {seed}, {what}: {word} in {text}");
            }
            assert!(text.matches(SHOWN).count() >= 5, "seed {seed}, {what}: {text}");
        }
        blog.finish().await;
    }
}

#[tokio::test]
async fn what_was_taken_down_comes_back_with_its_comments_and_numbers() {
    let blog = Blog::start().await;
    let ann = blog.person("ann").await;
    let state = post(ann.id, "contested", "Words.");
    blog.publish(&state).await;
    let (fact, liked) = like(state.id, ann.id, true);
    blog.say(fact, 1, &liked).await;
    let token = blog.comment(&comment(state.id, None, ann.id, "Hear, hear")).await;
    let before = blog.show("/api/query/posts/contested", &token).await;
    let listed = blog.show("/api/query/posts?tag=rust", &token).await;

    let down = hidden(&state, PostStatus::Draft);
    let token = blog.say(PostFact::Unpublished, 2, &down).await;
    for path in [
        "/api/query/posts/contested".to_owned(),
        format!("/api/query/posts/{}/comments", state.id),
    ] {
        blog.read(&path, &token).await.refused(404, "not_found");
    }
    let tags = blog.show("/api/query/tags", &token).await;
    assert_eq!(tags["items"], serde_json::json!([]));

    let token = blog.say(PostFact::Published, 3, &state).await;
    let mut after = blog.show("/api/query/posts/contested", &token).await;
    assert_eq!(after["version"], 3);
    after["version"] = before["version"].clone();
    assert_eq!(after, before);
    let mut listed_again = blog.show("/api/query/posts?tag=rust", &token).await;
    listed_again["items"][0]["version"] = listed["items"][0]["version"].clone();
    assert_eq!(listed_again, listed);
    blog.finish().await;
}
