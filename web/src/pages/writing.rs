//! `/write` and `/posts/{id}/edit`: one form, which loses nothing. Whatever a submit cannot do — the values are
//! refused, the post has changed elsewhere, the session has ended, a service is away — the page comes again with all
//! that was typed.

mod conflict;
mod desk;
mod fields;

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use common::ids::PostId;
use runtime::auth::CurrentUser;
use serde::Deserialize;

use crate::{
    api::{
        Answer, Trouble,
        writing::{Shelf, Source},
    },
    failure::{Failure, PageResult},
    forms::{Form, FormBody},
    visit::Visit,
};
use desk::Desk;
use fields::{Action, FIELDS};

/// What was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Before {
    done: Option<String>,
}

/// `GET /write`
pub async fn new(visit: Visit, _: CurrentUser) -> PageResult {
    Desk::new(fields::blank()).show(&visit, StatusCode::OK).await
}

/// `POST /write`
pub async fn create(visit: Visit, FormBody(form): FormBody) -> PageResult {
    let mut form = fields::keyed(form);
    let Some(viewer) = visit.viewer() else {
        return signed_out(&visit, Desk::new(form)).await;
    };
    let action = Action::of(&form);
    if action == Action::Preview {
        return previewed(&visit, Desk::new(form)).await;
    }
    let Some(mut draft) = fields::draft(&mut form, action, Shelf::Draft) else {
        return Desk::new(form).refused(&visit).await;
    };
    draft.status.get_or_insert("draft");
    match visit.api().create_post(form.value("key"), &draft).await {
        Ok(post) => Ok(done(&visit, action, &post)),
        Err(trouble) if trouble.is("idempotency_key_reused") => {
            let id = PostId::from_idempotency_key(viewer.id, form.value("key"));
            again(&visit, id, form, action).await
        }
        Err(trouble) => not_done(&visit, Desk::new(form), trouble).await,
    }
}

/// The form of a new post came before, with something else in it: the way back from the post it made, most often.
/// If that post is still as the form made it, this is its next edit; otherwise its author has to look.
async fn again(visit: &Visit, id: PostId, mut form: Form, action: Action) -> PageResult {
    let saved = match visit.api().source(id).await {
        Ok(saved) => saved.value,
        Err(trouble) => return not_done(visit, Desk::new(form), trouble).await,
    };
    form = form.with("shelf", saved.shelf().as_str()).with("version", "1");
    change(visit, id, form, action).await
}

/// `GET /posts/{id}/edit`
pub async fn edit(
    visit: Visit,
    _: CurrentUser,
    Path(id): Path<String>,
    Query(before): Query<Before>,
) -> PageResult {
    let post = own(&visit, parse(&id)?).await?;
    let notice = match before.done.as_deref() {
        Some("saved") => Some("Saved."),
        Some("scheduled") => Some("Scheduled. It will be published automatically at that time."),
        Some("unscheduled") => Some("Returned to drafts. It will not be published automatically."),
        Some("unpublished") => Some("Unpublished. It is a draft again, and readers can no longer see it."),
        Some("restored") => Some("Revision restored."),
        _ => None,
    };
    let desk = Desk::of(fields::of(&post), post.value);
    desk.noticed(notice).show(&visit, StatusCode::OK).await
}

/// `POST /posts/{id}/edit`
pub async fn save(visit: Visit, Path(id): Path<String>, FormBody(form): FormBody) -> PageResult {
    let id = parse(&id)?;
    let action = Action::of(&form);
    if visit.viewer().is_none() {
        return signed_out(&visit, Desk::at(form, id)).await;
    }
    if action == Action::Preview {
        return previewed(&visit, Desk::at(form, id)).await;
    }
    change(&visit, id, form, action).await
}

async fn change(visit: &Visit, id: PostId, mut form: Form, action: Action) -> PageResult {
    let version = form.value("version").parse().ok();
    if action == Action::Delete {
        return match visit.api().delete_post(id, version).await {
            Ok(()) => Ok(visit.see_other("/posts?done=deleted")),
            Err(trouble) => not_changed(visit, Desk::at(form, id), trouble).await,
        };
    }
    let shelf = fields::shelf(&form);
    let Some(draft) = fields::draft(&mut form, action, shelf) else {
        return Desk::at(form, id).refused(visit).await;
    };
    match visit.api().change_post(id, version, &draft).await {
        Ok(post) => Ok(done(visit, action, &post)),
        Err(trouble) => not_changed(visit, Desk::at(form, id), trouble).await,
    }
}

