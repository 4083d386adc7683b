//! Joining, signing in and out, by forms alone.

use tests::{Front, PASSWORD};

use crate::filled::Filled;

#[tokio::test]
async fn somebody_joins_and_comes_back_to_where_they_were() {
    let front = Front::start().await;
    let browser = front.browser();
    let led = browser.get("/settings?x=1").await;
    assert_eq!(
        (led.status(), led.location().as_str()),
        (303, "/signin?next=%2Fsettings%3Fx%3D1")
    );
    let page = browser.get(&led.location()).await.expect(200);
    let join = page.attribute(".sheet a[href^='/signup']", "href");
    let page = browser.get(&join).await.expect(200);
    assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex");

    let form = Filled::of(&page, ".sheet form")
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
    // Whoever is signed in has nothing to do here.
    assert_eq!(browser.get("/signup?next=/tags").await.location(), "/tags");
    assert_eq!(browser.get("/signin").await.location(), "/");
    front.finish().await;
}

#[tokio::test]
async fn what_is_wrong_stands_beside_the_fields_and_what_was_typed_stays() {
    let front = Front::start().await;
    front.sign_up("ann").await;
    let browser = front.browser();
    let typed = [
        ("username", "a"),
        ("email", "nonsense"),
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
    let form = Filled::of(&refused, ".sheet form");
    assert_eq!(
        (form.value("username"), form.value("name"), form.value("next")),
        ("a", "<b>Bold</b>", "/tags")
    );
    // A password never comes back in a page.
    assert_eq!(form.value("password"), "");
    assert!(!refused.answer.text().contains("value=\"password\""));
    assert_eq!(refused.answer.header("cache-control"), "no-store");

    let taken = form
        .with("username", "ANN")
        .with("email", "other@example.org")
        .with("password", PASSWORD);
    let refused = browser.post("/signup", &taken.fields()).await.expect(422);
    assert!(
        refused.text("#username-error").contains("taken"),
        "{}",
        refused.answer.text()
    );
    assert_eq!(browser.cookie("session"), "");
    front.finish().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_guessing_has_to_wait() {
    let front = Front::start().await;
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
    assert!(throttled.answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(throttled.attribute("#login", "value"), "ann");
    front.finish().await;
}

#[tokio::test]
async fn signing_in_leads_to_a_page_of_ours_and_signing_out_ends_the_session() {
    let front = Front::start().await;
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
    let elsewhere = front.browser();
    let form = [("login", "ann"), ("password", PASSWORD)];
    elsewhere.post_from_elsewhere("/signin", &form).await.expect(403);
    assert_eq!(elsewhere.cookie("session"), "");

    let browser = front.browser().with_cookie("session", &ann.token);
    browser.get("/settings").await.expect(200);
    browser.post_from_elsewhere("/signout", &[]).await.expect(403);
    assert_eq!(browser.post("/signout", &[]).await.location(), "/");
    assert_eq!(browser.cookie("session"), "");
    // The session itself is over, not only this browser's memory of it.
    let thief = front.browser().with_cookie("session", &ann.token);
    let led = thief.get_until("/settings", |seen| seen.status() == 303).await;
    assert_eq!(led.location(), "/signin?next=%2Fsettings");
    front.finish().await;
}

#[tokio::test]
async fn while_accounts_are_away_signing_in_says_so_and_signing_out_forgets() {
    let mut front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    front.stack.auth.stop().await;
    let stranger = front.browser();
    stranger.get("/signin").await.expect(200);
    let away = stranger
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(503);
    assert!(
        away.text(".alert.error")
            .contains("Accounts are temporarily unavailable"),
        "{}",
        away.text(".alert.error")
    );
    assert_eq!(away.attribute("#login", "value"), "ann");
    let typed = [
        ("username", "bob"),
        ("email", "bob@example.org"),
        ("password", PASSWORD),
    ];
    let away = stranger.post("/signup", &typed).await.expect(503);
    assert_eq!(away.attribute("#email", "value"), "bob@example.org");
    let away = browser.get("/settings").await.expect(503);
    assert_eq!(away.text("h1"), "Accounts are temporarily unavailable");

    let out = browser.post("/signout", &[]).await.expect(503);
    assert_eq!(out.text("h1"), "Signed out in this browser");
    assert!(out.has("a[href='/signin']") && !out.has("details.menu"));
    assert_eq!(browser.cookie("session"), "");
    front.finish().await;
}
