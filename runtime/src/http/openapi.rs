//! The OpenAPI 3.1 document of each service, at `<prefix>/openapi.json`.

mod bodies;
mod problems;

use std::collections::BTreeMap;

use axum::{Router, body::Bytes, http::header, routing::get};
use common::{
    api::{Problem, ProblemError},
    schema::shared_schemas,
};
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        Components, InfoBuilder, OpenApi, RefOr,
        response::Response,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

/// The error responses of an operation: `responses((status = 200, …), ProblemResponses)`.
///
/// Those that follow from its parameters, body and security are derived; a handler declares only errors of its own,
/// without content: `(status = 409, description = "…")`.
#[derive(Debug, Clone, Copy)]
pub struct ProblemResponses;

impl IntoResponses for ProblemResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([(problems::MARKER.to_owned(), Response::new("Error").into())])
    }
}

/// Returns the routes of `router` and their document at `<prefix>/openapi.json`, e.g. `/api/posts/openapi.json`.
///
/// The shared schemas (ids, `Timestamp`, `Role`, `Problem`) and the security schemes `session` (cookie) and `bearer` are
/// added; an operation that requires a user declares `security(("session" = []), ("bearer" = []))`.
pub fn with_openapi<S>(router: OpenApiRouter<S>, prefix: &str, title: &str, description: &str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (router, mut document) = router.split_for_parts();
    complete(&mut document, title, description);
    // The types of utoipa can always be serialised.
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    problems::declare(&mut document);
    bodies::forbid_null(&mut document);
    let json = Bytes::from(document.to_string());
    let handler = move || {
        let json = json.clone();
        async move {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "public, max-age=60"),
            ];
            (headers, json)
        }
    };
    router.route(
        &format!("{}/openapi.json", prefix.trim_end_matches('/')),
        get(handler),
    )
}

fn complete(document: &mut OpenApi, title: &str, description: &str) {
    document.info = InfoBuilder::new()
        .title(title)
        .description(Some(description))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.extend(shared_schemas());
    components
        .schemas
        .insert(Problem::name().into_owned(), Problem::schema());
    components
        .schemas
        .insert(ProblemError::name().into_owned(), ProblemError::schema());
    let session = ApiKeyValue::with_description(
        "__Host-session",
        "The session cookie; its name is `session` if the site uses http. Unsafe methods require a same-origin request.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use common::{api::Page, event::Timestamp, ids::PostId};
    use serde::Serialize;
    use serde_json::Value;
    use tower::ServiceExt;
    use utoipa_axum::routes;

    use super::*;
    use crate::http::{Json, PROBLEM_JSON, PageParams, Path, page_of};

    #[derive(Serialize, ToSchema)]
    struct Item {
        id: PostId,
        at: Option<Timestamp>,
    }

    #[utoipa::path(get, path = "/api/items/{id}", params(("id" = PostId, Path), PageParams),
        responses((status = 200, body = Page<Item>), ProblemResponses),
        security(("session" = []), ("bearer" = [])))]
    async fn items(Path(id): Path<PostId>, page: PageParams) -> Json<Page<Item>> {
        Json(page_of(vec![Item { id, at: None }], page.limit, |item| item.id))
    }

    /// Every `$ref` of the document must resolve.
    fn assert_refs_resolve(value: &Value, root: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(root.pointer(pointer).is_some(), "{reference} does not resolve");
                }
                members
                    .values()
                    .for_each(|member| assert_refs_resolve(member, root));
            }
            Value::Array(items) => items.iter().for_each(|item| assert_refs_resolve(item, root)),
            _ => {}
        }
    }

    #[tokio::test]
    async fn the_document_is_served_and_complete() {
        let router: Router = with_openapi(
            OpenApiRouter::new().routes(routes!(items)),
            "/api/items",
            "Items",
            "A list of items",
        );
        let request = Request::get("/api/items/openapi.json")
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let document: Value = serde_json::from_slice(&body).unwrap();
        assert!(
            document["openapi"]
                .as_str()
                .is_some_and(|version| version.starts_with("3.1"))
        );
        assert_refs_resolve(&document, &document);
        let operation = &document["paths"]["/api/items/{id}"]["get"];
        for status in ["400", "401", "404", "422", "429", "503"] {
            let reference = operation["responses"][status]["$ref"].as_str().unwrap();
            assert!(
                document
                    .pointer(&format!("{}/content", &reference[1..]))
                    .is_some_and(|content| { content[PROBLEM_JSON].is_object() })
            );
        }
        let names: Vec<_> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (&p["name"], &p["required"]))
            .collect();
        assert!(
            names
                .iter()
                .any(|(name, required)| **name == "limit" && **required != true),
            "{names:?}"
        );
    }
}
