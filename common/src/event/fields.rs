//! The fields of an event's body, from its schema, for human-readable tables.

use serde_json::Value;

/// One field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its path: `content.tags`, `items[].name`.
    pub path: String,
    /// Its type in words: `string (uuid)`, `integer or null`, `"draft" | "published"`.
    pub kind: String,
    /// Whether a body must have it.
    pub required: bool,
    /// Its description.
    pub description: String,
}

/// The fields of the objects in `schema`, each before its nested ones. The schema must be self-contained, like those of
/// the registry.
pub fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn collect(schema: &Value, prefix: &str, found: &mut Vec<Field>) {
    if let Some(items) = schema.get("items") {
        return collect(items, &format!("{}[].", prefix.trim_end_matches('.')), found);
    }
    for alternative in alternatives(schema) {
        collect(alternative, prefix, found);
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let path = format!("{prefix}{name}");
        found.push(Field {
            kind: kind(field),
            required: is_required(name),
            description: text(field, "description").replace('\n', " "),
            path: path.clone(),
        });
        collect(field, &format!("{path}."), found);
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let of = |key| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    // The values of an enum are not structural alternatives.
    of("anyOf")
        .chain(of("oneOf"))
        .filter(|one| one.get("const").is_none())
}

fn text<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn kind(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(all) = schema.get(key).and_then(Value::as_array) {
            return distinct(all.iter().map(kind));
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return distinct(values.iter().map(Value::to_string));
    }
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema),
        Some(Value::Array(names)) => distinct(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| named(name, schema)),
        ),
        _ => "anything".to_owned(),
    }
}

fn named(name: &str, schema: &Value) -> String {
    match (name, text(schema, "format"), schema.get("items")) {
        ("array", _, Some(items)) => format!("array of {}", kind(items)),
        ("string", format, _) if !format.is_empty() => format!("string ({format})"),
        _ => name.to_owned(),
    }
}

fn distinct(kinds: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for kind in kinds {
        if !all.contains(&kind) {
            all.push(kind);
        }
    }
    all.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::event_type;

    #[test]
    fn a_posts_fields_are_named_with_those_inside() {
        let schema = event_type("blog.post.published.v1").unwrap().schema();
        let all = fields(schema.as_value());
        let find = |path: &str| all.iter().find(|field| field.path == path).unwrap();
        assert_eq!(all[0].path, "id", "in the order of the struct");
        assert_eq!(
            (find("id").kind.as_str(), find("id").required),
            ("string (uuid)", true)
        );
        assert_eq!(find("status").kind, r#""draft" or "published" or "deleted""#);
        assert_eq!(find("content").kind, "object or null");
        assert_eq!(find("content.tags").kind, "array of string");
        assert_eq!(
            (find("slug").kind.as_str(), find("slug").required),
            ("string or null", false)
        );
        assert_eq!(find("content.title").description, "1 to 200 characters.");
    }
}
