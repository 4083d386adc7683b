//! The parts of a pod's specification that several checks read.

use super::object::{Object, list, text};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn pod(object: &Object) -> &Value {
    object
        .template()
        .map_or(&Value::Null, |template| &template["spec"])
}

/// The containers, with those that run before.
pub(super) fn containers(object: &Object) -> impl Iterator<Item = &Value> {
    let pod = pod(object);
    list(&pod["initContainers"])
        .iter()
        .chain(list(&pod["containers"]))
}

/// The number of a port that is given by number or by name.
pub(super) fn port(object: &Object, port: &Value) -> Option<u64> {
    if let Some(number) = port.as_u64() {
        return Some(number);
    }
    let ports = containers(object).flat_map(|container| list(&container["ports"]));
    let named = ports.into_iter().find(|entry| entry["name"] == *port);
    named.and_then(|entry| entry["containerPort"].as_u64())
}

/// The names and values of a container's environment, with those of its ConfigMaps. A value from elsewhere is empty.
pub(super) fn environment(objects: &[Object], container: &Value) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    for source in list(&container["envFrom"]) {
        let name = text(&source["configMapRef"]["name"]);
        let map = objects
            .iter()
            .find(|object| object.kind == "ConfigMap" && object.name == name);
        let data = map.and_then(|map| map.value["data"].as_object());
        for (name, value) in data.into_iter().flatten() {
            environment.insert(name.clone(), text(value).to_owned());
        }
    }
    for entry in list(&container["env"]) {
        environment.insert(text(&entry["name"]).to_owned(), text(&entry["value"]).to_owned());
    }
    environment
}

/// The names of the files in a volume; `None` if they are not known here.
pub(super) fn files(objects: &[Object], volume: &Value) -> Option<Vec<String>> {
    let keys = |kind: &str, name: &Value| {
        let object = objects
            .iter()
            .find(|object| object.kind == kind && object.name == text(name))?;
        Some(object.value["data"].as_object()?.keys().cloned().collect())
    };
    let items = |source: &Value| {
        let items = list(&source["items"]).iter();
        let items: Vec<_> = items.map(|item| text(&item["path"]).to_owned()).collect();
        (!items.is_empty()).then_some(items)
    };
    if let Some(source) = volume.get("secret") {
        return items(source).or_else(|| keys("Secret", &source["secretName"]));
    }
    if let Some(source) = volume.get("configMap") {
        return items(source).or_else(|| keys("ConfigMap", &source["name"]));
    }
    let class = text(&volume["csi"]["volumeAttributes"]["secretProviderClass"]);
    let class = objects
        .iter()
        .find(|object| object.kind == "SecretProviderClass" && object.name == class)?;
    let secrets = text(&class.spec()["parameters"]["secrets"]);
    let names = secrets
        .lines()
        .filter_map(|line| line.trim().strip_prefix("path: "));
    Some(names.map(str::to_owned).collect())
}
