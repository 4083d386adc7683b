//! What the pages say while a part of the platform is away.

use tests::Front;

#[tokio::test]
async fn reading_that_is_away_is_told_and_comes_back() {
    let mut front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    ann.publish("Here to stay").await;
    browser.get_until("/", |seen| seen.has(".card")).await;

    front.stack.query.stop().await;
    let away = browser.get("/").await.expect(503);
    assert_eq!(away.text("h1"), "Posts are temporarily unavailable");
    assert_eq!(away.answer.header("retry-after"), "5");
    // Who is signed in is known all the same.
    assert_eq!(away.text("details.menu a"), "ann");

    front.stack.query.start().await;
    browser.get_until("/", |seen| seen.has(".card")).await;
    front.finish().await;
}

#[tokio::test]
async fn who_is_signed_in_is_known_while_accounts_are_away() {
    let mut front = Front::start().await;
    let (_, browser) = front.sign_up("ann").await;
    front.stack.auth.stop().await;
    let home = browser.get("/").await.expect(200);
    assert_eq!(home.text("details.menu a"), "ann");
    front.finish().await;
}
