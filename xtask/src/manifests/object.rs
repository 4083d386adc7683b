//! One object of a rendered overlay, and its pods.

use serde_json::Value;
use std::collections::BTreeMap;

pub(super) type Labels = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) value: Value,
}

impl Object {
    pub(super) fn parse(yaml: &str) -> anyhow::Result<Vec<Self>> {
        let values = serde_saphyr::from_multiple::<Value>(yaml)?;
        Ok(values.into_iter().map(Self::new).collect())
    }

    fn new(value: Value) -> Self {
        Self {
            kind: text(&value["kind"]).to_owned(),
            name: text(&value["metadata"]["name"]).to_owned(),
            value,
        }
    }

    /// `Deployment posts`
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    pub(super) fn spec(&self) -> &Value {
        &self.value["spec"]
    }

    /// The template of its pods, if it has any.
    pub(super) fn template(&self) -> Option<&Value> {
        let template = match self.kind.as_str() {
            "Deployment" | "StatefulSet" | "Job" | "DaemonSet" => &self.spec()["template"],
            "CronJob" => &self.spec()["jobTemplate"]["spec"]["template"],
            _ => return None,
        };
        Some(template)
    }

    /// Whether its pods serve until they are stopped.
    pub(super) fn serves(&self) -> bool {
        matches!(self.kind.as_str(), "Deployment" | "StatefulSet")
    }

    /// The labels of its pods.
    pub(super) fn pod_labels(&self) -> Labels {
        self.template()
            .map(|template| labels(&template["metadata"]["labels"]))
            .unwrap_or_default()
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The entries of a list; nothing of anything else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.clone(), text(value).to_owned()))
        .collect()
}

/// Whether a label selector selects pods with these labels. Knows `matchLabels`, and `In` of `matchExpressions`.
pub(super) fn selects(selector: &Value, pod: &Labels) -> bool {
    let has = |key: &str, wanted: &[&str]| pod.get(key).is_some_and(|value| wanted.contains(&value.as_str()));
    let equal = labels(&selector["matchLabels"]);
    let expressions = list(&selector["matchExpressions"]);
    equal.iter().all(|(key, value)| has(key, &[value]))
        && expressions.iter().all(|expression| {
            let values: Vec<_> = list(&expression["values"]).iter().map(text).collect();
            text(&expression["operator"]) == "In" && has(text(&expression["key"]), &values)
        })
}
