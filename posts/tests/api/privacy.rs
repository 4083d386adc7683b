//! Unpublished texts are not in the log.

use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn the_text_of_a_draft_is_not_in_the_log() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let secret = |n: u32| format!("Zaphod{n}");
    let body = json!({
        "title": secret(1), "body": secret(2), "summary": secret(3), "tags": [secret(4)],
        "cover": format!("/{}", secret(5)),
    });
    let id = ann.post(&body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ann.edit(&id, &json!({ "title": secret(6), "body": secret(7) }))
        .await
        .expect(200);
    let ahead = common::event::Timestamp::now().plus(std::time::Duration::from_secs(3600));
    ann.edit(&id, &json!({ "publish_at": ahead })).await.expect(200);
    let other = ann.write("Public title", "published").await;
    ann.edit(&other, &json!({ "status": "draft" })).await.expect(200);
    ann.edit(&other, &json!({ "title": secret(8), "body": secret(9) }))
        .await
        .expect(200);
    ann.delete(&id).await.expect(204);

    let log = fixture.raw_log().await;
    assert!(log.contains("Public title"), "the search finds what is there");
    assert!(!log.to_lowercase().contains("zaphod"), "{log}");
    fixture.finish().await;
}
