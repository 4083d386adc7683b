//! Schemas, AsyncAPI document, catalogue page and permissions are up to date with the registry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::event::{
    asyncapi, catalogue, event_types,
    permissions::{accounts, nats_authorization},
};
use serde_json::Value;

use crate::{HOW, contract_folder, is_update};

fn json(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Every generated file with its text.
fn files() -> Vec<(PathBuf, String)> {
    let contract = contract_folder();
    let docs = contract.join("../../docs");
    let mut files: Vec<_> = event_types()
        .iter()
        .map(|event_type| {
            let path = contract.join("schemas").join(format!("{}.json", event_type.name));
            (path, json(event_type.schema().as_value()))
        })
        .collect();
    files.push((docs.join("asyncapi.json"), json(&asyncapi::document())));
    files.push((docs.join("events.md"), catalogue::page()));
    // Shown with names in place of keys, so that a change of anybody's permissions is seen in review.
    let keys: Vec<_> = accounts()
        .into_iter()
        .map(|name| (name, format!("<key of {name}>")))
        .collect();
    let accounts = keys.iter().map(|(name, key)| (*name, key.as_str()));
    files.push((contract.join("permissions.conf"), nats_authorization(accounts)));
    files
}

#[test]
fn the_generated_files_are_up_to_date() {
    let mut stale = Vec::new();
    for (path, text) in files() {
        if is_update() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "not up to date with the registry: {stale:#?}\n{HOW}"
    );
}

#[test]
fn there_is_no_schema_of_a_type_that_is_not_registered() {
    let known: Vec<_> = files().into_iter().map(|(path, _)| path).collect();
    let folder = contract_folder().join("schemas");
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        assert!(known.contains(&entry.path()), "{}", entry.path().display());
    }
}

/// Every `$ref` of the AsyncAPI document leads somewhere in it.
#[test]
fn the_asyncapi_document_refers_to_nothing_outside_itself() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(target) = object.get("$ref") {
                    let pointer = target.as_str().unwrap().strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
                }
                object.values().for_each(|value| check(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    let document = asyncapi::document();
    check(&document, &document);
}

#[test]
fn links_of_the_catalogue_lead_to_files() {
    let docs = contract_folder().join("../../docs");
    for part in catalogue::page().split("](").skip(1) {
        let target = part.split([')', '#']).next().unwrap();
        let path: &Path = &docs.join(target);
        assert!(path.exists(), "{} is linked and not there", path.display());
    }
}
