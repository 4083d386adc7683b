//! The list of own posts.

use common::{
    api::{
        Page,
        posts::{PostList, PostSummary},
    },
    event::Timestamp,
};
use serde_json::json;

use crate::fixture::Fixture;

fn titles(page: &Page<PostSummary>) -> Vec<&str> {
    page.items.iter().map(|post| post.title.as_str()).collect()
}

#[tokio::test]
async fn own_posts_are_listed_by_status_without_their_bodies() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    bob.write("Bob's", "published").await;
    let draft = ann.write("Draft", "draft").await;
    ann.write("Public", "published").await;
    let ahead = Timestamp::now().plus(std::time::Duration::from_secs(3600));
    let scheduled = json!({ "title": "Scheduled", "body": "x", "publish_at": ahead });
    assert_eq!(ann.post(&scheduled).await.expect(201)["status"], "scheduled");

    let all = ann.page("/api/posts/mine").await;
    assert_eq!(titles(&all), ["Scheduled", "Public", "Draft"]);
    assert_eq!(titles(&ann.page("/api/posts/mine?slug=public").await), ["Public"]);
    assert_eq!(titles(&bob.page("/api/posts/mine?slug=public").await), [""; 0]);
    assert_eq!(all.next, None);
    assert_eq!((all.items[0].publish_at, all.items[0].version), (Some(ahead), 1));
    let raw = ann.get("/api/posts/mine").await.expect(200);
    assert!(raw["items"][0].get("body").is_none(), "{raw}");
    for (list, title) in PostList::ALL.into_iter().zip(["Draft", "Scheduled", "Public"]) {
        let page = ann
            .page(&format!("/api/posts/mine?status={}", list.as_str()))
            .await;
        assert_eq!(titles(&page), [title]);
        assert_eq!(page.items[0].status, Some(list));
    }
    ann.edit(&draft, &json!({ "tags": ["touched"] }))
        .await
        .expect(200);
    let all = ann.page("/api/posts/mine").await;
    assert_eq!(titles(&all)[0], "Draft", "last changed first");
    fixture.finish().await;
}

#[tokio::test]
async fn pages_have_no_gaps_and_no_repetitions() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    for n in 0..7 {
        let status = if n % 2 == 0 { "draft" } else { "published" };
        ann.write(&format!("Post {n}"), status).await;
    }
    let mut pages: Vec<Page<PostSummary>> = vec![ann.page("/api/posts/mine?limit=3").await];
    while let Some(next) = pages.last().and_then(|page| page.next.clone()) {
        pages.push(ann.page(&format!("/api/posts/mine?limit=3&cursor={next}")).await);
    }
    let seen: Vec<_> = pages.iter().map(titles).collect();
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let expected: Vec<String> = (0..7).rev().map(|n| format!("Post {n}")).collect();
    assert_eq!(seen.concat(), expected);
    fixture.finish().await;
}

#[tokio::test]
async fn invalid_parameters_are_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    ann.get("/api/posts/mine?limit=0")
        .await
        .refused_field(422, "out_of_range", "limit");
    ann.get("/api/posts/mine?limit=101")
        .await
        .refused_field(422, "out_of_range", "limit");
    ann.get("/api/posts/mine?cursor=nonsense")
        .await
        .refused(400, "invalid_cursor");
    let odd = ann.get("/api/posts/mine?status=deleted").await;
    assert!(matches!(odd.status, 400 | 422), "{}", odd.text());
    fixture
        .anonymous()
        .get("/api/posts/mine")
        .send()
        .await
        .refused(401, "unauthenticated");
    fixture.finish().await;
}
