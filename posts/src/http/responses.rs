//! Conversions from posts and reactions to the types of the API.

use common::{
    api::posts::{PostSource, ReactionResponse},
    event::ReactionState,
};

use crate::{commands::PostWithVerdict, domain::moderation::Verdict};

pub(super) fn post_source(found: PostWithVerdict) -> PostSource {
    let moderation = found.current_verdict().and_then(Verdict::for_author);
    let (version, post) = (found.post.version, found.post.state);
    PostSource {
        id: post.id,
        author_id: post.author_id,
        version,
        status: post.list(),
        slug: post.slug,
        former_slugs: post.former_slugs,
        title: post.text.title,
        body: post.text.body,
        summary: post.text.summary,
        tags: post.tags,
        cover: post.cover,
        publish_at: post.publish_at,
        created_at: post.created_at,
        updated_at: post.updated_at,
        published_at: post.published_at,
        language: post.language,
        moderation,
    }
}

pub(super) fn reaction_response(reaction: &ReactionState) -> ReactionResponse {
    ReactionResponse {
        post_id: reaction.post_id,
        user_id: reaction.user_id,
        kind: reaction.kind,
        active: reaction.active,
        changed_at: reaction.changed_at,
    }
}
