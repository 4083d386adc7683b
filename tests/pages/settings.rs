//! Settings: profile, password, sessions, account deletion.

use serde_json::json;
use tests::{Browser, Frontend, PASSWORD, PageResponse};

use crate::form::FilledForm;

const PROFILE: &str = "#profile form";

async fn settings(browser: &Browser) -> PageResponse {
    browser.get("/settings").await.expect(200)
}

#[tokio::test]
async fn a_changed_username_is_shown_in_the_header() {
    let front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let form = FilledForm::of(&settings(&browser).await, PROFILE);
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
    let form = FilledForm::of(&page, PROFILE);
    assert_eq!(
        (form.value("name"), form.value("bio")),
        ("Anna O.", "Writes.\r\nReads.")
    );
    assert_eq!(page.text("details.menu a"), "anna");
    let account = front
        .stack
        .read_until("/api/query/users/anna", |response| response.status == 200)
        .await;
    assert_eq!(account["bio"], json!("Writes.\nReads."));
    front.finish().await;
}

#[tokio::test]
async fn errors_of_the_profile_are_shown_and_input_is_kept() {
    let front = Frontend::start().await;
    front.sign_up("bob").await;
    let (_, browser) = front.sign_up("ann").await;
    let form = FilledForm::of(&settings(&browser).await, PROFILE);
    let long = "x".repeat(501);
    let typed = form.with("username", "!").with("name", "").with("bio", &long);
    let refused = browser
        .post("/settings/profile", &typed.fields())
        .await
        .expect(422);
    for field in ["username", "name", "bio"] {
        assert!(refused.has(&format!("#profile #{field}-error")), "{field}");
    }
    let form = FilledForm::of(&refused, PROFILE);
    assert_eq!((form.value("username"), form.value("bio")), ("!", long.as_str()));

    let taken = form.with("username", "bob").with("name", "Ann").with("bio", "");
    let refused = browser
        .post("/settings/profile", &taken.fields())
        .await
        .expect(422);
    assert!(refused.text("#username-error").contains("taken"));

    // Changing the e-mail address requires the password.
    let form = FilledForm::of(&refused, PROFILE)
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
    let form = FilledForm::of(&refused, PROFILE).with("password", PASSWORD);
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
async fn a_conflict_of_the_profile_shows_the_saved_version() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let form = FilledForm::of(&settings(&browser).await, PROFILE).with("name", "From here");
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
    let form = FilledForm::of(&conflict, PROFILE);
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
    let front = Frontend::start().await;
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
    other.get_until("/settings", |page| page.status() == 303).await;
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
async fn a_session_is_ended_from_another_and_the_current_one_is_marked() {
    let front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let other = front.browser();
    other
        .post("/signin", &[("login", "ann"), ("password", PASSWORD)])
        .await
        .expect(303);
    let page = settings(&browser).await;
    assert_eq!(page.all("#sessions tbody tr").len(), 2);
    assert_eq!(page.all("#sessions .badge").len(), 1);
    // The newest session is first.
    let session = page.attribute("#sessions tbody tr:first-child button", "value");
    let ended = browser.post("/settings/sessions", &[("session", &session)]).await;
    assert_eq!(ended.location(), "/settings?done=session#sessions");
    other.get_until("/settings", |page| page.status() == 303).await;
    assert_eq!(settings(&browser).await.all("#sessions tbody tr").len(), 1);
    // Ending it again is no error; an invalid id is.
    browser
        .post("/settings/sessions", &[("session", &session)])
        .await
        .expect(303);
    browser
        .post("/settings/sessions", &[("session", "invalid")])
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
async fn deleting_an_account_requires_the_password_and_a_confirmation() {
    let front = Frontend::start().await;
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
    let deleted = browser.post("/settings/delete", &right).await;
    assert_eq!(deleted.location(), "/signin?done=deleted");
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
async fn input_is_kept_while_auth_is_unavailable_and_sections_redirect_to_the_page() {
    let mut front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    assert_eq!(
        browser.get("/settings/password").await.location(),
        "/settings#change-password"
    );
    let form = FilledForm::of(&settings(&browser).await, PROFILE).with("bio", "Words that took a while");
    front.stack.auth.stop().await;
    let unavailable = browser
        .post("/settings/profile", &form.fields())
        .await
        .expect(503);
    assert!(
        unavailable
            .text("#profile .alert.error")
            .contains("Accounts are temporarily unavailable")
    );
    assert_eq!(
        FilledForm::of(&unavailable, PROFILE).value("bio"),
        "Words that took a while"
    );
    for path in ["/settings", "/settings/profile"] {
        let redirect = front.browser().get(path).await;
        assert_eq!(redirect.status(), 303, "{path}");
    }
    front.finish().await;
}
