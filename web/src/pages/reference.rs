//! `/api`: the API reference, which a script renders from the services' OpenAPI documents. Without scripts the page has
//! links to the documents.

use askama::Template;

use crate::{error::PageResult, filters, page::Page, request::PageRequest};

/// The document of each service, with its title.
const DOCUMENTS: [(&str, &str); 5] = [
    ("Accounts", "/api/users/openapi.json"),
    ("Posts", "/api/posts/openapi.json"),
    ("Comments", "/api/comments/openapi.json"),
    ("Moderation", "/api/moderation/openapi.json"),
    ("Reading", "/api/query/openapi.json"),
];

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    page: Page,
    documents: &'static [(&'static str, &'static str)],
}

/// `GET /api`
pub async fn show(request: PageRequest) -> PageResult {
    let page = request
        .page("API reference")
        .description("The HTTP API of this site.")
        .entry("src/styles/reference.css")
        .entry("src/reference.ts");
    let template = ReferencePage {
        page,
        documents: &DOCUMENTS,
    };
    request.html(&template).await
}
