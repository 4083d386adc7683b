//! One's profile, password, sessions, and the end of an account.

use serde_json::json;
use tests::{Browser, Front, PASSWORD, Seen};

use crate::filled::Filled;

const PROFILE: &str = "#profile form";

async fn settings(browser: &Browser) -> Seen {
    browser.get("/settings").await.expect(200)
}

#[tokio::test]
async fn a_profile_is_changed_and_the_new_name_is_in_the_header_at_once() {
    let front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let form = Filled::of(&settings(&browser).await, PROFILE);
    assert_eq!(
        (form.value("username"), form.value("email")),
        ("ann", "ann@example.org")
    );
    let form = form
        .with("username", "anna")
        .with("name", "Anna O.")
        .with("bio", "Writes.\r\nReads.");
    let saved = browser.post("/settings/profile", &form.fields()).await;
    assert_eq!(
        (saved.status(), saved.location().as_str()),
        (303, "/settings?done=profile#profile")
    );

    let page = browser.get("/settings?done=profile").await.expect(200);
    assert_eq!(page.text(".alert.notice"), "Profile saved.");
    let form = Filled::of(&page, PROFILE);
    assert_eq!(
        (form.value("name"), form.value("bio")),
        ("Anna O.", "Writes.\r\nReads.")
    );
    assert_eq!(page.text("details.menu a"), "anna");
    let account = front
        .stack
        .read_until("/api/query/users/anna", |answer| answer.status == 200)
        .await;
    assert_eq!(account["bio"], json!("Writes.\nReads."));
    front.finish().await;
}

#[tokio::test]
async fn a_refused_profile_keeps_what_was_typed_beside_what_is_wrong() {
    let front = Front::start().await;
    front.sign_up("bob").await;
    let (_, browser) = front.sign_up("ann").await;
    let form = Filled::of(&settings(&browser).await, PROFILE);
    let long = "x".repeat(501);
    let typed = form.with("username", "!").with("name", "").with("bio", &long);
    let refused = browser
        .post("/settings/profile", &typed.fields())
        .await
        .expect(422);
    for field in ["username", "name", "bio"] {
        assert!(refused.has(&format!("#profile #{field}-error")), "{field}");
    }
    let form = Filled::of(&refused, PROFILE);
    assert_eq!((form.value("username"), form.value("bio")), ("!", long.as_str()));

    let taken = form.with("username", "bob").with("name", "Ann").with("bio", "");
    let refused = browser
        .post("/settings/profile", &taken.fields())
        .await
        .expect(422);
    assert!(refused.text("#username-error").contains("taken"));

    // Another address needs the password.
    let form = Filled::of(&refused, PROFILE)
        .with("username", "ann")
        .with("email", "new@example.org");
    let refused = browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(422);
    assert!(refused.has("#profile #password-error"));
    let refused = browser
        .post("/settings/profile", &form.with("password", "wrong").fields())
        .await
        .expect(422);
    assert_eq!(refused.text("#profile #password-error"), "Incorrect password.");
    let form = Filled::of(&refused, PROFILE).with("password", PASSWORD);
    assert_eq!(form.value("email"), "new@example.org");
    browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(303);
    assert_eq!(
        settings(&browser).await.attribute("#email", "value"),
        "new@example.org"
    );
    front.finish().await;
}

