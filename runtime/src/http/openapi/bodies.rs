//! Optional request bodies: `Option<T>` would allow `null`, but the body has to be absent.

use serde_json::{Value, json};

/// Removes the alternative `null` from the schema of every request body of `document`.
pub(super) fn forbid_null(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(|paths| paths.values_mut());
    for operation in operations
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut())
    {
        let content = operation
            .pointer_mut("/requestBody/content")
            .and_then(Value::as_object_mut);
        for media_type in content.into_iter().flat_map(|content| content.values_mut()) {
            if let Some(alternatives) = media_type
                .pointer_mut("/schema/oneOf")
                .and_then(Value::as_array_mut)
            {
                alternatives.retain(|schema| *schema != json!({ "type": "null" }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_removed_from_request_bodies_only() {
        let schema = json!({ "oneOf": [{ "$ref": "#/x" }, { "type": "null" }] });
        let content = json!({ "application/json": { "schema": schema } });
        let mut document = json!({ "paths": { "/x": { "put": {
            "requestBody": { "content": content },
            "responses": { "200": { "content": content } },
        } } } });
        forbid_null(&mut document);
        let operation = &document["paths"]["/x"]["put"];
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(*request, json!({ "oneOf": [{ "$ref": "#/x" }] }));
        assert_eq!(operation["responses"]["200"]["content"], content);
    }
}
