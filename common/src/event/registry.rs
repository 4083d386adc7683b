//! The registry: each event named once, with its wire name, aggregate, state and owner.
//!
//! The decoder, the schemas, the catalogue, the AsyncAPI document and the permissions are all derived from this one
//! table. Released versions are immutable. A new shape of a body is a new version: keep the old struct beside
//! the new one with `From<Old> for New`, and list the old name under `historic`
//! (`docs/adr/0005-event-versions.md`).

use super::{
    define::{self, EventSet as _},
    moderation::{ReportState, RulesetState, VerdictState},
    state::{CommentState, DeadLetterState, FollowState, PostState, ReactionState, UserState},
};

/// An event type of the registry `E`, by default the platform's.
pub type EventType<E = Event> = define::EventType<E>;

event_registry! {
    current {
        /// A user account.
        User(UserFact, UserState) = "user", owned by "auth", id |user| user.id.to_string(), {
            /// A user signed up.
            Registered = "registered" as "blog.user.registered.v1",
            /// The name, username or bio changed.
            ProfileUpdated = "profile_updated" as "blog.user.profile_updated.v1",
            /// An administrator changed the role.
            RoleChanged = "role_changed" as "blog.user.role_changed.v1",
            /// The account was deleted.
            Deleted = "deleted" as "blog.user.deleted.v1",
        }

        /// A user following another user; its id is `<follower>:<followee>`.
        Follow(FollowFact, FollowState) = "follow", owned by "auth",
            id |follow| format!("{}:{}", follow.follower_id, follow.followee_id), {
            /// The follower started to follow.
            Followed = "followed" as "blog.follow.followed.v1",
            /// The follower stopped following.
            Unfollowed = "unfollowed" as "blog.follow.unfollowed.v1",
        }

        /// A blog post.
        Post(PostFact, PostState) = "post", owned by "posts", id |post| post.id.to_string(), {
            /// A draft was created.
            Created = "created" as "blog.post.created.v1",
            /// The post changed.
            Updated = "updated" as "blog.post.updated.v1",
            /// The post was published.
            Published = "published" as "blog.post.published.v1",
            /// The post became a draft again.
            Unpublished = "unpublished" as "blog.post.unpublished.v1",
            /// The post was deleted.
            Deleted = "deleted" as "blog.post.deleted.v1",
        }

        /// A user's reaction to a post; its id is `<post>:<user>`.
        Reaction(ReactionFact, ReactionState) = "reaction", owned by "posts",
            id |reaction| format!("{}:{}", reaction.post_id, reaction.user_id), {
            /// The user reacted.
            Added = "added" as "blog.reaction.added.v1",
            /// The user removed the reaction.
            Removed = "removed" as "blog.reaction.removed.v1",
        }

        /// A comment on a post.
        Comment(CommentFact, CommentState) = "comment", owned by "comments", id |comment| comment.id.to_string(), {
            /// A comment was posted.
            Created = "created" as "blog.comment.created.v1",
            /// The text changed, or the author was removed.
            Edited = "edited" as "blog.comment.edited.v1",
            /// The latest text was approved and is public.
            Approved = "approved" as "blog.comment.approved.v1",
            /// The latest text was rejected.
            Rejected = "rejected" as "blog.comment.rejected.v1",
            /// A text awaits review by a moderator, or is no longer public.
            Held = "held" as "blog.comment.held.v1",
            /// The comment was deleted.
            Deleted = "deleted" as "blog.comment.deleted.v1",
        }

        /// A moderation decision on a comment or post; its id is that of the comment or post.
        Verdict(VerdictFact, VerdictState) = "verdict", owned by "moderation", id |verdict| verdict.target.id.to_string(), {
            /// The text was approved for publication.
            Approved = "approved" as "blog.verdict.approved.v1",
            /// The text was rejected.
            Rejected = "rejected" as "blog.verdict.rejected.v1",
            /// The text awaits review by a moderator and is not public until then.
            Flagged = "flagged" as "blog.verdict.flagged.v1",
        }

        /// A user's report of a comment or post; its id is `<target>:<reporter>`.
        Report(ReportFact, ReportState) = "report", owned by "moderation",
            id |report| format!("{}:{}", report.target.id, report.reporter_id), {
            /// A report was filed.
            Filed = "filed" as "blog.report.filed.v1",
            /// The report was resolved.
            Resolved = "resolved" as "blog.report.resolved.v1",
        }

        /// The rules of automatic moderation; there is one set, whose id is `site`.
        Ruleset(RulesetFact, RulesetState) = "ruleset", owned by "moderation", id |_| RulesetState::ID.to_owned(), {
            /// A moderator changed the rules.
            Changed = "changed" as "blog.ruleset.changed.v1",
        }

        /// A message that a consumer could not process, and that an operator resolved with the `events` command.
        DeadLetter(DeadLetterFact, DeadLetterState) = "dead_letter", owned by "events", id |letter| letter.id.to_string(), {
            /// An operator published it, or a repaired message in its place, again for the consumer.
            Redriven = "redriven" as "blog.dead_letter.redriven.v1",
            /// An operator discarded it.
            Discarded = "discarded" as "blog.dead_letter.discarded.v1",
        }
    }

    historic {}
}

/// Every event type that can be read, those still written first.
pub fn event_types() -> &'static [EventType] {
    Event::event_types()
}

/// The type of that wire name, if this release knows it.
pub fn event_type(name: &str) -> Option<&'static EventType> {
    Event::find_type(name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_made_of_its_parts_and_unique() {
        let mut seen = HashSet::new();
        for event_type in event_types() {
            let prefix = format!("blog.{}.{}.v", event_type.aggregate.as_str(), event_type.fact);
            let version = event_type.name.strip_prefix(&prefix);
            assert!(
                version.is_some_and(|v| v.parse::<u16>().is_ok_and(|v| v >= 1)),
                "{}",
                event_type.name
            );
            assert!(
                seen.insert(event_type.name),
                "{} is listed twice",
                event_type.name
            );
        }
    }

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in AggregateKind::ALL {
            assert_eq!(AggregateKind::from_name(kind.as_str()), Some(*kind));
        }
    }
}
