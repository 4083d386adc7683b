use axum::body::Body;
use common::{api::patch::nullable, ids::PostId};
use serde::Deserialize;
use validator::ValidationError;

use super::*;

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct NewPost {
    #[validate(length(min = 1, max = 10))]
    title: String,
    #[serde(default)]
    #[validate(length(max = 2), custom(function = "no_spaces"))]
    tags: Vec<String>,
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    stars: Option<u8>,
    #[serde(default)]
    #[allow(dead_code)]
    parent_id: Option<PostId>,
    #[serde(default)]
    #[validate(nested)]
    links: Vec<Link>,
    #[serde(default, deserialize_with = "nullable")]
    cover: Option<Option<String>>,
    #[serde(default)]
    #[allow(dead_code)]
    kind: Kind,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Link {
    #[validate(length(min = 3))]
    url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Draft,
    Published,
}

fn no_spaces(tags: &[String]) -> Result<(), ValidationError> {
    match tags.iter().position(|tag| tag.contains(' ')) {
        Some(index) => {
            let mut error = ValidationError::new("invalid_format").with_message("no spaces".into());
            error.add_param("index".into(), &index);
            Err(error)
        }
        None => Ok(()),
    }
}

async fn post(content_type: &str, body: impl Into<Body>) -> Result<NewPost, ApiError> {
    let request = Request::post("/")
        .header("content-type", content_type)
        .body(body.into())
        .unwrap();
    Json::from_request(request, &()).await.map(|Json(value)| value)
}

/// Code of the problem, then field and code of each error.
async fn rejected(body: &str) -> (ErrorCode, Vec<(String, ErrorCode)>) {
    let error = post("application/json", body.to_owned()).await.unwrap_err();
    let fields = error
        .fields()
        .iter()
        .map(|e| (e.field.clone().unwrap_or_default(), e.code))
        .collect();
    (error.code(), fields)
}

#[tokio::test]
async fn a_good_body_is_read() {
    let body = r#"{"title":"Hi \\u0000","cover":null}"#;
    let read = post("Application/JSON; charset=utf-8", body).await.unwrap();
    assert_eq!(read.title, r"Hi \u0000");
    assert_eq!(read.cover, Some(None));
    assert_eq!(
        post("application/json", r#"{"title":"x"}"#).await.unwrap().cover,
        None
    );
}

#[tokio::test]
async fn the_type_must_be_json() {
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        assert_eq!(
            post(kind, "{}").await.unwrap_err().code(),
            ErrorCode::UnsupportedMediaType,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn broken_syntax_is_malformed() {
    let deep = "[".repeat(100_000);
    let deep_field = format!(r#"{{"title":"\u0000","x":{deep}"#);
    for body in [
        "",
        "{",
        r#"{"title":"x"} trailing"#,
        r#"{"title":"\ud800"}"#,
        r#"{"title":"\udc00\ud800"}"#,
        "{\"title\":\"raw \0\"}",
        r#"{"title":"x","title":"y"}"#,
        r#"{"title":1,"tags":[}"#,
        r#"["x""#,
        deep.as_str(),
        deep_field.as_str(),
    ] {
        let (code, _) = rejected(body).await;
        assert_eq!(code, ErrorCode::MalformedJson, "{:.40}", body);
    }
    let not_utf8 = post("application/json", b"{\"title\":\"\xff\"}".to_vec())
        .await
        .unwrap_err();
    assert_eq!(not_utf8.code(), ErrorCode::MalformedJson);
}

#[tokio::test]
async fn a_field_is_named_with_what_is_wrong() {
    for (body, field, code) in [
        (r#"{"title":"x","titel":"y"}"#, "titel", ErrorCode::UnknownField),
        (
            r#"{"title":"x","links":[{"url":"abc","x":1}]}"#,
            "links[0].x",
            ErrorCode::UnknownField,
        ),
        (r#"{}"#, "title", ErrorCode::Required),
        (
            r#"{"title":"x","links":[{}]}"#,
            "links[0].url",
            ErrorCode::Required,
        ),
        (r#"{"title":{"$gt":""}}"#, "title", ErrorCode::InvalidType),
        (r#"{"title":null}"#, "title", ErrorCode::InvalidType),
        (
            r#"{"title":"x","tags":["a",1]}"#,
            "tags[1]",
            ErrorCode::InvalidType,
        ),
        (r#"{"title":"x","stars":300}"#, "stars", ErrorCode::InvalidValue),
        (r#"{"title":"x","kind":"x"}"#, "kind", ErrorCode::InvalidValue),
        (
            r#"{"title":"x","parent_id":"x"}"#,
            "parent_id",
            ErrorCode::InvalidFormat,
        ),
        (r#""text""#, "body", ErrorCode::InvalidType),
        (r#"["a title"]"#, "body", ErrorCode::InvalidType),
        (r#"null"#, "body", ErrorCode::InvalidType),
        (r#"{"title":"a\u0000"}"#, "title", ErrorCode::ContainsNul),
        (
            r#"{"title":"x","links":[{"url":"\u0000"}]}"#,
            "links[0].url",
            ErrorCode::ContainsNul,
        ),
    ] {
        let expected = (ErrorCode::ValidationFailed, vec![(field.to_owned(), code)]);
        assert_eq!(rejected(body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn values_are_not_quoted() {
    let error = post("application/json", r#"{"title":"x","stars":"hunter2"}"#)
        .await
        .unwrap_err();
    assert!(
        !error.detail().contains("hunter2") && error.detail().contains("expected u8"),
        "{error}"
    );
}

#[tokio::test]
async fn all_rules_are_checked_at_once_in_stable_order() {
    let body = r#"{"title":"","tags":["a","b c","d"],"stars":9,"links":[{"url":"abc"},{"url":"a"}]}"#;
    let expected = vec![
        ("links[1].url".to_owned(), ErrorCode::TooShort),
        ("stars".to_owned(), ErrorCode::OutOfRange),
        ("tags".to_owned(), ErrorCode::TooMany),
        ("tags[1]".to_owned(), ErrorCode::InvalidFormat),
        ("title".to_owned(), ErrorCode::TooShort),
    ];
    for _ in 0..10 {
        assert_eq!(
            rejected(body).await,
            (ErrorCode::ValidationFailed, expected.clone())
        );
    }
    let long = format!(r#"{{"title":"{}"}}"#, "ä".repeat(11));
    assert_eq!(
        rejected(&long).await.1,
        [("title".to_owned(), ErrorCode::TooLong)]
    );
}
