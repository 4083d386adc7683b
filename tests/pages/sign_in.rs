//! Signing up, in and out.

use tests::{Frontend, PASSWORD};

use crate::form::FilledForm;

#[tokio::test]
async fn signing_up_returns_to_the_requested_page() {
    let front = Frontend::start().await;
    let browser = front.browser();
    let redirect = browser.get("/settings?x=1").await;
    assert_eq!(
        (redirect.status(), redirect.location().as_str()),
        (303, "/signin?next=%2Fsettings%3Fx%3D1")
    );
    let page = browser.get(&redirect.location()).await.expect(200);
    let join = page.attribute(".sheet a[href^='/signup']", "href");
    let page = browser.get(&join).await.expect(200);
    assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex");

    let form = FilledForm::of(&page, ".sheet form")
        .with("username", "ann")
        .with("email", "ann@example.org")
        .with("password", PASSWORD)
        .with("name", "Ann Other");
    let joined = browser.post("/signup", &form.fields()).await;
    assert_eq!(
        (joined.status(), joined.location().as_str()),
        (303, "/settings?x=1")
    );
    let settings = browser.get("/settings?x=1").await.expect(200);
    assert_eq!(settings.attribute("#name", "value"), "Ann Other");
    // Signed-in users are redirected.
    assert_eq!(browser.get("/signup?next=/tags").await.location(), "/tags");
    assert_eq!(browser.get("/signin").await.location(), "/");
    front.finish().await;
}

#[tokio::test]
async fn errors_are_shown_at_the_fields_and_input_is_kept() {
    let front = Frontend::start().await;
    front.sign_up("ann").await;
    let browser = front.browser();
    let typed = [
        ("username", "a"),
        ("email", "invalid"),
        ("password", "password"),
        ("name", "<b>Bold</b>"),
        ("next", "/tags"),
    ];
    let refused = browser.post("/signup", &typed).await.expect(422);
    for field in ["username", "email", "password"] {
        assert!(!refused.text(&format!("#{field}-error")).is_empty(), "{field}");
        assert_eq!(refused.attribute(&format!("#{field}"), "aria-invalid"), "true");
        assert!(
            refused
                .attribute(&format!("#{field}"), "aria-describedby")
                .contains(&format!("{field}-error"))
        );
    }
    assert!(!refused.has("#name-error"));
    let form = FilledForm::of(&refused, ".sheet form");
    assert_eq!(
        (form.value("username"), form.value("name"), form.value("next")),
        ("a", "<b>Bold</b>", "/tags")
    );
    // A password is never returned.
    assert_eq!(form.value("password"), "");
    assert!(!refused.response.text().contains("value=\"password\""));
    assert_eq!(refused.response.header("cache-control"), "no-store");

    let taken = form
        .with("username", "ANN")
        .with("email", "other@example.org")
        .with("password", PASSWORD);
    let refused = browser.post("/signup", &taken.fields()).await.expect(422);
    assert!(
        refused.text("#username-error").contains("taken"),
        "{}",
        refused.response.text()
    );
    assert_eq!(browser.cookie("session"), "");
    front.finish().await;
}

#[tokio::test]
async fn a_wrong_password_is_reported_and_attempts_are_throttled() {
    let front = Frontend::start().await;
    front.sign_up("ann").await;
    let browser = front.browser();
    let empty = browser
        .post("/signin", &[("login", " "), ("password", "")])
        .await
        .expect(422);
    assert!(empty.has("#login-error") && empty.has("#password-error"));

    let wrong = [("login", "ann"), ("password", "not hers"), ("next", "/tags")];
    let refused = browser.post("/signin", &wrong).await.expect(422);
    assert_eq!(refused.text(".alert.error"), "User name or password is wrong.");
    assert_eq!(refused.attribute("#login", "value"), "ann");
    let mut throttled = refused;
    for _ in 0..12 {
        throttled = browser.post("/signin", &wrong).await;
        if throttled.status() == 429 {
            break;
        }
    }
    let throttled = throttled.expect(429);
    assert!(
        throttled.text(".alert.error").contains("Try again in"),
        "{}",
        throttled.text(".alert.error")
    );
    assert!(throttled.response.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(throttled.attribute("#login", "value"), "ann");
    front.finish().await;
}

#[tokio::test]
async fn signing_in_returns_to_this_site_only_and_signing_out_ends_the_session() {
    let front = Frontend::start().await;
    let (ann, _) = front.sign_up("ann").await;
    for (next, expected) in [
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/tags?a=b", "/tags?a=b"),
    ] {
        let browser = front.browser();
        let form = [("login", "ANN"), ("password", PASSWORD), ("next", next)];
        let signed_in = browser.post("/signin", &form).await;
        assert_eq!(
            (signed_in.status(), signed_in.location().as_str()),
            (303, expected),
            "{next}"
        );
        assert_ne!(browser.cookie("session"), "");
    }
    let cross_site = front.browser();
    let form = [("login", "ann"), ("password", PASSWORD)];
    cross_site.post_cross_site("/signin", &form).await.expect(403);
    assert_eq!(cross_site.cookie("session"), "");

    let browser = front.browser().with_cookie("session", &ann.token);
    browser.get("/settings").await.expect(200);
    browser.post_cross_site("/signout", &[]).await.expect(403);
    assert_eq!(browser.post("/signout", &[]).await.location(), "/");
    assert_eq!(browser.cookie("session"), "");
    // The session is revoked, not only removed from the browser.
    let other = front.browser().with_cookie("session", &ann.token);
    let redirect = other.get_until("/settings", |page| page.status() == 303).await;
    assert_eq!(redirect.location(), "/signin?next=%2Fsettings");
    front.finish().await;
}

#[tokio::test]
async fn while_auth_is_unavailable_signing_in_reports_it_and_signing_out_removes_the_cookie() {
    let mut front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    front.stack.auth.stop().await;
    let anonymous = front.browser();
    anonymous.get("/signin").await.expect(200);
    let unavailable = anonymous
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(503);
    assert!(
        unavailable
            .text(".alert.error")
            .contains("Accounts are temporarily unavailable"),
        "{}",
        unavailable.text(".alert.error")
    );
    assert_eq!(unavailable.attribute("#login", "value"), "ann");
    let typed = [
        ("username", "bob"),
        ("email", "bob@example.org"),
        ("password", PASSWORD),
    ];
    let unavailable = anonymous.post("/signup", &typed).await.expect(503);
    assert_eq!(unavailable.attribute("#email", "value"), "bob@example.org");
    let unavailable = browser.get("/settings").await.expect(503);
    assert_eq!(unavailable.text("h1"), "Accounts are temporarily unavailable");

    let out = browser.post("/signout", &[]).await.expect(503);
    assert_eq!(out.text("h1"), "Signed out in this browser");
    assert!(out.has("a[href='/signin']") && !out.has("details.menu"));
    assert_eq!(browser.cookie("session"), "");
    front.finish().await;
}
