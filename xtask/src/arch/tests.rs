//! Each rule on small trees that break it, and on the like that do not.

use super::{check, source::Tree};

const ROOT: &str =
    "[workspace]\nmembers = [\n  \"common\", \"posts\",\n  \"auth\", \"query\", \"tests\",\n]\n";
const GOOD: &str = "[package]\n[lints]\nworkspace = true\n[dependencies]\ncommon.workspace = true\n";

/// A sound workspace with these files in place of, or beside, the sound ones.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let members = ["common", "runtime", "posts", "auth", "query", "tests"];
    let mut all = vec![("Cargo.toml".to_owned(), ROOT.to_owned())];
    let sound = members.map(|member| (format!("{member}/Cargo.toml"), GOOD.to_owned()));
    all.extend(
        sound
            .into_iter()
            .filter(|(path, _)| files.iter().all(|(file, _)| file != path)),
    );
    all.extend(
        files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string())),
    );
    let found = check(&Tree::new(all));
    found
        .into_iter()
        .map(|v| format!("{}:{}: {} [{}]", v.file, v.line, v.what, v.rule))
        .collect()
}

#[track_caller]
fn broken(path: &str, text: &str, place_and_what: &str) {
    let found = found(&[(path, text)]);
    let place = format!("{path}:{place_and_what}");
    assert!(
        found.len() == 1 && found[0].starts_with(&place),
        "wanted one that begins with {place:?}, found {found:#?}"
    );
}

#[track_caller]
fn sound(path: &str, text: &str) {
    assert_eq!(found(&[(path, text)]), Vec::<String>::new());
}

#[test]
fn a_sound_workspace_is_left_in_peace() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn events_and_ids_use_nothing_else_of_common_and_nothing_heavy() {
    let event = "common/src/event.rs";
    broken(
        event,
        "use std::fmt;\nuse crate::store::Store;\n",
        "2: uses crate::store",
    );
    broken(
        event,
        "use crate::{ids::PostId, event::{A, B}, error};\n",
        "1: uses crate::error",
    );
    broken(
        event,
        "fn f() { super::telemetry::init() }\n",
        "1: uses super::telemetry",
    );
    broken(
        "common/src/event/decode.rs",
        "\nuse super::super::http::X;\n",
        "2: uses super::http",
    );
    broken(
        "common/src/ids.rs",
        "impl axum::extract::FromRequest for X {}\n",
        "1: uses axum",
    );
    broken("common/src/ids.rs", "use tokio_util::codec;\n", "1: uses tokio");
    sound(
        event,
        "use crate::ids::PostId;\nuse crate::event::{A, B};\nmod decode;\n",
    );
    sound(
        "common/src/event/decode.rs",
        "use super::{Event, percent};\nuse super::decode::body;\n",
    );
    sound(
        event,
        "//! Not [`store`](crate::store).\n/* crate::store */ const A: &str = \"crate::store axum::x\";\n",
    );
    sound(
        event,
        "#[cfg(test)]\nmod tests {\n    use crate::testing::X;\n    use tokio::test;\n}\n",
    );
    sound(
        "runtime/src/store.rs",
        "use crate::event::Event;\nuse mongodb::Client;\n",
    );
}

#[test]
fn services_do_not_depend_on_each_other_in_any_way_of_writing_it() {
    let manifest = "posts/Cargo.toml";
    broken(
        manifest,
        &format!("{GOOD}auth = {{ path = \"../auth\" }}\n"),
        "6: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}auth.workspace = true\n"),
        "6: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}[dev-dependencies]\nauth.workspace = true\n"),
        "7: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}[dependencies.auth]\npath = \"../auth\"\n"),
        "6: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}who = {{ path = \"../a\", package = \"auth\" }}\n"),
        "6: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}[dependencies.who]\npackage = \"auth\"\n"),
        "7: posts depends on auth",
    );
    broken(
        manifest,
        &format!("{GOOD}[target.'cfg(unix)'.dependencies]\nauth = \"1\"\n"),
        "7: posts depends on auth",
    );
    broken(
        "common/Cargo.toml",
        &format!("{GOOD}posts.workspace = true\n"),
        "6: common depends on posts",
    );
    sound(
        "tests/Cargo.toml",
        &format!("{GOOD}posts.workspace = true\nauth.workspace = true\n"),
    );
    sound(
        manifest,
        &format!("{GOOD}# auth.workspace = true\n[features]\nauth = []\n"),
    );
}

