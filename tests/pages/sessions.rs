//! Renewal of sessions by pages.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{claims::Claims, event::Timestamp};
use testkit::{TestIssuer, eventually};
use tests::Frontend;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_page_renews_a_session_in_the_second_half_of_its_lifetime() {
    let mut front = Frontend::start().await;
    let (ann, _) = front.sign_up("ann").await;
    let bus = front.stack.nats.connect("auth").await;
    let issuer = TestIssuer::on(&bus).await;
    let real = claims(&ann.token);
    let aged = |days: u32| {
        let began = Timestamp::now().minus(DAY * days);
        let end = began.plus(DAY * 7);
        issuer.sign(&Claims::new(real.sub, "ann", real.role, real.sid, began, end))
    };
    let with = |token: &str| front.browser().with_cookie("session", token);
    eventually("the key is known", async || {
        with(&aged(1)).get("/").await.has("details.menu").then_some(())
    })
    .await;

    let fresh = aged(3);
    let young = with(&fresh);
    young.get("/").await.expect(200);
    assert_eq!(young.cookie("session"), fresh, "not due yet");
    // A page waits only briefly for the new cookie; otherwise the next one renews it.
    let token = aged(4);
    let old = with(&token);
    eventually("the session is renewed", async || {
        old.get("/").await.expect(200);
        (old.cookie("session") != token).then_some(())
    })
    .await;
    let renewed = claims(&old.cookie("session"));
    assert!(
        renewed.expires_at() > Timestamp::now().plus(DAY * 6),
        "{renewed:?}"
    );
    assert_eq!(renewed.sid, real.sid);

    // Caches share these with other visitors.
    for path in [
        "/feed.atom",
        "/sitemap.xml",
        "/robots.txt",
        "/manifest.webmanifest",
        "/opensearch.xml",
    ] {
        let page = with(&token).get(path).await.expect(200);
        assert!(page.response.header("cache-control").contains("public"), "{path}");
        assert_eq!(page.response.header("set-cookie"), "", "{path}");
    }

    let later = aged(4);
    front.stack.auth.stop().await;
    let meanwhile = front.browser().with_cookie("session", &later);
    assert!(meanwhile.get("/").await.expect(200).has("details.menu"));
    assert_eq!(meanwhile.cookie("session"), later);
    front.finish().await;
}