#[tokio::test]
async fn a_profile_that_was_changed_elsewhere_is_shown_before_it_is_replaced() {
    let front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let form = Filled::of(&settings(&browser).await, PROFILE).with("name", "From here");
    ann.patch("/api/users/me", json!({ "name": "From there" }))
        .await
        .expect(200);

    let conflict = browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(412);
    assert!(
        conflict
            .text("#profile .alert.error")
            .contains("changed elsewhere")
    );
    assert!(conflict.text("#profile .alert.warning").contains("From there"));
    let form = Filled::of(&conflict, PROFILE);
    assert_eq!(form.value("name"), "From here");
    browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(303);
    assert_eq!(settings(&browser).await.attribute("#name", "value"), "From here");
    front.finish().await;
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let front = Front::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let other = front.browser();
    other
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(303);

    let wrong = [
        ("current_password", "wrong"),
        ("new_password", "eight blue umbrellas"),
    ];
    let refused = browser.post("/settings/password", &wrong).await.expect(422);
    assert_eq!(refused.text("#current_password-error"), "Incorrect password.");
    let common = [("current_password", PASSWORD), ("new_password", "password")];
    let refused = browser.post("/settings/password", &common).await.expect(422);
    assert!(refused.has("#new_password-error") && !refused.has("#current_password-error"));
    other.get("/settings").await.expect(200);

    let right = [
        ("current_password", PASSWORD),
        ("new_password", "eight blue umbrellas"),
    ];
    let changed = browser.post("/settings/password", &right).await;
    assert_eq!(changed.location(), "/settings?done=password#change-password");
    browser.get("/settings?done=password").await.expect(200);
    other.get_until("/settings", |seen| seen.status() == 303).await;
    let again = front.browser();
    again
        .post("/signin", &[("login", &ann.id), ("password", PASSWORD)])
        .await
        .expect(422);
    again
        .post(
            "/signin",
            &[("login", "ann"), ("password", "eight blue umbrellas")],
        )
        .await
        .expect(303);
    front.finish().await;
}

#[tokio::test]
async fn a_session_is_ended_from_another_and_the_present_one_is_marked() {
    let front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let other = front.browser();
    other
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(303);
    let page = settings(&browser).await;
    assert_eq!(page.all("#sessions tbody tr").len(), 2);
    assert_eq!(page.all("#sessions .badge").len(), 1);
    // Newest first: the other one.
    let session = page.attribute("#sessions tbody tr:first-child button", "value");
    let ended = browser.post("/settings/sessions", &[("session", &session)]).await;
    assert_eq!(ended.location(), "/settings?done=session#sessions");
    other.get_until("/settings", |seen| seen.status() == 303).await;
    assert_eq!(settings(&browser).await.all("#sessions tbody tr").len(), 1);
    // Twice is no error, something else is nowhere.
    browser
        .post("/settings/sessions", &[("session", &session)])
        .await
        .expect(303);
    browser
        .post("/settings/sessions", &[("session", "nonsense")])
        .await
        .expect(404);

    let own = settings(&browser)
        .await
        .attribute("#sessions tbody tr button", "value");
    let ended = browser.post("/settings/sessions", &[("session", &own)]).await;
    assert_eq!(ended.location(), "/signin?done=signed-out");
    assert_eq!(browser.cookie("session"), "");
    front.finish().await;
}

#[tokio::test]
async fn an_account_ends_only_with_its_password_and_on_purpose() {
    let front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let refused = browser
        .post("/settings/delete", &[("confirm_password", PASSWORD)])
        .await
        .expect(422);
    assert!(refused.has("#sure-error") && !refused.has("#confirm_password-error"));
    let wrong = [("confirm_password", "wrong"), ("sure", "yes")];
    let refused = browser.post("/settings/delete", &wrong).await.expect(422);
    assert_eq!(refused.text("#confirm_password-error"), "Incorrect password.");
    assert!(refused.has("#sure[checked]"));
    settings(&browser).await;

    let right = [("confirm_password", PASSWORD), ("sure", "yes")];
    let gone = browser.post("/settings/delete", &right).await;
    assert_eq!(gone.location(), "/signin?done=deleted");
    assert_eq!(browser.cookie("session"), "");
    let page = browser.get("/signin?done=deleted").await.expect(200);
    assert!(page.text(".alert.notice").contains("deleted"));
    browser
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(422);
    front.finish().await;
}

#[tokio::test]
async fn what_was_typed_stays_while_accounts_are_away_and_a_part_leads_to_the_whole() {
    let mut front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    assert_eq!(
        browser.get("/settings/password").await.location(),
        "/settings#change-password"
    );
    let form = Filled::of(&settings(&browser).await, PROFILE).with("bio", "Words that took a while");
    front.stack.auth.stop().await;
    let away = browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(503);
    assert!(
        away.text("#profile .alert.error")
            .contains("Accounts are temporarily unavailable")
    );
    assert_eq!(Filled::of(&away, PROFILE).value("bio"), "Words that took a while");
    for path in ["/settings", "/settings/profile"] {
        let led = front.browser().get(path).await;
        assert_eq!(led.status(), 303, "{path}");
    }
    front.finish().await;
}
