//! Pages while a service is unavailable.

use tests::Frontend;

#[tokio::test]
async fn an_unavailable_read_side_is_reported_until_it_is_back() {
    let mut front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    ann.publish("Here to stay").await;
    browser.get_until("/", |page| page.has(".card")).await;

    front.stack.query.stop().await;
    let unavailable = browser.get("/").await.expect(503);
    assert_eq!(unavailable.text("h1"), "Posts are temporarily unavailable");
    assert_eq!(unavailable.response.header("retry-after"), "5");
    // The user stays signed in.
    assert_eq!(unavailable.text("details.menu a"), "ann");

    front.stack.query.start().await;
    browser.get_until("/", |page| page.has(".card")).await;
    front.finish().await;
}

#[tokio::test]
async fn users_stay_signed_in_while_auth_is_unavailable() {
    let mut front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    front.stack.auth.stop().await;
    let home = browser.get("/").await.expect(200);
    assert_eq!(home.text("details.menu a"), "ann");
    front.finish().await;
}
