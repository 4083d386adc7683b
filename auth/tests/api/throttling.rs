//! Delays after wrong passwords.

use auth::config::AuthSettings;
use futures::future::join_all;
use serde_json::json;
use testkit::eventually;

use crate::fixture::{Fixture, PASSWORD, settings, sign_in};

#[tokio::test]
async fn the_sixth_attempt_is_delayed_but_not_for_other_accounts() {
    let fixture = Fixture::start().await;
    fixture.sign_up("ann").await;
    fixture.sign_up("bob").await;
    for _ in 0..5 {
        fixture
            .sign_in("ann", "wrong password")
            .await
            .refused(401, "invalid_credentials");
    }
    let sixth = fixture.sign_in("ANN@example.org", "wrong password").await;
    sixth.refused(429, "rate_limited");
    assert_eq!(sixth.header("retry-after"), "1");
    // Not even the correct password is checked.
    fixture
        .sign_in("ann", PASSWORD)
        .await
        .refused(429, "rate_limited");
    fixture.sign_in("bob", PASSWORD).await.expect(200);

    eventually("the delay is over", async || {
        (fixture.sign_in("ann", PASSWORD).await.status == 200).then_some(())
    })
    .await;
    // A correct password resets the count.
    for _ in 0..5 {
        fixture
            .sign_in("ann", "wrong password")
            .await
            .refused(401, "invalid_credentials");
    }
    fixture
        .sign_in("ann", "wrong password")
        .await
        .refused(429, "rate_limited");
    fixture.finish().await;
}

#[tokio::test]
async fn an_unknown_user_is_throttled_like_a_known_one() {
    let fixture = Fixture::start().await;
    for _ in 0..5 {
        fixture
            .sign_in("nobody", "wrong password")
            .await
            .refused(401, "invalid_credentials");
    }
    fixture
        .sign_in("Nobody", "wrong password")
        .await
        .refused(429, "rate_limited");
    fixture.finish().await;
}

#[tokio::test]
async fn of_forty_concurrent_guesses_five_are_checked() {
    let fixture = Fixture::start().await;
    fixture.sign_up("ann").await;
    let answers = join_all((0..40).map(|_| fixture.sign_in("ann", "wrong password"))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    // On a slow machine a delay of one second may end in between.
    assert!(count(401) <= 7, "{} were looked at", count(401));
    assert_eq!(count(401) + count(429), 40);
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_correct_passwords_all_succeed() {
    let fixture = Fixture::start().await;
    fixture.sign_up("ann").await;
    let answers = join_all((0..12).map(|_| fixture.sign_in("ann", PASSWORD))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    fixture.finish().await;
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_is_delayed() {
    let limited = AuthSettings {
        signin_failures_per_address: 3,
        ..settings()
    };
    let fixture = Fixture::start_with(limited).await;
    fixture.sign_up("ann").await;
    let from = async |address: &str, login: &str, password: &str| {
        let body = json!({ "login": login, "password": password });
        let request = fixture
            .client()
            .post("/api/users/signin")
            .header("x-forwarded-for", address);
        request.json(&body).send().await
    };
    for login in ["x1", "x2", "x3"] {
        from("192.0.2.1", login, "wrong password")
            .await
            .refused(401, "invalid_credentials");
    }
    let refused = from("192.0.2.1", "ann", PASSWORD).await;
    refused.refused(429, "rate_limited");
    assert!((1..=900).contains(&refused.header("retry-after").parse().unwrap()));
    from("192.0.2.2", "ann", PASSWORD).await.expect(200);
    fixture.finish().await;
}

#[tokio::test]
async fn a_session_cannot_guess_its_password_either() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    for _ in 0..5 {
        let body = json!({ "current_password": "wrong password", "new_password": "another fine password" });
        let answer = ann.client.put("/api/users/me/password").json(&body).send().await;
        answer.refused(401, "invalid_credentials");
    }
    let delete = ann
        .client
        .delete("/api/users/me")
        .json(&json!({ "password": "wrong password" }));
    delete.send().await.refused(429, "rate_limited");
    sign_in(&fixture.client(), "ann", PASSWORD)
        .await
        .refused(429, "rate_limited");
    fixture.finish().await;
}
