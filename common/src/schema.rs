//! Ids, times and enums of the events as OpenAPI knows them. They stand here because events know no web library.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat,
        schema::{SchemaType, Type},
    },
};

use crate::{
    event::{
        CommentStatus, DecidedBy, Outcome, PostStatus, ReactionKind, ReportStatus, Role, Target, TargetKind,
        Timestamp,
    },
    ids::{CommentId, EventId, PostId, SessionId, UserId, VerdictId},
};

fn text(format: Option<KnownFormat>, description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .format(format.map(SchemaFormat::KnownFormat))
        .description(Some(description))
}

macro_rules! schemas {
    ($($name:ident = $schema:expr;)+) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+

        /// Name and schema of each, for the document's components.
        pub fn shared_schemas() -> Vec<(String, RefOr<Schema>)> {
            vec![$((stringify!($name).to_owned(), $name::schema()),)+]
        }
    };
}

schemas! {
    UserId = text(Some(KnownFormat::Uuid), "Id of a user");
    PostId = text(Some(KnownFormat::Uuid), "Id of a post");
    CommentId = text(Some(KnownFormat::Uuid), "Id of a comment");
    VerdictId = text(Some(KnownFormat::Uuid), "Id of a comment or a post, and of the verdict on it");
    SessionId = text(Some(KnownFormat::Uuid), "Id of a session");
    EventId = text(Some(KnownFormat::Uuid), "Id of an event");
    Timestamp = text(Some(KnownFormat::DateTime), "RFC 3339 in UTC, with milliseconds");
    Role = text(None, "What a person may do").enum_values(Some(["author", "moderator", "admin"]));
    PostStatus = text(None, "Where a post stands").enum_values(Some(["draft", "published", "deleted"]));
    CommentStatus = text(None, "Where a comment stands")
        .enum_values(Some(["pending", "approved", "rejected", "deleted"]));
    ReactionKind = text(None, "A kind of reaction").enum_values(Some(["like"]));
    TargetKind = text(None, "What a verdict or a report is about").enum_values(Some(["comment", "post"]));
    Target = ObjectBuilder::new()
        .description(Some("The comment or post that a verdict or a report is about"))
        .property("kind", Ref::from_schema_name("TargetKind"))
        .required("kind")
        .property("id", Ref::from_schema_name("VerdictId"))
        .required("id");
    Outcome = text(None, "What was decided about a text").enum_values(Some(["approved", "rejected", "flagged"]));
    DecidedBy = text(None, "Who decided").enum_values(Some(["rules", "moderator"]));
    ReportStatus = text(None, "Where a report stands")
        .enum_values(Some(["open", "upheld", "dismissed", "lapsed"]));
}
