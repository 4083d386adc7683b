//! Contexts, credentials and permission errors.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;
use testkit::{NatsServer, eventually, free_port};

use crate::{
    command::{Outcome, bare, run},
    scenario,
};

/// A server with three users: unrestricted, read-only, and without permissions.
struct Guarded {
    url: String,
    folder: TempDir,
    server: std::process::Child,
}

impl Guarded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = folder.path().join("nats.conf");
        let store = folder.path().join("store");
        let text = format!(
            r#"listen: 127.0.0.1:{port}
            jetstream {{ store_dir: {store:?} }}
            authorization {{ users: [
                {{ user: all, password: all }}
                {{ user: reader, password: reader, permissions: {{
                    publish: ["$JS.API.STREAM.INFO.BLOG", "$JS.API.CONSUMER.CREATE.BLOG.>", "$JS.API.CONSUMER.MSG.NEXT.BLOG.>"],
                    subscribe: "_INBOX_reader.>" }} }}
                {{ user: looker, password: looker, permissions: {{ publish: "$JS.API.STREAM.INFO.BLOG", subscribe: "_INBOX.>" }} }}
                {{ user: nobody, password: nobody, permissions: {{ publish: "nothing", subscribe: "_INBOX.>" }} }}
            ] }}"#
        );
        fs::write(&config, text).unwrap();
        let program = std::env::var_os("INKSTREAM_NATS_SERVER").expect("INKSTREAM_NATS_SERVER");
        let server = Command::new(program)
            .arg("-c")
            .arg(&config)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("nats://127.0.0.1:{port}");
        let client = eventually("nats-server starts", async || {
            let options = async_nats::ConnectOptions::with_user_and_password("all".into(), "all".into());
            options.connect(&url).await.ok()
        })
        .await;
        runtime::bus::provision(
            &async_nats::jetstream::new(client),
            runtime::bus::Replicas::default(),
        )
        .await
        .unwrap();
        Self { url, folder, server }
    }

    /// Writes a context for `user`.
    fn context(&self, user: &str, rest: &str) {
        let contexts = self.folder.path().join("nats/context");
        fs::create_dir_all(&contexts).unwrap();
        let text = format!(
            r#"{{ "description": "", "url": "{}", "user": "{user}", "password": "{user}", "token": "", "creds": "" {rest} }}"#,
            self.url
        );
        fs::write(contexts.join(format!("{user}.json")), text).unwrap();
    }

    fn select(&self, context: &str) {
        fs::write(self.folder.path().join("nats/context.txt"), context).unwrap();
    }

    async fn run(&self, args: &[&str]) -> Outcome {
        let mut command = bare(args);
        command.env("XDG_CONFIG_HOME", self.folder.path());
        run(command).await
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test]
async fn contexts_of_the_nats_command_and_permission_errors() {
    let guarded = Guarded::start().await;
    guarded.context("all", "");
    guarded.context("reader", r#", "inbox_prefix": "_INBOX_reader""#);
    guarded.context("looker", "");
    guarded.context("nobody", "");
    // By name, then the selected context, which --context overrides.
    assert_eq!(guarded.run(&["tail", "--context", "all"]).await.ok(), "");
    guarded.select("reader");
    assert_eq!(guarded.run(&["tail"]).await.ok(), "");
    guarded.select("nobody");
    let began = std::time::Instant::now();
    let outcome = guarded.run(&["tail"]).await.exits(3);
    assert_eq!(outcome.stderr, "error: not permitted: $JS.API.STREAM.INFO.BLOG\n");
    assert!(began.elapsed().as_secs() < 4, "it waited for a timeout");
    let outcome = guarded.run(&["tail", "--context", "missing"]).await.exits(2);
    assert!(
        outcome.stderr.contains("there is no context `missing`"),
        "{outcome:?}"
    );
    // Denied during the run, too.
    let mut other = async_nats::HeaderMap::new();
    other.insert("ce-type", "x");
    let options = async_nats::ConnectOptions::with_user_and_password("all".into(), "all".into());
    let jetstream = async_nats::jetstream::new(options.connect(&guarded.url).await.unwrap());
    let sent = jetstream
        .publish_with_headers("blog.evt.a.b.c", other, "{}".into())
        .await;
    sent.unwrap().await.unwrap();
    assert_eq!(
        guarded.run(&["tail", "--context", "reader"]).await.lines().len(),
        1
    );
    let outcome = guarded.run(&["tail", "--context", "looker"]).await.exits(3);
    assert!(
        outcome
            .stderr
            .starts_with("error: not permitted: $JS.API.CONSUMER.CREATE.BLOG"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_reported_without_a_timeout() {
    let guarded = Guarded::start().await;
    let mut command = bare(&["tail", "--server", &guarded.url.replace("//", "//all:wrong@")]);
    command.env("XDG_CONFIG_HOME", Path::new("/nonexistent"));
    let outcome = run(command).await.exits(3);
    assert!(
        outcome
            .stderr
            .contains("not permitted: to connect to nats://127.0.0.1:"),
        "{outcome:?}"
    );
    assert!(
        !outcome.stderr.contains("wrong"),
        "a password was shown: {outcome:?}"
    );
}

#[tokio::test]
async fn the_server_of_the_command_line_has_precedence() {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    let mut command = bare(&["tail", "-n", "1", "-s", &nats.url()]);
    command.env("NATS_URL", "nats://127.0.0.1:1");
    assert_eq!(run(command).await.lines().len(), 1);
}

#[tokio::test]
async fn the_accounts_of_operator_and_viewer_are_sufficient() {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("posts").await).await;
    let folder = tempfile::tempdir().unwrap();
    for account in ["viewer", "operator"] {
        let seed = folder.path().join(account);
        fs::write(&seed, nats.seed(account).unwrap().expose()).unwrap();
        let with_account = |args: &[&str]| {
            let mut command = bare(args);
            let prefix = format!("_INBOX_{account}");
            command
                .args(["--server", &nats.url(), "--inbox-prefix", &prefix, "--nkey"])
                .arg(&seed);
            command
        };
        for verb in [
            &["tail"][..],
            &["lag"],
            &["stats"],
            &["dlq", "list"],
            &["graph", "--live"],
            &["validate"],
        ] {
            let outcome = run(with_account(verb)).await;
            assert!(matches!(outcome.code, 0 | 1), "{account} {verb:?}: {outcome:?}");
            assert!(
                !outcome.stderr.contains("not permitted"),
                "{account} {verb:?}: {outcome:?}"
            );
        }
    }
}
