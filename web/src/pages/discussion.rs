//! The comments below a post: reading them, writing one, answering one.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::ids::CommentId;
use serde::Deserialize;

use super::{
    post,
    threads::{Here, Node, Thread, answered, missed, weave},
};
use crate::{
    api::{Trouble, reading::Post, segment, with_query},
    failure::{Failure, PageResult},
    forms::{Form, FormBody},
    visit::Visit,
};

/// The fields that messages can stand beside.
const FIELDS: &[&str] = &["body"];

/// Where in a discussion one is.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    /// The cursor of a page of threads.
    pub after: Option<String>,
    /// The comment that is to be answered.
    pub reply: Option<String>,
}

/// What is asked of the discussion alone.
#[derive(Debug, Default, Deserialize)]
pub struct Part {
    after: Option<String>,
    fragment: Option<String>,
}

/// The inside of the section of comments.
#[derive(Template)]
#[template(path = "discussion.html")]
pub struct Discussion {
    here: Here,
    title: String,
    path: String,
    sign_in: String,
    /// `None` while they cannot be read.
    nodes: Option<Vec<Node>>,
    /// The viewer's own cannot be asked for: those that wait are missing.
    own_missing: bool,
    more: Option<String>,
    /// The name of whoever is answered, and the comment.
    answers: Option<(CommentId, String)>,
    form: Form,
}

impl Discussion {
    /// The discussion of `post` at `place`, with a form as it was filled in.
    pub async fn of(visit: &Visit, post: &Post, place: &Place, form: Form) -> Self {
        let id = post.summary.id;
        let own = async {
            match visit.viewer() {
                Some(_) => visit.api().own_comments_on(id).await.map(|own| own.value.items),
                None => Ok(Vec::new()),
            }
        };
        let after = place.after.as_deref();
        let (mut threads, own) = tokio::join!(visit.api().threads(id, after, None), own);
        // Both were asked at once, so that the viewer's own comment may be neither waiting any more nor shown yet.
        if let (Ok(shown), Ok(own)) = (&threads, &own)
            && let Some(missed) = missed(&shown.value.items, own)
        {
            threads = visit.api().threads(id, after, Some(&missed)).await.or(threads);
        }
        let own_missing = own.is_err();
        let path = post.summary.path();
        let (mut more, mut nodes) = (None, None);
        if let Ok(threads) = threads {
            let threads = threads.value;
            let next = threads.next.as_deref();
            more = next.map(|next| with_query(&path, &[("after", Some(next))]));
            nodes = Some(weave(threads.items, own.unwrap_or_default(), next.is_none()));
        }
        let reply = form.given("parent_id").or(place.reply.as_deref());
        let reply = reply.and_then(|id| id.parse().ok());
        let answers = reply.and_then(|id| Some((id, answered(nodes.as_deref()?, id)?.shown())));
        let after = with_query(&path, &[("after", after)]);
        Self {
            here: Here {
                reply: format!("{after}{}", if after.contains('?') { '&' } else { '?' }),
                signed_in: visit.viewer().is_some(),
                moderates: visit
                    .viewer()
                    .is_some_and(runtime::auth::CurrentUser::is_moderator),
            },
            title: match post.summary.counts.comments {
                0 => "No comments yet".to_owned(),
                1 => "1 comment".to_owned(),
                many => format!("{many} comments"),
            },
            sign_in: with_query("/signin", &[("next", Some(&format!("{path}#comments")))]),
            path,
            nodes,
            own_missing,
            more,
            answers,
            form: form.keyed(),
        }
    }
}

impl Node {
    /// What its author is called.
    fn shown(&self) -> String {
        let author = self.comment.author.as_ref();
        author.map_or_else(
            || "your own comment".to_owned(),
            |author| author.shown().to_owned(),
        )
    }
}

/// `GET /p/{slug}/comments`: with `fragment`, the inside of the section, for a page that is open already.
pub async fn show(visit: Visit, Path(slug): Path<String>, Query(part): Query<Part>) -> PageResult {
    let post = match post::find(&visit, &slug).await? {
        Ok(post) => post,
        Err(moved) => return Ok(moved),
    };
    if part.fragment.is_none() {
        return Ok(visit.see_other(&format!("{}#comments", post.summary.path())));
    }
    let place = Place {
        after: part.after,
        reply: None,
    };
    visit
        .html(&Discussion::of(&visit, &post, &place, Form::new()).await)
        .await
}

/// `POST /p/{slug}/comments`
pub async fn write(visit: Visit, Path(slug): Path<String>, FormBody(form): FormBody) -> PageResult {
    let mut form = form.keyed();
    let post = match post::find(&visit, &slug).await? {
        Ok(post) => post,
        // A slug that was given up since the page was read: it leads on, and the browser keeps what was typed.
        Err(moved) => return Ok(moved),
    };
    if visit.viewer().is_none() {
        form.refuse("you are signed out. Your text is kept: sign in in another tab, then post it again");
        return refused(&visit, post, form, StatusCode::UNAUTHORIZED).await;
    }
    let parent = match form.given("parent_id").map(str::parse::<CommentId>) {
        None => None,
        Some(Ok(parent)) => Some(parent),
        Some(Err(_)) => return Err(Failure::NotFound("comment")),
    };
    let read = (post.summary.id, post.summary.version);
    match visit
        .api()
        .comment(form.value("key"), read, parent, form.value("body"))
        .await
    {
        Ok(comment) => {
            let place = segment(slug);
            Ok(visit.see_other(&format!("/p/{place}#comment-{}", comment.id)))
        }
        Err(trouble) => {
            not_posted(&mut form, trouble)?;
            let status = form.status();
            refused(&visit, post, form, status).await
        }
    }
}

/// Why a comment was not taken, beside its field or above it; what was typed stays.
fn not_posted(form: &mut Form, trouble: Trouble) -> Result<(), Failure> {
    if trouble.is("idempotency_key_reused") {
        // The way back to a form that was sent: what stands in it now is another comment.
        *form = std::mem::take(form).rekeyed();
        form.refuse(
            "this form was already used for a different comment. Post it again to add this as a new comment",
        );
        return Ok(());
    }
    if trouble.is("gone") {
        form.refuse("the comment you are replying to has been deleted");
        return Ok(());
    }
    form.take(trouble, FIELDS)
}

async fn refused(visit: &Visit, post: Post, form: Form, status: StatusCode) -> PageResult {
    post::page(visit, post, &Place::default(), form, status).await
}
