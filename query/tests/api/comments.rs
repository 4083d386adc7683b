//! Threads, and the parts of them that are not public.

use common::{
    event::{ApprovedText, CommentFact, CommentState, CommentStatus, Timestamp},
    ids::{PostId, UserId},
};
use serde_json::{Value, json};

use crate::blog::{Blog, comment, deleted, post, unapproved};

fn path(post: PostId) -> String {
    format!("/api/query/posts/{post}/comments")
}

/// Each comment's text, or `-` for a placeholder, with replies in brackets.
fn shape(items: &Value) -> String {
    let items = items.as_array().unwrap().iter().map(|item| {
        let text = item["html"].as_str().map_or("-", |html| {
            html.trim().trim_start_matches("<p>").trim_end_matches("</p>")
        });
        assert_eq!(item["deleted"], json!(text == "-"), "{item}");
        assert_eq!(item["version"].is_null(), text == "-", "{item}");
        match shape(&item["replies"]).as_str() {
            "" => text.to_owned(),
            replies => format!("{text}[{replies}]"),
        }
    });
    items.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn comments_may_arrive_before_their_post_and_in_any_order() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let state = post(ann.id, "discussed", "Words.");
    let root = comment(state.id, None, ann.id, "root");
    let reply = comment(state.id, Some(root.id), ann.id, "reply");
    let nested = comment(state.id, Some(reply.id), ann.id, "nested");
    for state in [&nested, &reply, &root] {
        blog.publish_comment(state).await;
    }
    blog.client
        .get(&path(state.id))
        .send()
        .await
        .refused(404, "not_found");
    let token = blog.publish_post(&state).await;

    let page = blog.read_json(&path(state.id), &token).await;

    assert_eq!(shape(&page["items"]), "root[reply[nested]]");
    assert_eq!(page["items"][0]["author"]["username"], "ann");
    assert_eq!(page["items"][0]["version"], 1);
    assert_eq!(page["items"][0]["replies"][0]["parent_id"], json!(root.id));
    assert_eq!(
        blog.read_json("/api/query/posts/discussed", &token).await["counts"]["comments"],
        3
    );
    blog.finish().await;
}

#[tokio::test]
async fn an_unapproved_text_is_never_returned() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "discussed", "Words.");
    blog.publish_post(&state).await;
    let root = comment(state.id, None, UserId::generate(), "SECRET");
    let waiting = unapproved(&root, CommentStatus::Pending);
    let token = blog.publish(CommentFact::Created, 1, &waiting).await;
    assert_eq!(blog.read_json(&path(state.id), &token).await["items"], json!([]));

    // An approved reply to it is attached to a placeholder.
    let reply = comment(state.id, Some(root.id), UserId::generate(), "reply");
    let token = blog.publish_comment(&reply).await;
    let page = blog.read_json(&path(state.id), &token).await;
    assert_eq!(shape(&page["items"]), "-[reply]");
    assert!(!page.to_string().contains("SECRET"));
    assert_eq!(page["items"][0]["author"], json!(null));
    assert_eq!(page["items"][0]["created_at"], json!(null));
    assert_eq!(
        blog.read_json("/api/query/posts/discussed", &token).await["counts"]["comments"],
        1
    );

    let token = blog.publish(CommentFact::Approved, 2, &root).await;
    assert_eq!(
        shape(&blog.read_json(&path(state.id), &token).await["items"]),
        "SECRET[reply]"
    );

    // An edit is pending: the approved text stays public until the next verdict.
    let edited = CommentState {
        status: CommentStatus::Pending,
        revision: 2,
        body: Some("WORSE".to_owned()),
        approved: Some(ApprovedText {
            revision: 1,
            body: "SECRET".to_owned(),
        }),
        edited_at: Some(Timestamp::now()),
        ..root.clone()
    };
    let token = blog.publish(CommentFact::Edited, 3, &edited).await;
    let page = blog.read_json(&path(state.id), &token).await;
    assert_eq!(shape(&page["items"]), "SECRET[reply]");
    assert_eq!(page["items"][0]["edited_at"], json!(null));

    let rejected = unapproved(&edited, CommentStatus::Rejected);
    let token = blog.publish(CommentFact::Rejected, 4, &rejected).await;
    assert_eq!(
        shape(&blog.read_json(&path(state.id), &token).await["items"]),
        "-[reply]"
    );
    // The database does not contain the text, either.
    let database = blog.database.connect().await;
    let stored = database.collection::<mongodb::bson::Document>("g1_comments");
    let stored = stored
        .find_one(mongodb::bson::doc! { "_id": root.id.to_string() })
        .await
        .unwrap()
        .unwrap();
    assert!(
        !stored.to_string().contains("SECRET") && !stored.to_string().contains("WORSE"),
        "{stored}"
    );
    blog.finish().await;
}

