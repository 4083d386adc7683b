//! Conversions from posts, verdicts, revisions and reactions to the types of the API.

use common::{
    api::posts::{PostModeration, PostSource, PostSummary, ReactionResponse, RevisionEntry, RevisionText},
    event::Outcome,
};

use crate::{
    commands::PostWithVerdict,
    domain::{
        listing::{Listed, Revision, RevisionHead},
        moderation::Verdict,
        reaction::Reaction,
    },
};

/// What the author sees of `verdict`.
fn moderation(verdict: &Verdict) -> Option<PostModeration> {
    (verdict.outcome != Outcome::Unknown).then(|| PostModeration {
        status: verdict.outcome,
        reason: verdict.reason.clone(),
        note: verdict.note.clone(),
    })
}

impl From<PostWithVerdict> for PostSource {
    fn from(found: PostWithVerdict) -> Self {
        let moderation = found.current_verdict().and_then(moderation);
        let (version, post) = (found.post.version, found.post.state);
        Self {
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
            moderation,
        }
    }
}

impl From<Listed> for PostSummary {
    fn from(listed: Listed) -> Self {
        let (version, post) = (listed.version, listed.post);
        Self {
            id: post.id,
            version,
            status: post.list(),
            slug: post.slug,
            title: post.text.title,
            summary: post.text.summary,
            tags: post.tags,
            cover: post.cover,
            publish_at: post.publish_at,
            created_at: post.created_at,
            updated_at: post.updated_at,
            published_at: post.published_at,
            moderation: listed.verdict.as_ref().and_then(moderation),
        }
    }
}

impl From<RevisionHead> for RevisionEntry {
    fn from(revision: RevisionHead) -> Self {
        Self {
            version: revision.version,
            created_at: revision.at,
            title: revision.title,
            bytes: revision.bytes,
        }
    }
}

impl From<Revision> for RevisionText {
    fn from(revision: Revision) -> Self {
        Self {
            version: revision.version,
            created_at: revision.at,
            title: revision.text.title,
            body: revision.text.body,
            summary: revision.text.summary,
        }
    }
}

impl From<Reaction> for ReactionResponse {
    fn from(reaction: Reaction) -> Self {
        Self {
            post_id: reaction.post_id,
            user_id: reaction.user_id,
            kind: reaction.kind,
            active: reaction.active,
            changed_at: reaction.changed_at,
        }
    }
}
