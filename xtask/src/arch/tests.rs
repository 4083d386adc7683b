//! Each rule on small workspaces that break it, and on similar ones that do not.

use super::{check, unknown, workspace::Workspace};

const MEMBERS: [&str; 9] = [
    "common",
    "runtime",
    "posts",
    "auth",
    "query",
    "events",
    "tests",
    "moderation",
    "comments",
];
const MANIFEST: &str = "[package]\n[lints]\nworkspace = true\n[dependencies]\ncommon.workspace = true\n";

/// The violations of a workspace with these files in place of, or beside, correct ones.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![(
        "Cargo.toml".to_owned(),
        format!("[workspace]\nmembers = {MEMBERS:?}\n"),
    )];
    all.extend(MEMBERS.map(|member| (format!("{member}/Cargo.toml"), MANIFEST.to_owned())));
    all.retain(|(path, _)| files.iter().all(|(file, _)| file != path));
    all.extend(
        files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string())),
    );
    let violations = check(&Workspace::new(all).unwrap());
    violations
        .into_iter()
        .map(|v| format!("{}:{}: {}", v.file, v.line, v.what))
        .collect()
}

#[track_caller]
fn breaks(path: &str, text: &str, expected: &str) {
    let (found, expected) = (found(&[(path, text)]), format!("{path}:{expected}"));
    assert!(
        found.len() == 1 && found[0].starts_with(&expected),
        "expected {expected:?}, found {found:#?}"
    );
}

#[track_caller]
fn holds(path: &str, text: &str) {
    assert_eq!(found(&[(path, text)]), Vec::<String>::new(), "{text}");
}

#[test]
fn a_correct_workspace_has_no_violations() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn manifests_have_the_allowed_dependencies_alone() {
    let with = |more: &str| format!("{MANIFEST}{more}\n");
    for (manifest, more, expected) in [
        ("common", "tokio.workspace = true", "common depends on tokio"),
        (
            "common",
            "web = { package = \"axum\", version = \"1\" }",
            "common depends on axum",
        ),
        ("events", "runtime.workspace = true", "events depends on runtime"),
        ("posts", "auth = { path = \"../auth\" }", "posts depends on auth"),
        (
            "posts",
            "[dev-dependencies]\nauth.workspace = true",
            "posts depends on auth",
        ),
        (
            "posts",
            "[dependencies.writer]\npackage = \"auth\"",
            "posts depends on auth",
        ),
        (
            "posts",
            "[target.'cfg(unix)'.dependencies]\nauth = \"1\"",
            "posts depends on auth",
        ),
        ("runtime", "posts.workspace = true", "runtime depends on posts"),
    ] {
        breaks(
            &format!("{manifest}/Cargo.toml"),
            &with(more),
            &format!("1: {expected}"),
        );
    }
    for (manifest, more) in [
        ("common", "[dev-dependencies]\ntokio.workspace = true"),
        ("events", "[dev-dependencies]\nruntime.workspace = true"),
        (
            "posts",
            "runtime.workspace = true\n# auth.workspace = true\n[features]\nauth = []",
        ),
        (
            "tests",
            "runtime.workspace = true\nposts.workspace = true\nauth.workspace = true",
        ),
    ] {
        holds(&format!("{manifest}/Cargo.toml"), &with(more));
    }
    breaks(
        "posts/Cargo.toml",
        "[package]\n[dependencies]\n",
        "1: posts has its own lints",
    );
    breaks(
        "posts/Cargo.toml",
        "[lints.rust]\nunsafe_code = \"allow\"\n",
        "1: posts has its own lints",
    );
    holds("posts/Cargo.toml", "lints.workspace = true\n[package]\n");
}

