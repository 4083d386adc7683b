//! The data set of the read side: a blog's whole log, the same on every machine. Of ten events three are posts of about
//! 1 KB, three comments, three likes and one a follow; the first ones are users.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use common::{
    event::{
        ApprovedText, CommentFact, CommentState, CommentStatus, Envelope, Event, FollowFact, FollowState,
        PostContent, PostFact, PostState, PostStatus, ReactionFact, ReactionKind, ReactionState, Role,
        Timestamp, UserFact, UserProfile, UserState, encode,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;
/// Milliseconds between events: a million of them are a year.
const STEP: i64 = 31_536;
const TAGS: u64 = 500;

/// The log of a blog with `events` events.
pub(crate) struct DataSet {
    events: u64,
    users: u64,
}

impl DataSet {
    pub(crate) fn new(events: u64) -> Self {
        Self {
            events,
            users: (events / 500).max(10),
        }
    }

    /// Writes it as an export of the `events` command.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for number in 0..self.events {
            serde_json::to_writer(&mut file, &self.record(number)?)?;
            file.write_all(b"\n")?;
        }
        Ok(file.flush()?)
    }

    fn record(&self, number: u64) -> anyhow::Result<Value> {
        let time = at(number);
        let id = EventId::from_uuid(uuid(9, number));
        let envelope = Envelope {
            id,
            service: "bench".to_owned(),
            time,
            aggregate_version: 1,
            correlation_id: id.to_string(),
            causation_id: None,
            actor: "service:bench".to_owned(),
            traceparent: None,
        };
        let message = encode(&envelope, &self.event(number))?;
        let headers = message.headers.iter();
        let headers: Map<String, Value> = headers
            .map(|(name, value)| (name.as_str().to_owned(), json!([value])))
            .collect();
        Ok(json!({
            "sequence": number + 1, "time": time, "subject": message.subject, "headers": headers,
            "data": String::from_utf8(message.payload.to_vec())?,
        }))
    }

    fn event(&self, number: u64) -> Event {
        if number < self.users {
            return user(number);
        }
        // One in a thousand numbers repeats the pattern of the last digits, so that references look random.
        let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let (user, posts) = (random % self.users, number / 10 * 3);
        match number % 10 {
            part @ 0..3 => post(posts + part, user, number),
            part @ 3..6 => comment(posts + part, random % posts.max(1), user, number),
            6..9 => like(random % posts.max(1), number % self.users, number),
            _ => follow(number % self.users, user, number),
        }
    }
}

fn at(number: u64) -> Timestamp {
    let millis = START + i64::try_from(number).unwrap_or(0) * STEP;
    Timestamp::from_millis(millis).unwrap_or_else(Timestamp::now)
}

fn uuid(kind: u64, number: u64) -> Uuid {
    Uuid::from_u128(u128::from(kind) << 96 | 0x7000_8000 << 64 | u128::from(number))
}

fn user_id(number: u64) -> UserId {
    UserId::from_uuid(uuid(1, number))
}

fn post_id(number: u64) -> PostId {
    PostId::from_uuid(uuid(2, number))
}

fn user(number: u64) -> Event {
    let state = UserState {
        id: user_id(number),
        role: Role::Author,
        profile: Some(UserProfile {
            username: format!("user-{number}"),
            name: format!("User {number}"),
            bio: String::new(),
        }),
        created_at: at(number),
    };
    Event::User(UserFact::Registered, state)
}

fn post(post: u64, author: u64, number: u64) -> Event {
    let paragraph = "An event says *what* happened, and a `projection` makes of it what readers see. ";
    let body = format!("# Part {post}\n\n{}\n\n- one\n- two\n", paragraph.repeat(11));
    let state = PostState {
        id: post_id(post),
        author_id: user_id(author),
        status: PostStatus::Published,
        slug: Some(format!("part-{post}")),
        former_slugs: Vec::new(),
        content: Some(PostContent {
            title: format!("What the log remembers, part {post}"),
            body,
            summary: None,
            tags: vec![format!("tag-{}", post % TAGS), "events".to_owned()],
            cover: None,
            language: None,
        }),
        created_at: at(number),
        updated_at: at(number),
        published_at: Some(at(number)),
    };
    Event::Post(PostFact::Published, state)
}

fn comment(comment: u64, post: u64, author: u64, number: u64) -> Event {
    let body = "A thought on that, and a *calm* one, with some more words. ".repeat(3);
    let state = CommentState {
        id: CommentId::from_uuid(uuid(3, comment)),
        post_id: post_id(post),
        parent_id: None,
        author_id: Some(user_id(author)),
        status: CommentStatus::Approved,
        revision: 1,
        body: Some(body.clone()),
        approved: Some(ApprovedText { revision: 1, body }),
        reason: None,
        created_at: at(number),
        edited_at: None,
    };
    Event::Comment(CommentFact::Approved, state)
}

fn like(post: u64, user: u64, number: u64) -> Event {
    let state = ReactionState {
        post_id: post_id(post),
        user_id: user_id(user),
        kind: ReactionKind::Like,
        active: true,
        changed_at: at(number),
    };
    Event::Reaction(ReactionFact::Added, state)
}

fn follow(follower: u64, followee: u64, number: u64) -> Event {
    let state = FollowState {
        follower_id: user_id(follower),
        followee_id: user_id(followee),
        active: true,
        changed_at: at(number),
    };
    Event::Follow(FollowFact::Followed, state)
}
