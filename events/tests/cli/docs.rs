//! The examples of `docs/events-cli.md` are the output of the command.
//!
//! After `<!-- run: events … -->` in the page, the next block is the output of that command on the
//! [scenario](crate::scenario); `<!-- run(NAME): events … -->` runs it on a server prepared by `prepare(NAME)`.
//! `UPDATE_DOCS=1` writes the blocks; otherwise they must be up to date.

use std::{collections::BTreeMap, path::Path, process::Command};

use testkit::NatsServer;

use crate::{
    command::{bare, run},
    lag, scenario,
};

/// A server with the data for the examples `name`.
async fn prepare(name: &str) -> NatsServer {
    let nats = NatsServer::start().await;
    let bus = nats.connect("docs").await;
    match name {
        "" => scenario::publish_story(&bus).await,
        "broken" => {
            scenario::publish_story(&bus).await;
            let subject = format!("blog.evt.post.{}.updated", scenario::post());
            let headers = [
                ("ce-type", "blog.post.updated.v1"),
                ("ce-time", "2026-01-01T12:05:00.000Z"),
            ];
            scenario::publish_raw(&bus, &subject, &headers, b"no json").await;
        }
        "caught-up" => {
            scenario::publish_story(&bus).await;
            lag::readers(&bus, 3).await;
        }
        "behind" => {
            scenario::publish_story(&bus).await;
            lag::readers(&bus, 1).await;
        }
        "dead" => {
            scenario::publish_story(&bus).await;
            scenario::file_dead_letters(&bus).await;
        }
        other => panic!("unknown preparation `{other}`"),
    }
    nats
}

/// The output with values that differ between runs replaced.
fn scrubbed(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        // The log stores it at the time of the test.
        let line = match line.split_once(", stored ") {
            Some((before, _)) => format!("{before}, stored 12 ms later"),
            None => line.to_owned(),
        };
        lines.push(timeless(&filed_at_noon(&line)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Dead letters are filed at the time of the test.
fn filed_at_noon(line: &str) -> String {
    let pattern =
        regex::Regex::new(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}([ T])[0-9:]{8}\.[0-9]{3}Z( \([^)]* ago\))?")
            .unwrap();
    let noon = |found: &regex::Captures<'_>| match found[0].starts_with("2026-01-01") {
        true => found[0].to_owned(),
        false => {
            let ago = found.get(2).map_or("", |_| " (12 min 4 s ago)");
            format!("2026-01-01{}12:15:00.000Z{ago}", &found[1])
        }
    };
    pattern.replace_all(line, noon).into_owned()
}

/// Replaces dates of the test's day, and seconds in performance data.
fn timeless(line: &str) -> String {
    let shape = |text: &str| -> String {
        let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
        text.chars().map(digit).collect()
    };
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for number in 0..words.len() {
        if shape(&words[number]) == "0000-00-00" && words[number] != "2026-01-01" {
            words[number] = "2026-01-01".to_owned();
            if let Some(time) = words.get_mut(number + 1) {
                *time = "12:05:00.000Z".to_owned();
            }
        }
        if shape(&words[number]).starts_with("time'=0.000s") && !words[number].starts_with("time'=0.000s") {
            words[number].replace_range(6..11, "0.120");
        }
    }
    words.join(" ")
}

/// `run: events tail` or `run(name): events tail` as name and command line.
fn marker(line: &str) -> Option<(String, String)> {
    let inner = line.strip_prefix("<!-- run")?.strip_suffix("-->")?.trim();
    let (name, command) = inner.split_once(':')?;
    let name = name.trim_matches(['(', ')']).to_owned();
    Some((name, command.trim().to_owned()))
}

/// The output of `line` in a shell, as at a terminal, without colours.
async fn shown(nats: &NatsServer, line: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_events")).parent().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .envs(
            bare(&[])
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
        .env("NATS_URL", nats.url());
    // A command that is piped into another prints its pipe format.
    let is_quoted = |(n, _): &(usize, &str)| n % 2 == 1;
    let piped = line
        .split('\'')
        .enumerate()
        .any(|part| !is_quoted(&part) && part.1.contains('|'));
    if !piped {
        command.env("EVENTS_OUTPUT", "table");
    }
    let outcome = run(command).await;
    format!(
        "$ {line}\n{}{}",
        scrubbed(&outcome.stdout),
        scrubbed(&outcome.stderr)
    )
    .trim_end()
    .to_owned()
}

fn has_jq() -> bool {
    let jq = std::process::Command::new("jq").arg("--version").output();
    jq.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn the_examples_are_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events-cli.md");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut servers: BTreeMap<String, NatsServer> = BTreeMap::new();
    let mut after = String::new();
    let mut lines = before.lines().peekable();
    while let Some(line) = lines.next() {
        after.push_str(line);
        after.push('\n');
        // An example that needs a missing tool is not updated.
        let missing = |(_, command): &(String, String)| command.contains("| jq ") && !has_jq();
        let Some((name, command)) = marker(line).filter(|found| !missing(found)) else {
            continue;
        };
        if !servers.contains_key(&name) {
            servers.insert(name.clone(), prepare(&name).await);
        }
        after.push_str(&format!(
            "```console\n{}\n```\n",
            shown(&servers[&name], &command).await
        ));
        // The current block.
        if lines.next_if(|line| line.starts_with("```")).is_some() {
            for line in lines.by_ref() {
                if line == "```" {
                    break;
                }
            }
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, after).unwrap();
    } else {
        assert_eq!(before, after, "run this test with UPDATE_DOCS=1");
    }
}
