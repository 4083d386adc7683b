//! `/api`: the reference of the services' APIs, which a script makes of their OpenAPI documents. Without it there are
//! links to the documents.

use askama::Template;

use crate::{failure::PageResult, filters, page::Page, visit::Visit};

/// Each service's document, by what the service is for.
const DOCUMENTS: [(&str, &str); 5] = [
    ("Accounts", "/api/users/openapi.json"),
    ("Posts", "/api/posts/openapi.json"),
    ("Comments", "/api/comments/openapi.json"),
    ("Moderation", "/api/moderation/openapi.json"),
    ("Reading", "/api/query/openapi.json"),
];

#[derive(Template)]
#[template(path = "reference.html")]
struct Reference {
    page: Page,
    documents: &'static [(&'static str, &'static str)],
}

/// `GET /api`
pub async fn show(visit: Visit) -> PageResult {
    let page = visit
        .page("API reference")
        .described("The HTTP API of this site.")
        .with_entry(&visit, "src/styles/reference.css")
        .with_entry(&visit, "src/reference.ts");
    let template = Reference {
        page,
        documents: &DOCUMENTS,
    };
    visit.html(&template).await
}
