//! `export` and `import`.

use common::event::STREAM;
use serde_json::Value;
use tempfile::TempDir;
use testkit::NatsServer;

use crate::{
    command::{Outcome, events, on, run_with},
    scenario,
    site::Site,
};

/// The lines of an export without the time of storing.
fn content(export: &str) -> Vec<Value> {
    let lines = export.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("time");
        line
    });
    lines.collect()
}

async fn export(nats: &NatsServer) -> String {
    events(nats, &["export"]).await.ok()
}

async fn import(nats: &NatsServer, args: &[&str], input: &str) -> Outcome {
    let args: Vec<&str> = ["import"].iter().chain(args).copied().collect();
    run_with(on(nats, &args), input.into()).await
}

async fn summary(nats: &NatsServer, args: &[&str], input: &str) -> Value {
    import(nats, args, input).await.lines().remove(0)
}

/// The story, and messages that no service publishes: garbage, a header with several values, a repeated id, a message of
/// the maximum size.
async fn with_story() -> (NatsServer, String) {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    scenario::publish_story(&bus).await;
    let subject = "blog.evt.post.x.published";
    scenario::publish_raw(&bus, subject, &[], b"\xff\x00garbage").await;
    scenario::publish_raw(&bus, subject, &[("ce-id", "%E4%BD%A0"), ("x", "")], b"").await;
    // 1 MiB with its headers: too large with those of a batch.
    scenario::publish_raw(&bus, subject, &[], &vec![b'x'; (1 << 20) - 16]).await;
    let export = export(&nats).await;
    (nats, export)
}

#[tokio::test]
async fn an_import_into_an_empty_server_restores_the_log() {
    let (_, export_) = with_story().await;
    let target = NatsServer::start().await;
    let done = summary(&target, &[], &export_).await;
    assert_eq!(
        (&done["imported"], &done["last_sequence"], &done["missing"]),
        (&11.into(), &11.into(), &0.into())
    );
    assert_eq!(content(&export(&target).await), content(&export_));
    // And again from there: the import leaves no traces in the messages.
    let third = NatsServer::start().await;
    import(&third, &[], &export(&target).await).await.ok();
    assert_eq!(content(&export(&third).await), content(&export_));
}

#[tokio::test]
async fn a_log_of_services_is_restored_from_a_compressed_file() {
    let site = Site::start().await;
    let post = site.publish("Hello").await;
    site.comment(post["id"].as_str().unwrap(), "Nice").await;
    site.settled().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("log.zst");
    let mut command = on(&site.nats, &["export", "--zstd"]);
    let status = tokio::task::spawn_blocking({
        let out = std::fs::File::create(&file).unwrap();
        move || command.stdout(out).status().unwrap()
    });
    assert!(status.await.unwrap().success());
    // A file that is named has the same content and is complete.
    let named = folder.path().join("backups/log.zst");
    let args = ["export", "--zstd", "--file", named.to_str().unwrap()];
    assert_eq!(events(&site.nats, &args).await.ok(), "");
    assert_eq!(std::fs::read(&named).unwrap(), std::fs::read(&file).unwrap());
    assert_eq!(
        std::fs::read_dir(folder.path().join("backups")).unwrap().count(),
        1
    );
    let target = NatsServer::start().await;
    let args = ["import", file.to_str().unwrap()];
    events(&target, &args).await.ok();
    assert_eq!(
        content(&export(&target).await),
        content(&export(&site.nats).await)
    );
    assert!(
        events(&target, &["tail"])
            .await
            .lines()
            .iter()
            .all(|event| event.get("problem").is_none())
    );
}

