//! The rules on the workspaces of `cases.txt`, and on this one.

use super::{EXCEPTIONS, check, is_known, unknown, workspace::Workspace};

const CASES: &str = include_str!("cases.txt");
const MEMBERS: [&str; 10] = [
    "auth",
    "comments",
    "common",
    "content",
    "events",
    "moderation",
    "posts",
    "query",
    "runtime",
    "tests",
];
const MANIFEST: &str = "[package]\n[lints]\nworkspace = true\n[dependencies]\ncommon.workspace = true";

/// The violations of a correct workspace with these files in place of, or beside, its own.
fn violations(files: Vec<(String, String)>) -> Vec<String> {
    let mut all = files;
    let own = MEMBERS.map(|member| (format!("{member}/Cargo.toml"), MANIFEST.to_owned()));
    let root = (
        "Cargo.toml".to_owned(),
        format!("[workspace]\nmembers = {MEMBERS:?}\n"),
    );
    for (path, text) in own.into_iter().chain([root]) {
        if all.iter().all(|(other, _)| *other != path) {
            all.push((path, text));
        }
    }
    let found = check(&Workspace::new(all).unwrap());
    found
        .into_iter()
        .map(|v| format!("{}:{}: {}", v.file, v.line, v.what))
        .collect()
}

#[test]
fn each_rule_finds_the_places_that_break_it_and_no_others() {
    let cases: Vec<_> = CASES
        .split("\n\n")
        .filter(|case| case.starts_with("= "))
        .collect();
    assert!(cases.len() > 60, "only {} cases were read", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let (mut files, mut expected) = (Vec::<(String, String)>::new(), Vec::new());
        for line in case.lines() {
            match (line.split_at_checked(2), files.last_mut()) {
                (Some(("= ", path)), _) => files.push((path.to_owned(), String::new())),
                (Some(("> ", violation)), _) => expected.push(violation),
                (_, Some((_, text))) => *text += &(line.replace("$manifest", MANIFEST) + "\n"),
                (_, None) => panic!("{line:?} is in no file"),
            }
        }
        let found = violations(files);
        if found != expected {
            wrong.push(format!("{case}\nfound: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(violations(Vec::new()), Vec::<String>::new());
}

#[test]
fn a_long_file_has_a_reason() {
    let of = |text: String| violations(vec![("posts/src/a.rs".to_owned(), text)]);
    assert_eq!(of("\n".repeat(501)), ["posts/src/a.rs:1: has 501 lines"]);
    let reason = format!(
        "//! Words.\n//!\n//! Long because it is a table.\n{}",
        "\n".repeat(501)
    );
    assert_eq!(of(reason), Vec::<String>::new());
    assert_eq!(of("\n".repeat(500)), Vec::<String>::new());
}

#[test]
fn this_workspace_has_no_unknown_violations_and_no_old_exceptions() {
    let root = crate::paths::Paths::find().unwrap().root;
    let found = check(&Workspace::read(&root).unwrap());
    let unused = EXCEPTIONS
        .iter()
        .filter(|exception| !found.iter().any(|violation| is_known(violation, exception)));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
    let lines: Vec<_> = unknown(found).iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
