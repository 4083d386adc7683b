//! Changes of an account apply everywhere.

use serde_json::json;
use tests::Stack;

#[tokio::test]
async fn a_new_name_appears_on_every_post_and_comment() {
    let stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    let post = ann.publish("Mine").await;
    ann.comment_approved(&post, "My own comment").await;

    ann.patch("/api/users/me", json!({ "name": "Ann the Second" }))
        .await
        .expect(200);

    let path = format!("/api/query/posts/{post}");
    let read = ann.get(&path).await.expect(200);
    assert_eq!(read["author"]["name"], json!("Ann the Second"));
    let list = ann.get("/api/query/posts").await.expect(200);
    assert_eq!(list["items"][0]["author"]["name"], json!("Ann the Second"));
    let comments = ann.get(&format!("{path}/comments")).await.expect(200);
    assert_eq!(comments["items"][0]["author"]["name"], json!("Ann the Second"));
    stack.finish().await;
}

#[tokio::test]
async fn deleting_an_account_removes_its_posts_and_its_name() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let (of_ann, of_bob) = (ann.publish("By Ann").await, bob.publish("By Bob").await);
    ann.wait_for_post(&of_bob).await;
    ann.comment_approved(&of_bob, "Words that stay").await;
    ann.put(&format!("/api/users/{}/follow", bob.id), json!(null))
        .await
        .expect(204);

    ann.delete_account().await.expect(204);

    stack
        .read_until(&format!("/api/query/posts/{of_ann}"), |response| {
            matches!(response.status, 404 | 410)
        })
        .await;
    let comments = format!("/api/query/posts/{of_bob}/comments");
    let thread = stack
        .read_until(&comments, |response| {
            response.json()["items"][0]["author"].is_null() && response.status == 200
        })
        .await;
    assert!(thread.to_string().contains("Words that stay"), "{thread}");
    stack
        .read_until("/api/query/users/ann", |response| response.status == 404)
        .await;
    let bob_again = stack
        .read_until("/api/query/users/bob", |response| {
            response.json()["counts"]["followers"] == 0
        })
        .await;
    assert_eq!(bob_again["counts"]["posts"], json!(1));
    stack.finish().await;
}

#[tokio::test]
async fn a_sign_out_applies_to_every_service() {
    let stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    ann.publish("Before").await;

    ann.post("/api/users/signout", json!({})).await.expect(204);

    for path in [
        "/api/posts/mine",
        "/api/comments/mine",
        "/api/moderation/reports/mine",
        "/api/users/me/sessions",
    ] {
        stack_refuses(&stack, path, &ann.token).await;
    }
    stack.finish().await;
}

async fn stack_refuses(stack: &Stack, path: &str, token: &str) {
    let client = stack.gateway().client(path).with_token(token);
    testkit::eventually(path, async || {
        let response = client.get(path).send().await;
        (response.status == 401).then(|| response.refused(401, "session_revoked"))
    })
    .await;
}
