//! The error responses that follow from the form of an operation, so that no handler has to list them.

use std::collections::BTreeSet;

use common::api::Problem;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::problem::PROBLEM_JSON;

/// The key under which [`ProblemResponses`](super::ProblemResponses) marks an operation.
pub(super) const MARKER: &str = "default";

/// Every declared error status with the description that it has unless the operation gives its own.
const DESCRIPTIONS: &[(u16, &str)] = &[
    (400, "The request is malformed"),
    (401, "The request is not authenticated"),
    (
        403,
        "The user lacks the permission, or the request came from another site",
    ),
    (404, "The resource does not exist, or the user may not see it"),
    (408, "The request body did not arrive in time"),
    (409, "The current state does not allow the operation"),
    (410, "The resource was deleted"),
    (412, "`If-Match` does not match the current version"),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (422, "Some fields are invalid"),
    (429, "Too many requests; see `Retry-After`"),
    (503, "Temporarily unavailable; see `Retry-After`"),
];

/// Adds the error responses of every marked operation of `document`, and the content of those that have none.
pub(super) fn declare(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for (method, operation) in item {
            let derived = derived_statuses(method, operation);
            if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
                complete(responses, &derived);
            }
        }
    }
    let responses: Map<_, _> = DESCRIPTIONS
        .iter()
        .map(|(status, description)| (component(*status), response(description)))
        .collect();
    document["components"]["responses"] = responses.into();
}

/// The statuses with which middleware and extractors may respond to such an operation.
fn derived_statuses(method: &str, operation: &Value) -> BTreeSet<u16> {
    let list = |name: &str| operation[name].as_array().map_or(&[][..], Vec::as_slice);
    let parameters = list("parameters");
    let has = |field: &str, value: &str| parameters.iter().any(|parameter| parameter[field] == value);
    let requires_user = !list("security").is_empty()
        && list("security")
            .iter()
            .all(|scheme| scheme.as_object().is_some_and(|scheme| !scheme.is_empty()));
    let is_safe = ["get", "head", "options"].contains(&method);
    let has_body = operation.get("requestBody").is_some();
    let mut statuses = BTreeSet::from([429, 503]);
    let mut add = |condition: bool, added: &[u16]| {
        if condition {
            statuses.extend(added);
        }
    };
    // An invalid bearer token is rejected even where none is required.
    add(requires_user || !list("security").is_empty(), &[401]);
    add(!is_safe, &[403]);
    add(has("in", "path"), &[400, 404]);
    add(has("in", "query"), &[400, 422]);
    add(has("in", "header") || !is_safe && requires_user, &[400]);
    add(has("name", "If-Match"), &[409, 410, 412]);
    add(has("name", "Idempotency-Key"), &[409, 410, 422]);
    add(has_body, &[400, 408, 413, 415, 422]);
    statuses
}

fn complete(responses: &mut Map<String, Value>, derived: &BTreeSet<u16>) {
    if responses.remove(MARKER).is_some() {
        for status in derived {
            let reference = json!({ "$ref": format!("#/components/responses/{}", component(*status)) });
            responses.entry(status.to_string()).or_insert(reference);
        }
    }
    for (status, response) in responses.iter_mut() {
        let is_error = status.starts_with(['4', '5']);
        if is_error && response.get("$ref").is_none() && response.get("content").is_none() {
            response["content"] = content();
        }
    }
}

fn component(status: u16) -> String {
    format!("Problem{status}")
}

fn response(description: &str) -> Value {
    json!({ "description": description, "content": content() })
}

fn content() -> Value {
    json!({ PROBLEM_JSON: { "schema": { "$ref": format!("#/components/schemas/{}", Problem::name()) } } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(method: &str, operation: Value) -> Vec<u16> {
        derived_statuses(method, &operation).into_iter().collect()
    }

    #[test]
    fn error_statuses_follow_from_parameters_body_and_security() {
        assert_eq!(statuses("get", json!({})), [429, 503]);
        let session = json!([{ "session": [] }]);
        let id = json!({ "in": "path", "name": "id" });
        let list = json!({ "security": session, "parameters": [{ "in": "query", "name": "limit" }] });
        assert_eq!(statuses("get", list), [400, 401, 422, 429, 503]);
        let get = json!({ "security": [{}, { "session": [] }], "parameters": [id] });
        assert_eq!(statuses("get", get), [400, 401, 404, 429, 503]);
        let if_match = json!({ "in": "header", "name": "If-Match" });
        let patch = json!({ "security": session, "parameters": [id, if_match], "requestBody": {} });
        assert_eq!(
            statuses("patch", patch),
            [400, 401, 403, 404, 408, 409, 410, 412, 413, 415, 422, 429, 503]
        );
    }

    #[test]
    fn own_descriptions_are_kept_and_get_a_content() {
        let mut document = json!({ "paths": { "/x": { "get": { "responses": {
            "200": { "description": "fine" }, "409": { "description": "taken" }, "429": { "description": "own" },
            "default": {}
        } } } } });
        declare(&mut document);
        let responses = &document["paths"]["/x"]["get"]["responses"];
        assert!(responses["200"].get("content").is_none() && responses.get("default").is_none());
        for status in ["409", "429"] {
            assert!(responses[status]["content"][PROBLEM_JSON].is_object());
        }
        assert_eq!(responses["429"]["description"], "own");
        let reference = responses["503"]["$ref"].as_str().unwrap();
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
}
