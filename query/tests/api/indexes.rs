//! Every list is served by an index, with any filter, and without sorting.

use common::{
    event::Timestamp,
    ids::{PostId, UserId},
};
use mongodb::{
    Database,
    bson::{Document, bson, doc},
};
use query::store::{PostSelector, Store, ensure_indexes};
use testkit::TestDatabase;

async fn plan(database: &Database, collection: &str, filter: Document, sort: Document) -> String {
    let find = doc! { "find": collection, "filter": filter, "sort": sort, "limit": 21 };
    explained(database, find).await
}

async fn explained(database: &Database, find: Document) -> String {
    let plan = database.run_command(doc! { "explain": find }).await.unwrap();
    let plan = plan
        .get_document("queryPlanner")
        .unwrap()
        .get_document("winningPlan");
    plan.unwrap().to_string()
}

fn assert_served_by(plan: &str, index: &str) {
    assert!(
        plan.contains(&format!(r#""indexName": "{index}""#)),
        "{index}: {plan}"
    );
    assert!(
        !plan.contains("COLLSCAN") && !plan.contains(r#""SORT""#),
        "{index}: {plan}"
    );
}

#[tokio::test]
async fn every_list_is_served_by_an_index() {
    let test_database = TestDatabase::new("query");
    let database = test_database.connect().await;
    let generation = Store::new(&database).generation(1);
    ensure_indexes(&generation).await.unwrap();
    ensure_indexes(&generation).await.unwrap();
    let after = Some((Timestamp::now(), PostId::generate()));
    let day = Timestamp::from_millis(0);
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let nothing = PostSelector::default;
    let users = |number: usize| Some((0..number).map(|_| UserId::generate()).collect());
    for (filter, index) in [
        (nothing(), "newest"),
        (
            PostSelector {
                from: day,
                to: Some(Timestamp::now()),
                ..nothing()
            },
            "newest",
        ),
        (
            PostSelector {
                authors: users(1),
                ..nothing()
            },
            "by_author",
        ),
        (
            PostSelector {
                authors: users(50),
                ..nothing()
            },
            "by_author",
        ),
        (
            PostSelector {
                tag: Some("rust".to_owned()),
                from: day,
                ..nothing()
            },
            "by_tag",
        ),
        (
            PostSelector {
                words: words(&["rust"]),
                ..nothing()
            },
            "by_word",
        ),
        (
            PostSelector {
                words: words(&["rust", "rusty"]),
                beginnings: vec!["web".to_owned()],
                from: day,
                ..nothing()
            },
            "by_word",
        ),
    ] {
        for after in [None, after] {
            let (list, sort) = (filter.document(after), PostSelector::order());
            let mut find = doc! { "find": "g1_posts", "filter": list, "sort": sort, "limit": 21 };
            find.extend(filter.hint().map(|name| ("hint".to_owned(), name.into())));
            let plan = explained(&database, find).await;
            assert_served_by(&plan, index);
        }
    }
    let followed = doc! { "follower_id": "a", "active": true };
    let order = doc! { "changed_at": -1, "followee_id": 1 };
    assert_served_by(&plan(&database, "g1_follows", followed, order).await, "followed");
    let in_order = doc! { "created_at": 1, "_id": 1 };
    for parent in [bson!(null), bson!({ "$in": ["a", "b"] })] {
        let comments = doc! { "post_id": "a", "parent_id": parent };
        let plan = plan(&database, "g1_comments", comments, in_order.clone()).await;
        assert_served_by(&plan, "in_threads");
    }
    let tags = doc! { "posts": { "$gt": 0 } };
    let order = doc! { "posts": -1, "_id": 1 };
    assert_served_by(&plan(&database, "g1_tags", tags, order).await, "by_count");
    test_database.remove().await;
}
