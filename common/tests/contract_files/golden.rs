//! Golden files: messages as published by each release, which must remain decodable forever.
//!
//! `golden/<type>/<name>.json` is a message (subject, headers, body) and never changes once released;
//! `<name>.decoded.json` beside it is what today's release reads in it. The latter changes when a state gets a new
//! version, since old bodies are then read as the new state; review looks at that difference.

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::event::{Event, EventSet, Received, WireMessage, decode_as, encode_as, examples};
use serde_json::{Map, Value, json};

use crate::{
    HOW, contract_folder, is_update,
    manifest::{Manifest, sha256},
};

/// The files of one registry.
pub struct Golden {
    folder: PathBuf,
}

impl Golden {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join("released.txt")
    }

    fn of_type(&self, name: &str) -> PathBuf {
        self.folder.join("golden").join(name)
    }

    /// Adds what is new: the first file of a type from `example`, lines of the manifest, and what is read.
    pub fn update<E: EventSet>(&self, example: impl Fn(&str) -> Option<WireMessage>) {
        let mut manifest = Manifest::read(&self.manifest()).unwrap();
        for event_type in E::event_types() {
            let folder = self.of_type(event_type.name);
            if let Some(message) = example(event_type.name).filter(|_| !folder.exists()) {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join("example.json"), to_file(&message)).unwrap();
            }
            let mut new = vec![(
                format!("schema {}", event_type.name),
                shape_hash::<E>(event_type.name),
            )];
            for path in messages(&folder) {
                new.push((self.line(&path), sha256(&fs::read(&path).unwrap())));
                if let Ok(decoded) = read::<E>(&path) {
                    fs::write(path.with_extension("decoded.json"), format!("{decoded:#}\n")).unwrap();
                }
            }
            for (what, hash) in new {
                if !manifest.entries.contains_key(&what) {
                    manifest.add(&what, &hash).unwrap();
                }
            }
        }
        manifest.write(&self.manifest());
    }

    fn line(&self, path: &Path) -> String {
        let name = path.strip_prefix(self.folder.join("golden")).unwrap();
        format!("golden {}", name.display())
    }

    /// Everything that breaks the promise of released versions.
    pub fn findings<E: EventSet>(&self) -> Vec<String> {
        let manifest = match Manifest::read(&self.manifest()) {
            Ok(manifest) => manifest,
            Err(error) => return vec![error],
        };
        let mut found = Vec::new();
        for (what, hash) in &manifest.entries {
            match what.split_once(' ') {
                Some(("golden", file)) => found.extend(self.released_file(file, hash)),
                Some(("schema", name)) => found.extend(released_schema::<E>(name, hash)),
                _ => found.push(format!("`{what}` is nothing the manifest knows")),
            }
        }
        for event_type in E::event_types() {
            let name = event_type.name;
            if !manifest.entries.contains_key(&format!("schema {name}")) {
                found.push(format!("{name}: its schema is not in the manifest"));
            }
            let files = messages(&self.of_type(name));
            if files.is_empty() {
                found.push(format!("{name}: no golden file"));
            }
            for path in files {
                let line = self.line(&path);
                if !manifest.entries.contains_key(&line) {
                    found.push(format!("{line} is not in the manifest"));
                }
                found.extend(is_read_as_recorded::<E>(&path).map(|why| format!("{line}: {why}")));
            }
        }
        found
    }

    fn released_file(&self, file: &str, hash: &str) -> Option<String> {
        match fs::read(self.folder.join("golden").join(file)) {
            Ok(bytes) if sha256(&bytes) == hash => None,
            Ok(_) => Some(format!("golden {file} was released and has been changed")),
            Err(_) => Some(format!("golden {file} was released and is gone")),
        }
    }
}

fn released_schema<E: EventSet>(name: &str, hash: &str) -> Option<String> {
    if E::find_type(name).is_none() {
        return Some(format!("{name} was released and is not in the registry"));
    }
    (shape_hash::<E>(name) != hash)
        .then(|| format!("{name} was released and its schema has changed: that needs a new version"))
}

/// The hash of a schema without its words: what bodies it allows.
fn shape_hash<E: EventSet>(name: &str) -> String {
    fn strip(value: &Value, is_names: bool) -> Value {
        match value {
            Value::Object(object) => {
                let mut kept: Vec<_> = object
                    .iter()
                    .filter(|(key, _)| is_names || !["description", "title", "$id"].contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), strip(value, key == "properties" && !is_names)))
                    .collect();
                // A struct's fields in another order are the same body.
                kept.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(kept.into_iter().collect())
            }
            Value::Array(values) => values.iter().map(|value| strip(value, false)).collect(),
            other => other.clone(),
        }
    }
    let schema = E::find_type(name).unwrap().schema();
    sha256(strip(schema.as_value(), false).to_string().as_bytes())
}

/// The messages in a type's folder, in order.
fn messages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_message = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".json") && !name.ends_with(".decoded.json")
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(is_message).collect();
    paths.sort();
    paths
}

fn to_file(message: &WireMessage) -> String {
    let headers: Map<_, _> = message
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    let body: Value = serde_json::from_slice(&message.payload).unwrap();
    let file = json!({ "subject": message.subject, "headers": headers, "body": body });
    format!("{file:#}\n")
}

/// What a release with the registry `E` reads in the file.
fn read<E: EventSet>(path: &Path) -> Result<Value, String> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = file["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let body = file["body"].to_string();
    let received: Received<E> = decode_as(&text(&file["subject"]), headers.as_slice(), body.as_bytes())
        .map_err(|error| error.to_string())?;
    decoded(&received)
}

fn decoded<E: EventSet>(received: &Received<E>) -> Result<Value, String> {
    let event_type = received.event.event_type().ok_or("it reads as an unknown type")?;
    let body = received.event.body().map_err(|error| error.to_string())?;
    let state: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let envelope = &received.envelope;
    // An event that was read can be written, as the version that is current.
    encode_as(envelope, &received.event).map_err(|error| error.to_string())?;
    Ok(json!({
        "type": received.type_name,
        "read_as": event_type.name,
        "aggregate_id": received.aggregate_id,
        "envelope": {
            "id": envelope.id,
            "service": envelope.service,
            "time": envelope.time,
            "aggregate_version": envelope.aggregate_version,
            "correlation_id": envelope.correlation_id,
            "causation_id": envelope.causation_id,
            "actor": envelope.actor,
            "traceparent": envelope.traceparent,
        },
        "state": state,
    }))
}

fn is_read_as_recorded<E: EventSet>(path: &Path) -> Option<String> {
    let recorded = fs::read(path.with_extension("decoded.json")).unwrap_or_default();
    let recorded: Option<Value> = serde_json::from_slice(&recorded).ok();
    match read::<E>(path) {
        Err(why) => Some(format!("cannot be read: {why}")),
        Ok(_) if recorded.is_none() => Some("there is no record of how it is read".to_owned()),
        Ok(now) => (Some(&now) != recorded.as_ref()).then(|| format!("is read differently now: {now}")),
    }
}

#[test]
fn what_was_released_is_as_it_was_and_is_read_as_recorded() {
    let golden = Golden::new(&contract_folder());
    if is_update() {
        golden.update::<Event>(|name| {
            let event_type = Event::find_type(name)?;
            examples::message(event_type).map(Result::unwrap)
        });
    }
    let found = golden.findings::<Event>();
    assert!(found.is_empty(), "{found:#?}\nwhat is new is added by: {HOW}");
}