#[tokio::test]
async fn a_deleted_comment_is_a_placeholder_while_it_has_replies() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "discussed", "Words.");
    blog.publish_post(&state).await;
    let root = comment(state.id, None, UserId::generate(), "root");
    let reply = comment(state.id, Some(root.id), UserId::generate(), "reply");
    let lone = comment(state.id, None, UserId::generate(), "lone");
    for state in [&root, &reply, &lone] {
        blog.publish_comment(state).await;
    }
    blog.publish(CommentFact::Deleted, 2, &deleted(&root)).await;
    let token = blog.publish(CommentFact::Deleted, 2, &deleted(&lone)).await;
    assert_eq!(
        shape(&blog.read_json(&path(state.id), &token).await["items"]),
        "-[reply]"
    );

    let token = blog.publish(CommentFact::Deleted, 2, &deleted(&reply)).await;
    assert_eq!(
        blog.read_json(&path(state.id), &token).await,
        json!({ "items": [], "next": null })
    );
    assert_eq!(
        blog.read_json("/api/query/posts/discussed", &token).await["counts"]["comments"],
        0
    );
    blog.finish().await;
}

#[tokio::test]
async fn the_limit_of_a_page_counts_threads() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "discussed", "Words.");
    blog.publish_post(&state).await;
    let mut token = String::new();
    for number in 0..5 {
        let mut root = comment(state.id, None, UserId::generate(), &format!("root {number}"));
        root.created_at = Timestamp::from_millis(1_700_000_000_000 + number).unwrap();
        blog.publish_comment(&root).await;
        token = blog
            .publish_comment(&comment(state.id, Some(root.id), UserId::generate(), "reply"))
            .await;
    }
    let (mut shapes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = blog
            .read_json(&format!("{}?limit=2{cursor}", path(state.id)), &token)
            .await;
        shapes.push(shape(&page["items"]));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(
        shapes,
        [
            "root 0[reply] root 1[reply]",
            "root 2[reply] root 3[reply]",
            "root 4[reply]"
        ]
    );
    blog.finish().await;
}

#[tokio::test]
async fn a_page_skips_hidden_threads_and_the_next_one_continues_after_them() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "discussed", "Words.");
    blog.publish_post(&state).await;
    let mut token = String::new();
    for number in 0..30 {
        let is_visible = number % 20 == 0;
        let mut root = comment(state.id, None, UserId::generate(), &format!("root {number}"));
        root.created_at = Timestamp::from_millis(1_700_000_000_000 + number).unwrap();
        token = if is_visible {
            blog.publish_comment(&root).await
        } else {
            let waiting = unapproved(&root, CommentStatus::Pending);
            blog.publish(CommentFact::Created, 1, &waiting).await
        };
    }
    let (mut shapes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = blog
            .read_json(&format!("{}?limit=1{cursor}", path(state.id)), &token)
            .await;
        shapes.push(shape(&page["items"]));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // Ten hidden threads in a row are more than one request looks at.
    assert_eq!(shapes.concat(), "root 0root 20");
    assert!(shapes.len() < 6, "{shapes:?}");
    blog.finish().await;
}