#[test]
fn a_domain_takes_time_and_ids_as_arguments() {
    let domain = "posts/src/domain/post.rs";
    for (text, expected) in [
        ("\nasync fn f() {}", "2: is async"),
        ("fn f() { g(async { 1 }) }", "1: is async"),
        ("fn f() { let t = Timestamp::now(); }", "1: uses Timestamp::now"),
        (
            "fn f() -> PostId { PostId::generate() }",
            "1: uses PostId::generate",
        ),
        ("fn f() { Uuid::now_v7(); }", "1: uses Uuid::now_v7"),
        ("use std::time::SystemTime;", "1: uses std::time::SystemTime"),
        ("use std::{fmt, fs};", "1: uses std::fs"),
        ("use serde_json::Value;", "1: uses serde_json::Value"),
        ("fn f() { rand::random::<u8>(); }", "1: uses rand::random"),
        (
            "fn f() { matches!(rand::random(), 1 | 2); }",
            "1: uses rand::random",
        ),
    ] {
        breaks(domain, text, expected);
    }
    for text in [
        "fn f(now: Timestamp, id: PostId) -> u8 { now.second() }",
        "/// async, rand::random and Timestamp::now() do not belong here.\nfn f() { g(\"rand::random\") }",
        "#[cfg(test)]\nmod tests { fn id() -> PostId { PostId::generate() } }",
    ] {
        holds(domain, text);
    }
    holds(
        "posts/src/commands.rs",
        "async fn f() { Timestamp::now(); PostId::generate(); }",
    );
}

#[test]
fn http_and_store_meet_in_commands_only() {
    let (http, store) = ("posts/src/http/posts.rs", "posts/src/store/read.rs");
    for (path, text, expected) in [
        (http, "use crate::store::posts;", "1: http uses the store"),
        (http, "use crate::{commands,\n store};", "2: http uses the store"),
        (http, "use super::super::store;", "1: http uses the store"),
        (
            http,
            "async fn f(s: State) {\n    s.store.find().await\n}",
            "2: http uses the store",
        ),
        (http, "fn f(s: &PostStore) {}", "1: http uses the store"),
        (
            http,
            "use runtime::store::AggregateStore;",
            "1: http uses the store",
        ),
        (
            store,
            "use crate::http::dto::Post;",
            "1: store uses crate::http::dto::Post",
        ),
        (
            store,
            "\nfn f() -> StatusCode { todo() }",
            "2: store uses StatusCode",
        ),
        (store, "use axum::Json;", "1: store uses axum::Json"),
    ] {
        breaks(path, text, expected);
    }
    holds(
        http,
        "use runtime::{http::ETag, store::{Cause, Stored}};\nfn f(c: runtime::store::Cause) {}",
    );
    holds(
        http,
        "fn f(flag: &AtomicBool) { flag.store(true, Relaxed); }\n// store",
    );
    holds("posts/src/commands.rs", "use crate::store::Store;");
    holds("posts/src/lib.rs", "use crate::{http, store};");
}

#[test]
fn only_the_relay_and_the_bus_publish() {
    let file = "posts/src/commands.rs";
    breaks(
        file,
        "async fn f() {\n    self.nats\n        .publish(s, b)\n}",
        "3: calls publish",
    );
    breaks(
        file,
        "fn f() { x.publish_with_headers(a, b, c) }",
        "1: calls publish_with_headers",
    );
    breaks(
        file,
        "fn f() { js()?.send_publish(a, b) }",
        "1: calls send_publish",
    );
    breaks(
        file,
        "use async_nats::Client;\nfn f(c: Client) { c.publish(a, b) }",
        "2: calls publish",
    );
    breaks(
        file,
        "fn f() { select! { a = client.publish(b) => {} } }",
        "1: calls publish",
    );
    breaks(
        "runtime/src/http.rs",
        "fn f() { client.publish(a, b) }",
        "1: calls publish",
    );
    holds(file, "fn f() { post.publish(now) }");
    for path in [
        "query/src/live.rs",
        "runtime/src/relay.rs",
        "runtime/src/bus/publish.rs",
    ] {
        holds(path, "fn f() { bus.client().publish(subject, note) }");
    }
}

