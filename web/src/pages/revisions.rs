//! `/posts/{id}/revisions`: the revisions of an own post, their differences, and how to restore one. And
//! `/posts/{id}/preview`: the current text as readers will see it.

use askama::Template;
use axum::extract::{Path, Query};
use common::{
    api::posts::{PostList, PostSource, RevisionEntry, RevisionText, UpdatePostRequest},
    error::ErrorCode,
    ids::PostId,
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::{
    editor::{own_post, parse_id},
    paging::ListQuery,
};
use crate::{
    diff::{Change, Diff, Piece},
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    preview::Preview,
    request::PageRequest,
    review::ReviewNotice,
};

/// Revisions per page.
const REVISIONS: u32 = 20;
/// The service keeps 200 revisions by default, and lists 100 at a time.
const MAX_PAGES: usize = 10;

const CONFLICT: &str = "the post was changed elsewhere after you opened this page. The differences from the current text are \
                        shown below";

/// The text that a revision is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Current,
    Previous,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CompareQuery {
    against: Option<String>,
}

#[derive(Template)]
#[template(path = "revisions.html")]
struct RevisionsPage {
    page: Page,
    post: PostSource,
    revisions: Vec<RevisionEntry>,
    first: bool,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "revision.html")]
struct RevisionPage {
    page: Page,
    post: PostSource,
    revision: RevisionText,
    against: Against,
    /// Whether there is another text to compare with.
    compared: bool,
    /// Whether the revision is the current text.
    current: bool,
    fields: Vec<(&'static str, Diff)>,
    form: Form,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage {
    page: Page,
    post: PostSource,
    /// The notice about a post that is held or was taken down.
    review: Option<ReviewNotice>,
    preview: Preview,
}

/// `GET /posts/{id}/revisions`
pub async fn list(
    request: PageRequest,
    _: CurrentUser,
    Path(id): Path<String>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    let id = parse_id(&id)?;
    let (post, revisions) = tokio::join!(
        own_post(&request, id),
        request.api().revisions(id, list.cursor(), REVISIONS)
    );
    let (post, revisions) = (post?, revisions?);
    let path = format!("/posts/{id}/revisions");
    let template = RevisionsPage {
        page: request.page(format!("Revisions: {}", post.title)).not_indexed(),
        older: list.next_page(&path, revisions.next.as_deref()),
        first: list.is_first_page(),
        post,
        revisions: revisions.items,
    };
    request.html(&template).await
}

/// `GET /posts/{id}/revisions/{version}`
pub async fn compare(
    request: PageRequest,
    _: CurrentUser,
    Path((id, version)): Path<(String, String)>,
    Query(query): Query<CompareQuery>,
) -> PageResult {
    let against = match query.against.as_deref() {
        Some("previous") => Against::Previous,
        _ => Against::Current,
    };
    let (id, version) = (parse_id(&id)?, parse_version(&version)?);
    let (post, revision) = tokio::join!(own_post(&request, id), load(&request, id, version));
    let (post, revision) = (post?, revision?);
    // From the older text to the newer one.
    let texts = match against {
        Against::Current => Some((revision.clone(), current_text(&post))),
        Against::Previous => {
            let previous = previous(&request, id, version).await?;
            previous.map(|previous| (previous, revision.clone()))
        }
    };
    let template = RevisionPage {
        compared: texts.is_some(),
        fields: match texts {
            Some((from, to)) => differences(from, to).await?,
            None => Vec::new(),
        },
        ..revision_page(&request, post, revision, Form::new())
    };
    let template = RevisionPage { against, ..template };
    request.html(&template).await
}

/// `POST /posts/{id}/revisions/{version}`: restores the revision.
pub async fn restore(
    request: PageRequest,
    _: CurrentUser,
    Path((id, version)): Path<(String, String)>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let (id, version) = (parse_id(&id)?, parse_version(&version)?);
    let revision = load(&request, id, version).await?;
    let update = UpdatePostRequest {
        title: Some(revision.title.clone()),
        body: Some(revision.body.clone()),
        summary: Some(revision.summary.clone()),
        ..UpdatePostRequest::default()
    };
    let expected = form.value("version").parse().ok();
    let Err(error) = request.api().update_post(id, expected, &update).await else {
        return Ok(request.see_other(&format!("/posts/{id}/edit?done=restored")));
    };
    if error.is(ErrorCode::VersionMismatch) {
        form.fail_outdated(CONFLICT);
    } else {
        form.add_api_error(error, &[])?;
    }
    let post = own_post(&request, id).await?;
    let template = RevisionPage {
        compared: true,
        fields: differences(revision.clone(), current_text(&post)).await?,
        ..revision_page(&request, post, revision, form)
    };
    request.form_html(&template.form, &template).await
}

/// `GET /posts/{id}/preview`
pub async fn preview(request: PageRequest, _: CurrentUser, Path(id): Path<String>) -> PageResult {
    let post = own_post(&request, parse_id(&id)?).await?;
    preview_page(&request, post).await
}

/// The page of an own post as readers will see it.
pub(super) async fn preview_page(request: &PageRequest, post: PostSource) -> PageResult {
    let preview = Preview::of(post.body.clone()).await?;
    let template = PreviewPage {
        page: request
            .page(format!("Preview: {}", post.title))
            .not_indexed()
            .preload_fonts(&format!("<em>{}", preview.html)),
        review: ReviewNotice::of_post(post.moderation.as_ref()),
        post,
        preview,
    };
    request.html(&template).await
}

/// The page of a revision, without a comparison.
fn revision_page(
    request: &PageRequest,
    post: PostSource,
    revision: RevisionText,
    form: Form,
) -> RevisionPage {
    RevisionPage {
        page: request
            .page(format!("Revision: {}", revision.title))
            .not_indexed(),
        current: (&revision.title, &revision.body, &revision.summary)
            == (&post.title, &post.body, &post.summary),
        against: Against::Current,
        compared: false,
        fields: Vec::new(),
        post,
        revision,
        form,
    }
}

async fn load(request: &PageRequest, id: PostId, version: u64) -> Result<RevisionText, PageError> {
    let revision = request.api().revision(id, version).await;
    revision.map_err(|error| PageError::not_found(error, "revision"))
}

/// The revision before `version`, if it is kept.
async fn previous(
    request: &PageRequest,
    id: PostId,
    version: u64,
) -> Result<Option<RevisionText>, PageError> {
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let list = request.api().revisions(id, cursor.as_deref(), 100).await?;
        if let Some(older) = list.items.iter().find(|entry| entry.version < version) {
            return load(request, id, older.version).await.map(Some);
        }
        cursor = list.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(None)
}

/// The current text as a revision.
fn current_text(post: &PostSource) -> RevisionText {
    RevisionText {
        version: post.version,
        created_at: post.updated_at,
        title: post.title.clone(),
        body: post.body.clone(),
        summary: post.summary.clone(),
    }
}

/// The fields that differ.
async fn differences(from: RevisionText, to: RevisionText) -> Result<Vec<(&'static str, Diff)>, PageError> {
    let summary = |text: Option<String>| text.unwrap_or_default();
    Diff::of_fields(vec![
        ("Title", from.title, to.title),
        ("Summary", summary(from.summary), summary(to.summary)),
        ("Text", from.body, to.body),
    ])
    .await
}

fn parse_version(version: &str) -> Result<u64, PageError> {
    version.parse().ok().ok_or(PageError::NotFound("revision"))
}
