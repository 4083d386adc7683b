//! Converts an aggregate's public state to its document. Text is rendered here, once, and never during a read.
//!
//! Pure and slow: callers use a blocking thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use common::event::{
    AggregateState as _, CommentState, CommentStatus, FollowState, PostContent, PostState, PostStatus,
    ReactionState, Timestamp, UserState,
};

use super::fold::Versioned;
use crate::{
    model::{CommentDocument, FollowDocument, PostDocument, ReactionDocument, UserDocument, username_key},
    render::{self, Rendered},
    search_words::index_words,
};

/// The document of a post. Unless it is published it has no content, whatever the event contains.
pub fn post(Versioned { version, state }: &Versioned<PostState>) -> PostDocument {
    let public = public_content(state);
    let rendered = public.map(|content| guarded(&content.body, render::render_post));
    let Rendered {
        html,
        excerpt,
        words,
        reading_minutes,
        language,
        toc,
    } = rendered.unwrap_or_default();
    let search_words = search_words(state);
    PostDocument {
        id: state.id,
        v: *version,
        status: state.status,
        slug: state.slug.clone(),
        former_slugs: state.former_slugs.clone(),
        author_id: state.author_id,
        title: public.map(|content| content.title.clone()).unwrap_or_default(),
        summary: public
            .map(|content| summary(content, excerpt))
            .unwrap_or_default(),
        html,
        toc: render::headings(toc),
        words,
        reading_minutes,
        language: public
            .and_then(|content| content.language.clone())
            .or_else(|| language.map(str::to_owned)),
        tags: public_tags(state),
        tag_names: public_content(state)
            .map(|content| content.tags.clone())
            .unwrap_or_default(),
        search_text: search_words.iter().map(|word| format!(" {word}")).collect(),
        search_words,
        month: public_month(state),
        cover: public.and_then(|content| content.cover.clone()),
        created_at: state.created_at,
        updated_at: state.updated_at,
        published_at: published_at(state),
        counts: Default::default(),
    }
}

/// The sort key of lists.
fn published_at(state: &PostState) -> Timestamp {
    state.published_at.unwrap_or(state.created_at)
}

/// The month under which readers find the post: the first seven characters of an RFC 3339 time.
fn public_month(state: &PostState) -> Option<String> {
    public_content(state).map(|_| published_at(state).to_string().chars().take(7).collect())
}

/// The tags under which readers find the post, in their canonical form.
fn public_tags(state: &PostState) -> Vec<String> {
    let tags = public_content(state)
        .into_iter()
        .flat_map(|content| &content.tags);
    tags.map(|tag| common::tag::key(tag)).collect()
}

/// The words by which readers find the post.
fn search_words(state: &PostState) -> Vec<String> {
    public_content(state)
        .map(|content| index_words(std::iter::once(&content.title).chain(&content.tags)))
        .unwrap_or_default()
}

fn public_content(state: &PostState) -> Option<&PostContent> {
    state
        .content
        .as_ref()
        .filter(|_| state.status == PostStatus::Published)
}

fn summary(content: &PostContent, excerpt: String) -> String {
    let own = content
        .summary
        .as_deref()
        .map(str::trim)
        .filter(|own| !own.is_empty());
    own.map_or(excerpt, str::to_owned)
}

/// The document of a comment: only its approved text, and only while the comment is public.
pub fn comment(Versioned { version, state }: &Versioned<CommentState>) -> CommentDocument {
    let public = !matches!(state.status, CommentStatus::Deleted | CommentStatus::Unknown);
    let approved = state.approved.as_ref().filter(|_| public);
    let prefix = state.id.to_string();
    let rendered = approved
        .map(|text| guarded(&text.body, |body| render::render_comment(body, &prefix)))
        .unwrap_or_default();
    CommentDocument {
        id: state.id,
        v: *version,
        post_id: state.post_id,
        parent_id: state.parent_id,
        author_id: state.author_id,
        status: state.status,
        visible: approved.is_some(),
        html: rendered.html,
        created_at: state.created_at,
        // An edit that is not public yet does not show, not even by its time.
        edited_at: state
            .edited_at
            .filter(|_| approved.is_some_and(|text| text.revision == state.revision)),
    }
}