#[test]
fn a_domain_takes_time_and_ids_as_arguments() {
    let domain = "posts/src/domain/post.rs";
    broken(domain, "\nasync fn f() {}\n", "2: uses async");
    broken(
        domain,
        "fn f() { let t = Timestamp::now(); }\n",
        "1: calls Timestamp::now()",
    );
    broken(
        domain,
        "fn f() -> PostId { PostId::generate() }\n",
        "1: calls PostId::generate()",
    );
    broken(domain, "fn f() { Uuid::now_v7(); }\n", "1: uses now_v7");
    broken(domain, "use std::time::SystemTime;\n", "1: uses SystemTime");
    broken(domain, "use std::{fmt, fs};\n", "1: uses a part of std");
    broken(
        "posts/src/domain.rs",
        "use serde_json::Value;\n",
        "1: uses serde_json",
    );
    broken(domain, "fn f() { rand::random::<u8>(); }\n", "1: uses rand");
    sound(
        domain,
        "fn f(now: Timestamp, id: PostId) -> u8 { now.second() }\n",
    );
    sound(
        domain,
        "/// async, rand::random and Timestamp::now() are not for here.\nfn f() {}\n",
    );
    sound(
        domain,
        "#[cfg(test)]\nmod tests { fn id() -> PostId { PostId::generate() } }\n",
    );
    sound(
        "posts/src/commands.rs",
        "async fn f() { Timestamp::now(); PostId::generate(); }\n",
    );
}

#[test]
fn http_and_store_meet_in_commands_only() {
    let http = "posts/src/http/posts.rs";
    broken(http, "use crate::store::posts;\n", "1: http names store");
    broken(http, "use crate::{commands, store};\n", "1: http names store");
    broken(
        http,
        "async fn f(s: State) {\n    s.store.find().await\n}\n",
        "2: http names store",
    );
    broken(http, "fn f(s: &PostStore) {}\n", "1: http names PostStore");
    broken(
        http,
        "use crate::{\n    app,\n    store::{Posts, Page},\n};\n",
        "3: http names store",
    );
    broken(
        http,
        "use runtime::store::AggregateStore;\n",
        "1: http names AggregateStore",
    );
    sound(
        http,
        "use runtime::{\n    http::ETag,\n    store::{Cause, Stored},\n};\nfn f(c: runtime::store::Cause) {}\n",
    );
    broken(
        "posts/src/store.rs",
        "use crate::http::dto::Post;\n",
        "1: store names http",
    );
    broken(
        "posts/src/store/read.rs",
        "\nfn f() -> StatusCode { todo() }\n",
        "2: store names StatusCode",
    );
    sound(
        http,
        "fn f(flag: &AtomicBool) { flag.store(true, Relaxed); }\n// store\n",
    );
    sound("posts/src/commands.rs", "use crate::store::Store;\n");
    sound("posts/src/app.rs", "use crate::{http, store};\n");
}

#[test]
fn publishing_is_the_relays_and_the_buses() {
    let file = "posts/src/commands.rs";
    broken(
        file,
        "async fn f() {\n    self.nats\n        .publish(s, b)\n}\n",
        "3: calls publish",
    );
    broken(
        file,
        "fn f() { x.publish_with_headers(a, b, c) }\n",
        "1: calls publish_with_headers",
    );
    broken(
        file,
        "fn f() { js().send_publish(a, b) }\n",
        "1: calls send_publish",
    );
    broken(
        file,
        "use async_nats::Client;\nfn f(c: Client) { c.publish(a, b) }\n",
        "2: calls publish",
    );
    broken(
        "runtime/src/http.rs",
        "fn f() { client.publish(a, b) }\n",
        "1: calls publish",
    );
    sound(file, "fn f() { post.publish(now) }\n");
    sound(
        "query/src/live.rs",
        "fn f() { bus.client().publish(subject, note) }\n",
    );
    sound("runtime/src/relay.rs", "fn f() { self.bus.publish(x) }\n");
    sound("runtime/src/bus/publish.rs", "fn f() { js.send_publish(a, b) }\n");
}