#[tokio::test]
async fn duplicate_ids_are_kept() {
    let (_, export_) = with_story().await;
    let story: Vec<&str> = export_.lines().take(8).collect();
    // As after a resync: every event again with its id, one of them twice in a row.
    let mut lines = story.clone();
    lines.extend(story.iter());
    lines.push(story[7]);
    let renumbered = lines.iter().enumerate().map(|(index, line)| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["sequence"] = (index + 1).into();
        line.to_string() + "\n"
    });
    let export_: String = renumbered.collect();
    let target = NatsServer::start().await;
    let done = summary(&target, &[], &export_).await;
    assert_eq!(done["last_sequence"], 17);
    assert_eq!(content(&export(&target).await), content(&export_));
    // The duplicate window is restored.
    let bus = target.connect("tests").await;
    let stream = bus.jetstream().get_stream(STREAM).await.unwrap();
    assert_eq!(stream.cached_info().config.duplicate_window.as_secs(), 120);
}

#[tokio::test]
async fn only_an_empty_log_is_filled_by_default() {
    let (nats, export_) = with_story().await;
    let refused = import(&nats, &[], &export_).await.exits(2);
    assert!(
        refused.stderr.contains("--resume") && refused.stderr.contains("--append"),
        "{refused:#?}"
    );
    let first: String = export_.lines().next().unwrap().to_owned() + "\n";
    let other = first.replace(&scenario::event_id(1).to_string(), "another");
    let done = summary(&nats, &["--append"], &other).await;
    assert_eq!(done["last_sequence"], 12);

    let target = NatsServer::start().await;
    let dry = summary(&target, &["--dry-run"], &export_).await;
    assert_eq!((&dry["imported"], &dry["dry_run"]), (&11.into(), &true.into()));
    assert_eq!(export(&target).await, "");
    let missing = NatsServer::start_empty().await;
    let refused = import(&missing, &[], &export_).await.exits(4);
    assert!(refused.stderr.contains("provision"), "{refused:#?}");
}

#[tokio::test]
async fn an_interrupted_import_is_resumed() {
    let (_, export_) = with_story().await;
    let lines: Vec<&str> = export_.split_inclusive('\n').collect();
    let target = NatsServer::start().await;
    import(&target, &[], &lines[..5].concat()).await.ok();
    // A different export is detected.
    let mut other = lines.clone();
    other.swap(4, 5);
    let refused = import(&target, &["--resume"], &other.concat()).await.exits(2);
    assert!(refused.stderr.contains("a different export"), "{refused:#?}");
    import(&target, &["--resume"], &lines[..3].concat())
        .await
        .exits(2);

    let done = summary(&target, &["--resume"], &export_).await;

    assert_eq!((&done["skipped"], &done["imported"]), (&5.into(), &6.into()));
    assert_eq!(content(&export(&target).await), content(&export_));
    let again = summary(&target, &["--resume"], &export_).await;
    assert_eq!((&again["skipped"], &again["imported"]), (&11.into(), &0.into()));
}

#[tokio::test]
async fn gaps_are_reported_and_a_part_can_be_exported() {
    let (nats, _) = with_story().await;
    let part = events(&nats, &["export", "--type", "post"]).await.ok();
    let sequences: Vec<Value> = content(&part)
        .iter()
        .map(|line| line["sequence"].clone())
        .collect();
    assert_eq!(sequences[..3], [2, 3, 8]);
    let target = NatsServer::start().await;
    let outcome = import(&target, &[], &part).await.exits(0);
    assert!(outcome.stderr.contains("lacks sequences 1 to 1"), "{outcome:#?}");
    let done: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(done["missing"], 5);
}

#[tokio::test]
async fn an_invalid_export_is_refused_with_its_line() {
    let (_, export_) = with_story().await;
    let first = export_.lines().next().unwrap();
    for (line, why) in [
        ("nonsense", "line 2"),
        (r#"{"subject":"elsewhere","data":""}"#, "not a subject of the log"),
        (
            r#"{"subject":"blog.evt.post.1.x","data":"","data_base64":""}"#,
            "both",
        ),
        (
            r#"{"subject":"blog.evt.post.1.x","data_base64":"?"}"#,
            "data_base64",
        ),
    ] {
        let target = NatsServer::start().await;
        let outcome = import(&target, &[], &format!("{first}\n{line}\n")).await.exits(2);
        assert!(outcome.stderr.contains(why), "{outcome:#?}");
    }
}
