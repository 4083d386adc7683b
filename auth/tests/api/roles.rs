//! Assigning roles.

use common::{event::Role, ids::UserId};
use serde_json::json;
use testkit::{Response, eventually};

use crate::fixture::{Fixture, TestUser, claims, user};

/// A new user who was made an administrator by the operator, and has signed in again.
async fn admin(fixture: &Fixture, name: &str) -> TestUser {
    let user = fixture.sign_up(name).await;
    fixture.grant(&name.to_uppercase(), Role::Admin).await.unwrap();
    fixture.again(&user).await
}

async fn assign(assigner: &TestUser, id: UserId, role: &str) -> Response {
    let path = format!("/api/users/{id}/role");
    assigner
        .client
        .put(&path)
        .json(&json!({ "role": role }))
        .send()
        .await
}

#[tokio::test]
async fn the_operator_creates_the_first_administrator() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    fixture.grant("ANN", Role::Admin).await.unwrap();

    let log = fixture.log(2).await;
    let (kind, state) = user(&log[1]);
    assert_eq!(
        (kind, state.role.as_str()),
        ("blog.user.role_changed.v1", "admin")
    );
    assert_eq!(log[1].event.envelope.actor, "service:auth");
    let current = ann.current().await.expect(200);
    assert_eq!(current["currentUser"]["role"], "admin");
    assert_eq!(claims(current["token"].as_str().unwrap())["role"], "admin");

    let refused = fixture.grant("nobody", Role::Admin).await.unwrap_err();
    assert!(refused.to_string().contains("nobody"), "{refused}");
    fixture.finish().await;
}

#[tokio::test]
async fn an_administrator_assigns_roles_but_not_their_own() {
    let fixture = Fixture::start().await;
    let (root, ann) = (admin(&fixture, "chief").await, fixture.sign_up("ann").await);
    let answer = assign(&root, ann.id, "moderator").await;
    let body = answer.expect(200);
    assert_eq!(
        (body["role"].as_str(), body.get("email")),
        (Some("moderator"), None)
    );
    assert_eq!(
        (answer.version(), answer.consistency_token()),
        (2, format!("user:{}@2", ann.id))
    );
    assert_eq!(assign(&root, ann.id, "moderator").await.version(), 2);

    assign(&root, root.id, "author")
        .await
        .refused(409, "invalid_state");
    assign(&root, ann.id, "king")
        .await
        .refused_field(422, "invalid_value", "role");
    assign(&root, UserId::generate(), "admin")
        .await
        .refused(404, "not_found");
    assign(&ann, root.id, "author").await.refused(403, "forbidden");
    let path = format!("/api/users/{}/role", ann.id);
    let stale = root
        .client
        .put(&path)
        .header("if-match", "\"1\"")
        .json(&json!({ "role": "admin" }));
    stale.send().await.refused(412, "version_mismatch");
    fixture.log(4).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_lower_role_ends_sessions_and_a_higher_role_does_not() {
    let fixture = Fixture::start().await;
    let (root, ann) = (admin(&fixture, "chief").await, fixture.sign_up("ann").await);
    assign(&root, ann.id, "admin").await.expect(200);
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    let ann = fixture.again(&ann).await;
    assert_eq!(claims(&ann.token)["role"], "admin");

    assign(&root, ann.id, "moderator").await.expect(200);
    assign(&ann, root.id, "author")
        .await
        .refused(401, "session_revoked");
    let ann = fixture.again(&ann).await;
    assert_eq!(claims(&ann.token)["role"], "moderator");
    assign(&ann, root.id, "author").await.refused(403, "forbidden");

    fixture.grant("ann", Role::Author).await.unwrap();
    eventually("the session is refused", async || {
        let answer = ann.client.get("/api/users/me/sessions").send().await;
        (answer.status == 401).then_some(())
    })
    .await;
    fixture.finish().await;
}
