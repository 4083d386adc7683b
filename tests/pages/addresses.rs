//! Services count visitors of the pages by their own addresses, and not by the address of the pages' service.

use tests::Frontend;

#[tokio::test]
async fn a_session_has_the_address_of_the_visitor() {
    let front = Frontend::start().await;
    // The visitor invents the first address; the ingress adds the second.
    let browser = front.browser().forwarded_for("198.51.100.6, 203.0.113.7");
    let account = [
        ("username", "ann"),
        ("email", "ann@example.org"),
        ("password", "seven green umbrellas"),
    ];
    assert_eq!(browser.post("/signup", &account).await.location(), "/");
    let session = browser.cookie("session");
    let api = front.stack.gateway().client("/api/users");
    let sessions = api
        .get("/api/users/me/sessions")
        .header("authorization", format!("Bearer {session}"));
    let sessions = sessions.send().await.expect(200);
    assert_eq!(sessions["items"][0]["address"], "203.0.113.7");
    front.finish().await;
}

#[tokio::test]
async fn one_visitors_attempts_do_not_lock_out_another() {
    let mut front = Frontend::start().await;
    front
        .stack
        .auth
        .restart_with(&["--signin-failures-per-address", "3"])
        .await;
    let attempt = async |address: &str, login: &str| {
        let browser = front.browser().forwarded_for(address);
        let form = [("login", login), ("password", "not this one")];
        browser.post("/signin", &form).await.status()
    };
    for login in ["one", "two", "three"] {
        assert_eq!(attempt("203.0.113.7", login).await, 422);
    }
    assert_eq!(attempt("203.0.113.7", "four").await, 429);
    assert_eq!(attempt("203.0.113.8", "five").await, 422);
    front.finish().await;
}
