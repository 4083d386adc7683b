//! The ids and times of the examples.

use uuid::Uuid;

use crate::{
    event::Timestamp,
    ids::{CommentId, EventId, PostId, UserId},
};

/// Ids of the examples: UUIDv7 of 2026-01-31 12:00 UTC that differ in the last byte.
pub(super) const fn id(last: u8) -> Uuid {
    Uuid::from_u128(0x019c_13f1_4000_7000_8000_0000_0000_0000 | last as u128)
}

pub(super) const ANN: UserId = UserId::from_uuid(id(0xa1));
pub(super) const BEN: UserId = UserId::from_uuid(id(0xb2));
pub(super) const MODERATOR: UserId = UserId::from_uuid(id(0xc7));
pub(super) const POST: PostId = PostId::from_uuid(id(0xc3));
pub(super) const COMMENT: CommentId = CommentId::from_uuid(id(0xd4));
pub(super) const ANSWERED: CommentId = CommentId::from_uuid(id(0xd3));
pub(super) const EVENT: EventId = EventId::from_uuid(id(0xe5));
pub(super) const CAUSE: EventId = EventId::from_uuid(id(0xe4));

/// 2026-01-31T12:00:00.000Z plus `seconds`.
pub(super) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_769_860_800 + seconds) * 1000).unwrap_or_else(Timestamp::now)
}
