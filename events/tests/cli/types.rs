use common::event::event_types;

use crate::command::{bare, run};

#[tokio::test]
async fn every_type_is_listed_without_a_server() {
    let rows = run(bare(&["types"])).await.lines();
    let names: Vec<_> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
    let expected: Vec<_> = event_types().iter().map(|event_type| event_type.name).collect();
    assert_eq!(names, expected);
    assert_eq!(rows[0]["owner"], "auth");
    assert_eq!(rows[0]["subject"], "blog.evt.user.*.registered");
}

#[tokio::test]
async fn the_types_of_one_aggregate_as_a_table() {
    let table = run(bare(&["types", "--aggregate", "reaction", "-o", "table"]))
        .await
        .ok();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[0].starts_with("TYPE"), "{table}");
    assert!(lines[1].starts_with("blog.reaction.added.v1"), "{table}");
    run(bare(&["types", "--aggregate", "invoice"])).await.exits(4);
}

#[tokio::test]
async fn the_asyncapi_document_is_the_committed_one() {
    let printed = run(bare(&["asyncapi", "-o", "json"])).await.ok();
    let committed = include_str!("../../../docs/asyncapi.json");
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(&printed), value(committed));
}