#[test]
fn only_store_and_projection_write_the_database() {
    broken(
        "posts/src/commands.rs",
        "fn f() {\n posts.insert_one(x) }\n",
        "2: calls insert_one",
    );
    broken(
        "posts/src/http/a.rs",
        "fn f() { c.bulk_write(x) }\n",
        "1: calls bulk_write",
    );
    broken(
        "runtime/src/relay.rs",
        "fn f() { c.update_one(a, b) }\n",
        "1: calls update_one",
    );
    broken(
        "query/src/app.rs",
        "use mongodb::Collection;\nfn f() { c.drop() }\n",
        "2: calls drop",
    );
    sound("posts/src/store/posts.rs", "fn f() { c.insert_one(x) }\n");
    sound("query/src/projection.rs", "fn f() { c.bulk_write(x) }\n");
    sound("runtime/src/store/outbox.rs", "fn f() { c.update_one(a, b) }\n");
    sound(
        "posts/src/commands.rs",
        "fn f() { drop(x); c.find_one(x); c.rename(x); }\n",
    );
}

#[test]
fn query_only_reads_the_log() {
    broken("query/src/app.rs", "use runtime::relay::Relay;\n", "1: names ");
    broken(
        "query/src/app.rs",
        "\nconst S: &str = \"blog.evt.post.1.created\";\n",
        "2: spells a subject",
    );
    sound(
        "query/src/app.rs",
        "// blog.evt.post.1.created\nuse runtime::bus::Projection;\n",
    );
    sound("posts/src/app.rs", "use runtime::relay::Relay;\n");
}

#[test]
fn every_crate_takes_the_lints() {
    broken(
        "posts/Cargo.toml",
        "[package]\n[dependencies]\n",
        "1: posts goes by lints of its own",
    );
    broken(
        "posts/Cargo.toml",
        "[lints]\n[package.x]\nworkspace = true\n",
        "1: posts goes by lints",
    );
    sound("posts/Cargo.toml", "lints.workspace = true\n[package]\n");
}

#[test]
fn whoever_hears_nothing_of_a_service_knows_nothing_of_it() {
    for (path, text, what) in [
        (
            "auth/src/reactions.rs",
            "fn f(e: &Event) { if let Event::Verdict(_, v) = e {} }\n",
            "1: names Verdict, and consumes nothing of any verdict",
        ),
        (
            "auth/src/http/users.rs",
            "use common::event::{UserState,\n ReportFact};\n",
            "2: names ReportFact, and consumes nothing of any report",
        ),
        (
            "auth/src/app.rs",
            "use common::event::topology::POSTS_VERDICTS;\n",
            "1: names POSTS_VERDICTS, a consumer of posts",
        ),
        (
            "posts/src/domain/post.rs",
            "use common::event::CommentState;\n",
            "1: names CommentState, and consumes nothing of any comment",
        ),
        (
            "posts/src/freshness.rs",
            "fn f() { g(AggregateKind::Comment) }\n",
            "1: names Comment, and consumes nothing of any comment",
        ),
    ] {
        broken(path, text, what);
    }
    for (path, text) in [
        (
            "auth/src/domain/user.rs",
            "use common::event::{Role, UserFact, UserState};\n",
        ),
        (
            "auth/src/domain/account.rs",
            "const RESERVED: [&str; 1] = [\"moderation\"]; // no Event::Verdict\n",
        ),
        (
            "posts/src/reactions.rs",
            "use common::event::{VerdictState, topology::POSTS_VERDICTS};\n",
        ),
        (
            "posts/src/reactions.rs",
            "fn f(e: Event) { matches!(e, Event::User(UserFact::Deleted, _)); }\n",
        ),
        (
            "query/src/fold.rs",
            "fn f(e: Event) { matches!(e, Event::Verdict(..) | Event::Comment(..)); }\n",
        ),
        (
            "posts/src/domain/comment.rs",
            "enum Part { Comment } fn f() { Part::Comment; }\n",
        ),
    ] {
        sound(path, text);
    }
}

#[test]
fn services_do_not_spell_each_others_addresses() {
    broken(
        "posts/src/commands.rs",
        "fn f() { get(\"http://users/api/users/currentuser\") }\n",
        "1: spells an address of auth",
    );
    broken(
        "auth/src/app.rs",
        "\nconst A: &str = \"/api/posts/mine\";\n",
        "2: spells an address of posts",
    );
    sound(
        "posts/src/http.rs",
        "const PREFIX: &str = \"/api/posts\"; // not /api/users\n",
    );
}