/// Where one is after it.
fn done(visit: &Visit, action: Action, post: &Answer<Source>) -> Response {
    let edit = format!("/posts/{}/edit", post.id);
    match action {
        Action::Publish => visit.see_other(&post.path().unwrap_or(edit)),
        Action::Schedule => visit.see_other(&format!("{edit}?done=scheduled")),
        Action::Unschedule => visit.see_other(&format!("{edit}?done=unscheduled")),
        Action::Unpublish => visit.see_other(&format!("{edit}?done=unpublished")),
        Action::Save | Action::Preview | Action::Delete => visit.see_other(&format!("{edit}?done=saved")),
    }
}

/// The form with what it will look like.
async fn previewed(visit: &Visit, mut desk: Desk) -> PageResult {
    match visit.api().preview(desk.form.value("body")).await {
        Ok(preview) => desk.preview = Some(preview.value),
        Err(trouble) => desk.form.take(trouble, FIELDS)?,
    }
    desk.refused(visit).await
}

/// The post has changed elsewhere: what is saved is shown against what was typed, and neither is lost.
async fn not_changed(visit: &Visit, mut desk: Desk, trouble: Trouble) -> PageResult {
    let (true, Some(id)) = (trouble.is("version_mismatch"), desk.post_id) else {
        return not_done(visit, desk, trouble).await;
    };
    let saved = match visit.api().source(id).await {
        Ok(saved) => saved.value,
        Err(trouble) => return not_done(visit, desk, trouble).await,
    };
    desk.conflict = Some(conflict::between(&saved, &desk.form).await?);
    desk.stale = Some(desk.form.value("version").to_owned());
    // To save again is to decide for what was typed, knowing what is saved.
    desk.form = desk
        .form
        .with("version", saved.version.to_string())
        .with("shelf", saved.shelf().as_str());
    desk.post = Some(saved);
    desk.show(visit, StatusCode::PRECONDITION_FAILED).await
}

/// Everything else that keeps it from being saved.
async fn not_done(visit: &Visit, mut desk: Desk, trouble: Trouble) -> PageResult {
    if is_signed_out(&trouble) {
        return signed_out(visit, desk).await;
    }
    // Of a post that never was, or is somebody else's, no more is said than of any address that leads nowhere.
    if trouble.is("not_found") {
        return lost(visit, desk, StatusCode::NOT_FOUND, "this post doesn't exist").await;
    }
    if trouble.is("gone") {
        return lost(visit, desk, StatusCode::GONE, "this post has been deleted").await;
    }
    desk.form.take(trouble, FIELDS)?;
    desk.refused(visit).await
}

/// The session ended while somebody wrote.
async fn signed_out(visit: &Visit, mut desk: Desk) -> PageResult {
    desk.form
        .refuse("you are signed out. Your text is kept: sign in in another tab, then save it again");
    desk.sign_in = true;
    desk.show(visit, StatusCode::UNAUTHORIZED).await
}

/// The post is not there (any more): what was typed can become a new one.
async fn lost(visit: &Visit, desk: Desk, status: StatusCode, why: &str) -> PageResult {
    let mut form = fields::rekeyed(desk.form);
    form.refuse(&format!(
        "{why}. Your text is kept, and you can save it as a new post"
    ));
    Desk::new(form).show(visit, status).await
}

fn is_signed_out(trouble: &Trouble) -> bool {
    ["unauthenticated", "invalid_token", "session_revoked"]
        .iter()
        .any(|code| trouble.is(code))
}

/// One's own post of that id.
pub(super) async fn own(visit: &Visit, id: PostId) -> Result<Answer<Source>, Failure> {
    visit.api().source(id).await.map_err(|trouble| {
        if trouble.is("not_found") {
            Failure::NotFound("post")
        } else {
            trouble.into()
        }
    })
}

/// A word that is no id leads nowhere.
pub(super) fn parse(id: &str) -> Result<PostId, Failure> {
    id.parse().ok().ok_or(Failure::NotFound("post"))
}
