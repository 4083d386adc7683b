//! Reactions to posts.

use common::event::{Event, ReactionFact};
use futures::future::join_all;
use serde_json::json;

use crate::fixture::{Author, Fixture};

fn path(id: &str) -> String {
    format!("/api/posts/{id}/reaction")
}

async fn like(author: &Author, id: &str) -> testkit::Response {
    author.client.put(&path(id)).send().await
}

#[tokio::test]
async fn a_reaction_is_added_and_removed_once_each() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let id = ann.write("Post", "published").await;

    let answer = like(&bob, &id).await;
    let reaction = answer.expect(200);
    assert_eq!(
        (&reaction["kind"], &reaction["active"]),
        (&json!("like"), &json!(true))
    );
    assert_eq!(answer.consistency_token(), format!("reaction:{id}:{}@1", bob.id));
    assert_eq!(answer.version(), 1);
    let again = bob
        .client
        .put(&path(&id))
        .json(&json!({ "kind": "like" }))
        .send()
        .await;
    assert_eq!((again.version(), again.expect(200)), (1, reaction));

    let removed = bob.client.delete(&path(&id)).send().await;
    removed.expect(204);
    assert_eq!(removed.consistency_token(), format!("reaction:{id}:{}@2", bob.id));
    bob.client.delete(&path(&id)).send().await.expect(204);
    let never = ann.client.delete(&path(&id)).send().await;
    never.expect(204);
    assert_eq!(never.consistency_token(), "");
    assert_eq!(
        fixture.reaction_facts().await,
        [ReactionFact::Added, ReactionFact::Removed]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_reactions_of_one_user_add_one_reaction() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let id = ann.write("Post", "published").await;
    for answer in join_all((0..10).map(|_| like(&bob, &id))).await {
        answer.expect(200);
    }
    like(&ann, &id).await.expect(200);
    // Two aggregates: their order in the log is not defined.
    let reactions = fixture.log().await.into_iter();
    let mut reactions: Vec<_> = reactions
        .filter_map(|entry| match entry.event.event {
            Event::Reaction(fact, state) => Some((state.user_id, state.post_id.to_string(), fact)),
            _ => None,
        })
        .collect();
    let mut expected = [bob.id, ann.id].map(|user| (user, id.clone(), ReactionFact::Added));
    reactions.sort_by_key(|(user, ..)| *user);
    expected.sort_by_key(|(user, ..)| *user);
    assert_eq!(reactions, expected);
    fixture.finish().await;
}

#[tokio::test]
async fn only_signed_in_users_react_and_only_to_published_posts() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let draft = ann.write("Draft", "draft").await;
    let public = ann.write("Public", "published").await;
    let unknown = common::ids::PostId::generate().to_string();
    for id in [&draft, &unknown] {
        like(&ann, id).await.refused(404, "not_found");
        ann.client
            .delete(&path(id))
            .send()
            .await
            .refused(404, "not_found");
    }
    fixture
        .anonymous()
        .put(&path(&public))
        .send()
        .await
        .refused(401, "unauthenticated");
    let put = |body: serde_json::Value| ann.client.put(&path(&public)).json(&body).send();
    put(json!({ "kind": "hate" }))
        .await
        .refused_field(422, "invalid_value", "kind");
    put(json!({ "kind": "like", "count": 9 }))
        .await
        .refused_field(422, "unknown_field", "count");
    like(&ann, "not-an-id").await.refused(404, "not_found");

    like(&ann, &public).await.expect(200);
    ann.delete(&public).await.expect(204);
    like(&ann, &public).await.refused(404, "not_found");
    ann.client.delete(&path(&public)).send().await.expect(204);
    assert_eq!(
        fixture.reaction_facts().await,
        [ReactionFact::Added, ReactionFact::Removed]
    );
    fixture.finish().await;
}
