//! The fields of a body, from its JSON Schema.

use serde::Serialize;
use serde_json::Value;

/// A field at any depth.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    /// e.g. `content.title`; `[]` stands for each item
    pub(super) path: String,
    /// e.g. `string, date-time`, with `?` where it may be null or absent
    pub(super) kind: String,
    /// Its description in the registry.
    pub(super) description: String,
}

/// Every field of `schema`, in its order.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    object(schema, schema, "", &mut found);
    found
}

fn object(root: &Value, schema: &Value, prefix: &str, found: &mut Vec<Field>) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let required = schema["required"].as_array();
    for (name, property) in properties {
        let is_required = required.is_some_and(|names| names.iter().any(|one| one == name));
        let path = format!("{prefix}{name}");
        field(root, property, path, !is_required, found);
    }
}

fn field(root: &Value, property: &Value, path: String, absent: bool, found: &mut Vec<Field>) {
    let (meant, nullable) = meant(root, property);
    let description = property["description"]
        .as_str()
        .or_else(|| meant["description"].as_str());
    let optional = if absent || nullable { "?" } else { "" };
    found.push(Field {
        kind: format!("{}{optional}", kind(root, meant)),
        description: description.unwrap_or_default().replace('\n', " "),
        path: path.clone(),
    });
    object(root, meant, &format!("{path}."), found);
    let (items, _) = self::meant(root, &meant["items"]);
    object(root, items, &format!("{path}[]."), found);
}

/// The schema of a property with references and "or null" resolved, and whether it may be null.
fn meant<'a>(root: &'a Value, property: &'a Value) -> (&'a Value, bool) {
    if let Some(reference) = property["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|path| root.pointer(path));
        return target.map_or((property, false), |target| meant(root, target));
    }
    let choices = property["anyOf"].as_array();
    let is_null = |choice: &&Value| choice["type"] == "null";
    if let Some(choices) = choices.filter(|choices| choices.iter().any(|choice| is_null(&choice))) {
        let other = choices.iter().find(|choice| !is_null(choice));
        return other.map_or((property, true), |other| (meant(root, other).0, true));
    }
    let nullable = property["type"]
        .as_array()
        .is_some_and(|types| types.iter().any(|one| one == "null"));
    (property, nullable)
}

fn kind(root: &Value, schema: &Value) -> String {
    let values = enum_values(schema);
    if !values.is_empty() {
        return values.join(" | ");
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect(),
        _ => vec!["any"],
    };
    if names == ["array"] {
        let (items, _) = meant(root, &schema["items"]);
        return format!("{}[]", kind(root, items));
    }
    match schema["format"].as_str() {
        Some(format) => format!("{}, {format}", names.join(" | ")),
        None => names.join(" | "),
    }
}

/// The values of an enum, in either notation of the schema.
fn enum_values(schema: &Value) -> Vec<String> {
    let of = |schema: &Value| {
        let values = schema["enum"].as_array().cloned().unwrap_or_default();
        let constant = schema.get("const").cloned();
        values.into_iter().chain(constant).collect::<Vec<_>>()
    };
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let values = of(schema).into_iter().chain(choices.flat_map(of));
    values
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}