pub fn user(Versioned { version, state }: &Versioned<UserState>) -> UserDocument {
    let profile = state.profile.clone();
    let username = profile.as_ref().map(|profile| profile.username.clone());
    UserDocument {
        id: state.id,
        v: *version,
        username_key: username.as_deref().map(username_key),
        username,
        name: profile
            .as_ref()
            .map(|profile| profile.name.clone())
            .unwrap_or_default(),
        bio: profile.map(|profile| profile.bio).unwrap_or_default(),
        role: state.role,
        created_at: state.created_at,
        counts: Default::default(),
    }
}

pub fn reaction(Versioned { version, state }: &Versioned<ReactionState>) -> ReactionDocument {
    ReactionDocument {
        id: state.aggregate_id(),
        v: *version,
        post_id: state.post_id,
        kind: state.kind,
        active: state.active,
    }
}

pub fn follow(Versioned { version, state }: &Versioned<FollowState>) -> FollowDocument {
    FollowDocument {
        id: state.aggregate_id(),
        v: *version,
        follower_id: state.follower_id,
        followee_id: state.followee_id,
        active: state.active,
        changed_at: state.changed_at,
    }
}

/// Renders `body`; if the renderer panics, the text is included unformatted. A single text must not stop the projection.
fn guarded(body: &str, render: impl FnOnce(&str) -> Rendered) -> Rendered {
    catch_unwind(AssertUnwindSafe(|| render(body))).unwrap_or_else(|_panic| {
        tracing::error!(
            bytes = body.len(),
            "the renderer panicked; the text is included unformatted"
        );
        render::render_plain(body)
    })
}

#[cfg(test)]
mod tests {
    use common::{
        event::ApprovedText,
        ids::{CommentId, PostId, UserId},
    };

    use super::*;

    fn comment_state(status: CommentStatus, approved: Option<&str>) -> CommentState {
        CommentState {
            id: CommentId::generate(),
            post_id: PostId::generate(),
            parent_id: None,
            author_id: Some(UserId::generate()),
            status,
            revision: 2,
            body: Some("a *secret* draft".to_owned()),
            approved: approved.map(|body| ApprovedText {
                revision: 1,
                body: body.to_owned(),
            }),
            reason: None,
            created_at: Timestamp::now(),
            edited_at: Some(Timestamp::now()),
        }
    }

    #[test]
    fn only_the_approved_text_of_a_comment_is_stored() {
        for (status, approved, visible) in [
            (CommentStatus::Pending, None, false),
            (CommentStatus::Rejected, None, false),
            (CommentStatus::Pending, Some("shown"), true),
            (CommentStatus::Approved, Some("shown"), true),
            (CommentStatus::Deleted, Some("shown"), false),
            (CommentStatus::Unknown, Some("shown"), false),
        ] {
            let state = comment_state(status, approved);
            let document = comment(&Versioned { version: 1, state });
            assert_eq!(document.visible, visible, "{status:?}");
            assert_eq!(document.html.contains("shown"), visible, "{status:?}");
            assert!(!document.html.contains("secret"));
            assert_eq!(document.edited_at, None, "the public text is the unedited one");
        }
    }

    #[test]
    fn a_draft_has_no_content_even_if_its_event_has() {
        let now = Timestamp::now();
        let state = PostState {
            id: PostId::generate(),
            author_id: UserId::generate(),
            status: PostStatus::Draft,
            slug: Some("s".to_owned()),
            former_slugs: Vec::new(),
            content: Some(PostContent {
                title: "Secret".to_owned(),
                body: "secret".to_owned(),
                summary: Some("secret".to_owned()),
                tags: vec!["secret".to_owned()],
                cover: Some("/secret".to_owned()),
                language: None,
            }),
            created_at: now,
            updated_at: now,
            published_at: Some(now),
        };
        let document = post(&Versioned { version: 1, state });
        assert!(!format!("{document:?}").to_lowercase().contains("secret"));
        assert_eq!((document.search_words.len(), document.month), (0, None));
    }

    #[test]
    fn text_is_included_unformatted_if_the_renderer_panics() {
        let rendered = guarded("<b> & text", |_| panic!("a bug"));
        assert!(
            rendered.html.contains("&lt;b&gt; &amp; text"),
            "{}",
            rendered.html
        );
    }
}
