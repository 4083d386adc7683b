//! `/posts/{id}/revisions`: the texts that a post has and had, how they differ, and the way back to one of them. And
//! `/posts/{id}/preview`: the present one as readers will see it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::{api::Page as List, ids::PostId};
use runtime::{auth::CurrentUser, error::ApiError};
use serde::Deserialize;

use super::writing::{own, parse};
use crate::{
    api::{
        Trouble, with_query,
        writing::{Preview, Restored, Revision, RevisionEntry, Shelf, Source},
    },
    difference::{Difference, Kind, Piece},
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// The service keeps 200 former texts unless it is told otherwise, and lists 100 at a time.
const MAX_PAGES: usize = 10;

const CONFLICT: &str = "the post was changed elsewhere after you opened this page. The differences from the current text are \
                        shown below";

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    after: Option<String>,
}

/// What a text is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    /// What it would replace, and what became of it.
    Present,
    /// What it changed.
    Before,
}

/// What a text is to be compared with.
#[derive(Debug, Default, Deserialize)]
pub struct Comparison {
    against: Option<String>,
}

#[derive(Template)]
#[template(path = "revisions.html")]
struct RevisionsPage {
    page: Page,
    post: Source,
    revisions: List<RevisionEntry>,
    first: bool,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "revision.html")]
struct RevisionPage {
    page: Page,
    post: Source,
    revision: Revision,
    against: Against,
    /// Whether there is another text to compare with.
    compared: bool,
    /// Whether it is the text that the post has.
    present: bool,
    fields: Vec<(&'static str, Difference)>,
    form: Form,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage {
    page: Page,
    post: Source,
    preview: Preview,
}

/// `GET /posts/{id}/revisions`
pub async fn list(
    visit: Visit,
    _: CurrentUser,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> PageResult {
    let id = parse(&id)?;
    let after = place.after.as_deref();
    let (post, revisions) = tokio::join!(own(&visit, id), visit.api().revisions(id, after, None));
    let (post, revisions) = (post?.value, revisions?.value);
    let path = format!("/posts/{id}/revisions");
    let template = RevisionsPage {
        page: visit.page(format!("Revisions: {}", post.title)).not_indexed(),
        older: revisions
            .next
            .as_deref()
            .map(|next| with_query(&path, &[("after", Some(next))])),
        first: after.is_none(),
        post,
        revisions,
    };
    visit.html(&template).await
}

/// `GET /posts/{id}/revisions/{version}`
pub async fn compare(
    visit: Visit,
    _: CurrentUser,
    Path((id, version)): Path<(String, String)>,
    Query(comparison): Query<Comparison>,
) -> PageResult {
    let against = match comparison.against.as_deref() {
        Some("before") => Against::Before,
        _ => Against::Present,
    };
    page(
        &visit,
        parse(&id)?,
        number(&version)?,
        against,
        Form::new(),
        StatusCode::OK,
    )
    .await
}

/// `POST /posts/{id}/revisions/{version}`: that text becomes the present one again
pub async fn restore(
    visit: Visit,
    _: CurrentUser,
    Path((id, version)): Path<(String, String)>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let (id, number) = (parse(&id)?, number(&version)?);
    let revision = revision(&visit, id, number).await?;
    let restored = Restored {
        title: &revision.title,
        body: &revision.body,
        summary: revision.summary.as_deref(),
    };
    let meant_for = form.value("version").parse().ok();
    match visit.api().change_post(id, meant_for, &restored).await {
        Ok(_) => Ok(visit.see_other(&format!("/posts/{id}/edit?done=restored"))),
        Err(trouble) => {
            let status = if trouble.is("version_mismatch") {
                form.refuse(CONFLICT);
                StatusCode::PRECONDITION_FAILED
            } else {
                form.take(trouble, &[])?;
                form.status()
            };
            page(&visit, id, number, Against::Present, form, status).await
        }
    }
}

/// `GET /posts/{id}/preview`
pub async fn preview(visit: Visit, _: CurrentUser, Path(id): Path<String>) -> PageResult {
    let post = own(&visit, parse(&id)?).await?.value;
    let preview = visit.api().preview(&post.body).await?.value;
    let template = PreviewPage {
        page: visit
            .page(format!("Preview: {}", post.title))
            .not_indexed()
            .showing(&visit, &format!("<em>{}", preview.html)),
        post,
        preview,
    };
    visit.html(&template).await
}

async fn page(
    visit: &Visit,
    id: PostId,
    version: u64,
    against: Against,
    form: Form,
    status: StatusCode,
) -> PageResult {
    let (post, revision) = tokio::join!(own(visit, id), revision(visit, id, version));
    let (post, revision) = (post?.value, revision?);
    // From the older text to the newer one, whichever of the two this is.
    let texts = match against {
        Against::Present => Some((revision.clone(), of(&post))),
        Against::Before => before(visit, id, version)
            .await?
            .map(|before| (before, revision.clone())),
    };
    let compared = texts.is_some();
    let fields = match texts {
        Some((from, to)) => differences(from, to).await?,
        None => Vec::new(),
    };
    let template = RevisionPage {
        page: visit.page(format!("Revision: {}", revision.title)).not_indexed(),
        present: is_present(&revision, &post),
        compared,
        post,
        revision,
        against,
        fields,
        form,
    };
    visit.html_with(status, &template).await
}

async fn revision(visit: &Visit, id: PostId, version: u64) -> Result<Revision, Failure> {
    let revision = visit.api().revision(id, version).await;
    revision.map(|revision| revision.value).map_err(not_found)
}

fn not_found(trouble: Trouble) -> Failure {
    if trouble.is("not_found") {
        Failure::NotFound("revision")
    } else {
        trouble.into()
    }
}

/// The text that `version` replaced, if it is kept.
async fn before(visit: &Visit, id: PostId, version: u64) -> Result<Option<Revision>, Failure> {
    let mut after = None;
    for _ in 0..MAX_PAGES {
        let list = visit
            .api()
            .revisions(id, after.as_deref(), Some("100"))
            .await?
            .value;
        if let Some(older) = list.items.iter().find(|entry| entry.version < version) {
            return revision(visit, id, older.version).await.map(Some);
        }
        match list.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// The present text of `post` as one of its revisions.
fn of(post: &Source) -> Revision {
    Revision {
        version: post.version,
        created_at: post.updated_at,
        title: post.title.clone(),
        body: post.body.clone(),
        summary: post.summary.clone(),
    }
}

fn is_present(revision: &Revision, post: &Source) -> bool {
    (&revision.title, &revision.body, &revision.summary) == (&post.title, &post.body, &post.summary)
}

/// The fields in which two texts differ.
async fn differences(from: Revision, to: Revision) -> Result<Vec<(&'static str, Difference)>, Failure> {
    // Long texts take a while.
    let compare = move || {
        let pairs = [
            ("Title", from.title, to.title),
            (
                "Summary",
                from.summary.unwrap_or_default(),
                to.summary.unwrap_or_default(),
            ),
            ("Text", from.body, to.body),
        ];
        let all = pairs
            .into_iter()
            .map(|(field, from, to)| (field, Difference::between(&from, &to)));
        all.filter(|(_, difference)| !difference.is_empty()).collect()
    };
    let compared = tokio::task::spawn_blocking(compare).await;
    compared.map_err(|error| Failure::from(ApiError::internal(error)))
}

fn number(version: &str) -> Result<u64, Failure> {
    version.parse().ok().ok_or(Failure::NotFound("revision"))
}
