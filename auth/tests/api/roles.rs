//! Giving roles.

use auth::console::{AuthCommand, RoleName, run};
use common::ids::UserId;
use serde_json::json;
use testkit::{Response, eventually};

use crate::fixture::{Fixture, Person, claims, settings, user};

/// The operator makes `person` an administrator; they sign in anew.
async fn admin(fixture: &Fixture, name: &str) -> Person {
    let person = fixture.sign_up(name).await;
    let command = AuthCommand::GrantRole {
        username: name.to_uppercase(),
        role: RoleName::Admin,
    };
    run(fixture.running.context().clone(), settings(), command)
        .await
        .unwrap();
    fixture.again(&person).await
}

async fn give(giver: &Person, id: UserId, role: &str) -> Response {
    let path = format!("/api/users/{id}/role");
    giver
        .client
        .put(&path)
        .json(&json!({ "role": role }))
        .send()
        .await
}

#[tokio::test]
async fn the_operator_makes_the_first_administrator() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let command = AuthCommand::GrantRole {
        username: "ANN".into(),
        role: RoleName::Admin,
    };
    run(fixture.running.context().clone(), settings(), command)
        .await
        .unwrap();

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

    let nobody = AuthCommand::GrantRole {
        username: "nobody".into(),
        role: RoleName::Admin,
    };
    let refused = run(fixture.running.context().clone(), settings(), nobody)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("nobody"), "{refused}");
    fixture.finish().await;
}

#[tokio::test]
async fn an_administrator_gives_roles_and_not_their_own() {
    let fixture = Fixture::start().await;
    let (root, ann) = (admin(&fixture, "chief").await, fixture.sign_up("ann").await);
    let answer = give(&root, ann.id, "moderator").await;
    let body = answer.expect(200);
    assert_eq!(
        (body["role"].as_str(), body.get("email")),
        (Some("moderator"), None)
    );
    assert_eq!(
        (answer.version(), answer.consistency_token()),
        (2, format!("user:{}@2", ann.id))
    );
    assert_eq!(give(&root, ann.id, "moderator").await.version(), 2);

    give(&root, root.id, "author").await.refused(409, "invalid_state");
    give(&root, ann.id, "king")
        .await
        .refused_field(422, "invalid_value", "role");
    give(&root, UserId::generate(), "admin")
        .await
        .refused(404, "not_found");
    give(&ann, root.id, "author").await.refused(403, "forbidden");
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
async fn a_lower_role_ends_sessions_and_a_higher_does_not() {
    let fixture = Fixture::start().await;
    let (root, ann) = (admin(&fixture, "chief").await, fixture.sign_up("ann").await);
    give(&root, ann.id, "admin").await.expect(200);
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    let ann = fixture.again(&ann).await;
    assert_eq!(claims(&ann.token)["role"], "admin");

    give(&root, ann.id, "moderator").await.expect(200);
    give(&ann, root.id, "author")
        .await
        .refused(401, "session_revoked");
    let ann = fixture.again(&ann).await;
    assert_eq!(claims(&ann.token)["role"], "moderator");
    give(&ann, root.id, "author").await.refused(403, "forbidden");

    let command = AuthCommand::GrantRole {
        username: "ann".into(),
        role: RoleName::Author,
    };
    run(fixture.running.context().clone(), settings(), command)
        .await
        .unwrap();
    eventually("the session is refused", async || {
        let answer = ann.client.get("/api/users/me/sessions").send().await;
        (answer.status == 401).then_some(())
    })
    .await;
    fixture.finish().await;
}