#[test]
fn only_store_and_projection_write_the_database() {
    breaks(
        "posts/src/commands.rs",
        "fn f() {\n posts.insert_one(x) }",
        "2: calls insert_one",
    );
    breaks(
        "posts/src/http/a.rs",
        "fn f() { c.bulk_write(x) }",
        "1: calls bulk_write",
    );
    breaks(
        "runtime/src/relay.rs",
        "fn f() { c.update_one(a, b) }",
        "1: calls update_one",
    );
    breaks(
        "query/src/state.rs",
        "use mongodb::Collection;\nfn f() { c.drop() }",
        "2: calls drop",
    );
    for path in [
        "posts/src/store/posts.rs",
        "query/src/projection.rs",
        "runtime/src/store/outbox.rs",
    ] {
        holds(path, "fn f() { c.insert_one(x); c.bulk_write(x); }");
    }
    holds(
        "posts/src/commands.rs",
        "fn f() { drop(x); c.find_one(x); c.rename(x); }",
    );
}

#[test]
fn query_only_reads_the_log() {
    let file = "query/src/lib.rs";
    breaks(file, "use runtime::relay::Relay;", "1: uses relay");
    breaks(
        file,
        "\nconst S: &str = \"blog.evt.post.1.created\";",
        "2: contains a subject",
    );
    holds(file, "// blog.evt.post.1.created\nuse runtime::bus::Projection;");
    holds("posts/src/lib.rs", "use runtime::relay::Relay;");
}

#[test]
fn a_service_names_only_the_events_that_it_publishes_or_consumes() {
    for (path, text, expected) in [
        (
            "auth/src/consumers.rs",
            "fn f(e: &Event) { if let Event::Verdict(_, v) = e {} }",
            "1: names Verdict, but consumes no event of any verdict",
        ),
        (
            "auth/src/http/users.rs",
            "use common::event::{UserState,\n ReportFact};",
            "2: names ReportFact",
        ),
        (
            "auth/src/lib.rs",
            "use common::event::topology::POSTS_VERDICTS;",
            "1: names POSTS_VERDICTS, a consumer of posts",
        ),
        (
            "posts/src/domain/post.rs",
            "use common::event::CommentState;",
            "1: names CommentState",
        ),
        (
            "posts/src/state.rs",
            "fn f() { g(AggregateKind::Comment) }",
            "1: names Comment",
        ),
    ] {
        breaks(path, text, expected);
    }
    for (path, text) in [
        (
            "auth/src/domain/user.rs",
            "use common::event::{Role, UserFact, UserState};",
        ),
        (
            "posts/src/consumers.rs",
            "use common::event::{VerdictState, topology::POSTS_VERDICTS};",
        ),
        (
            "posts/src/consumers.rs",
            "fn f(e: Event) { matches!(e, Event::User(UserFact::Deleted, _)); }",
        ),
        (
            "query/src/fold.rs",
            "fn f(e: Event) { matches!(e, Event::Verdict(..) | Event::Comment(..)); }",
        ),
        (
            "posts/src/domain/comment.rs",
            "enum Part { Comment } fn f() { Part::Comment; }",
        ),
    ] {
        holds(path, text);
    }
}

#[test]
fn services_do_not_contain_the_addresses_of_others() {
    let call = "fn f() { get(\"http://users/api/users/currentuser\") }";
    breaks("posts/src/commands.rs", call, "1: contains an address of auth");
    breaks(
        "auth/src/lib.rs",
        "\nconst A: &str = \"/api/posts/mine\";",
        "2: contains an address of posts",
    );
    breaks(
        "auth/src/lib.rs",
        "fn f() { format!(\"{x}/api/posts\") }",
        "1: contains an address of posts",
    );
    holds(
        "posts/src/http.rs",
        "const PREFIX: &str = \"/api/posts\"; // not /api/users",
    );
}

