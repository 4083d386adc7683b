//! Changing the own password.

use futures::future::join_all;
use serde_json::json;
use testkit::eventually;

use crate::fixture::{Fixture, PASSWORD, TestUser};

const NEW: &str = "another fine password";

async fn change(user: &TestUser, current: &str, new: &str) -> testkit::Response {
    let body = json!({ "current_password": current, "new_password": new });
    user.client.put("/api/users/me/password").json(&body).send().await
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_without_an_event() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let phone = fixture.again(&ann).await;
    let bob = fixture.sign_up("bob").await;

    change(&ann, PASSWORD, NEW).await.expect(204);

    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    bob.client.get("/api/users/me/sessions").send().await.expect(200);
    fixture
        .sign_in("ann", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    fixture.sign_in("ann", NEW).await.expect(200);
    fixture.log(2).await;
    eventually("the cleanup has run", async || {
        let document = fixture.document(ann.id).await;
        document.get_array("cleanups").unwrap().is_empty().then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_wrong_or_weak_password_changes_nothing() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let phone = fixture.again(&ann).await;
    change(&ann, "wrong password", NEW)
        .await
        .refused(401, "invalid_credentials");
    change(&ann, PASSWORD, "password1")
        .await
        .refused_field(422, "common_password", "new_password");
    change(&ann, PASSWORD, "short")
        .await
        .refused_field(422, "too_short", "new_password");
    change(&ann, PASSWORD, "ann@example.org")
        .await
        .refused_field(422, "common_password", "new_password");
    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .expect(200);
    fixture.sign_in("ann", PASSWORD).await.expect(200);
    fixture.finish().await;
}

#[tokio::test]
async fn of_concurrent_password_changes_one_succeeds() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let passwords: Vec<String> = (0..5).map(|n| format!("{NEW} {n}")).collect();
    let answers = join_all(passwords.iter().map(|new| change(&ann, PASSWORD, new))).await;
    let won: Vec<_> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.status == 204)
        .collect();
    assert_eq!(
        won.len(),
        1,
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    fixture.sign_in("ann", &passwords[won[0].0]).await.expect(200);
    fixture.finish().await;
}

#[tokio::test]
async fn no_session_with_the_old_password_survives_a_concurrent_change() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let sign_ins = join_all((0..6).map(|_| fixture.sign_in("ann", PASSWORD)));
    let (changed, answers) = tokio::join!(change(&ann, PASSWORD, NEW), sign_ins);
    changed.expect(204);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let user = TestUser::of(&fixture.client(), &answer.json());
        user.client
            .get("/api/users/me/sessions")
            .send()
            .await
            .refused(401, "session_revoked");
    }
    fixture.finish().await;
}