#[test]
fn the_files_of_a_crate_do_not_import_each_other() {
    let cycle = |a: &str, b: &str| {
        let root = (
            "posts/src/lib.rs",
            "mod a; mod b; pub use a::A; pub use self::b::B;",
        );
        found(&[root, ("posts/src/a.rs", a), ("posts/src/b.rs", b)])
    };
    let expected = ["posts/src/a.rs:1: imports posts/src/b.rs, which imports posts/src/a.rs"];
    for b in [
        "use crate::a::A;",
        "use super::a;",
        "use super::A;",
        "fn f() -> crate::A { todo() }",
    ] {
        let b = format!("{b} pub struct B;");
        assert_eq!(cycle("use crate::b::B; pub struct A;", &b), expected, "{b}");
    }
    assert_eq!(
        cycle("use crate::B; pub struct A;", "pub struct B;"),
        Vec::<String>::new()
    );

    let parent = |parent: &str, first: &str| {
        let files = [("posts/src/p.rs", parent), ("posts/src/p/first.rs", first)];
        found(&[&files[..], &[("posts/src/p/second.rs", "pub struct Second;")]].concat())
    };
    let re_exports = "mod first; mod second; pub use first::*; pub use second::Second;";
    assert_eq!(
        parent(re_exports, "use super::Second; pub struct First;"),
        Vec::<String>::new()
    );
    let uses_child = "mod first; pub struct Own; fn f() { first::g(); }";
    assert_eq!(parent(uses_child, "pub fn g() {}"), Vec::<String>::new());
    let both = parent(uses_child, "use super::Own; pub fn g() {}");
    assert_eq!(both.len(), 1, "{both:?}");
    let in_tests = "pub fn g() {}\n#[cfg(test)]\nmod tests { use super::super::Own; }";
    assert_eq!(parent(uses_child, in_tests), Vec::<String>::new());
}

#[test]
fn files_are_short_and_have_their_own_names() {
    let long = "\n".repeat(501);
    breaks("posts/src/a.rs", &long, "1: has 501 lines");
    breaks("posts/tests/api/a.rs", &long, "1: has 501 lines");
    holds(
        "posts/src/a.rs",
        &format!("//! Words.\n//!\n//! Long because it is a table.\n{long}"),
    );
    holds("posts/src/a.rs", &"\n".repeat(500));
    breaks("posts/src/domain/mod.rs", "", "1: is a mod.rs");
}

#[test]
fn a_service_is_named_in_its_own_folder_and_the_listed_places() {
    let list =
        "\nconst ALL: [&str; 5] = [\"auth\", \"posts\", \"query\", \"moderation\", \"/api/comments\"];";
    for (path, text, expected) in [
        (
            "runtime/src/lib.rs",
            "\nconst S: &str = \"moderation\";",
            "2: names the service",
        ),
        ("infra/k8s/blog.yaml", "name: moderation", "1: names the service"),
        ("tests/journeys/kills.rs", list, "2: lists the services"),
        ("runtime/src/lib.rs", list, "2: lists the services"),
    ] {
        breaks(path, text, expected);
    }
    for (path, text) in [
        ("moderation/src/lib.rs", "const NAME: &str = \"moderation\";"),
        ("common/src/event/topology.rs", list),
        ("tests/src/stack.rs", list),
        (
            "tests/journeys/reports.rs",
            "fn f() { get(\"/api/moderation/reports\") }",
        ),
        ("posts/src/domain.rs", "mod moderation; use moderation::Decision;"),
        ("docs/adding-a-service.md", "moderation"),
    ] {
        holds(path, text);
    }
}

#[test]
fn the_workspace_keeps_its_rules() {
    let root = crate::paths::Paths::find().unwrap().root;
    let violations = unknown(check(&Workspace::read(&root).unwrap()));
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
