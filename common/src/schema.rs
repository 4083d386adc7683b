//! OpenAPI schemas of ids, times and enums of events, which themselves do not depend on a web library.

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

/// [`crate::ids`] accepts only the canonical form.
fn id(description: &str) -> ObjectBuilder {
    text(Some(KnownFormat::Uuid), description).pattern(Some(
        "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    ))
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

        /// The name and schema of each, for the components of the document.
        pub fn shared_schemas() -> Vec<(String, RefOr<Schema>)> {
            vec![$((stringify!($name).to_owned(), $name::schema()),)+]
        }
    };
}

schemas! {
    UserId = id("Id of a user");
    PostId = id("Id of a post");
    CommentId = id("Id of a comment");
    VerdictId = id("Id of a comment or post, and of the verdict on it");
    SessionId = id("Id of a session");
    EventId = id("Id of an event");
    Timestamp = text(Some(KnownFormat::DateTime), "Time in UTC with milliseconds (RFC 3339)");
    Role = text(None, "Role of a user").enum_values(Some(["author", "moderator", "admin"]));
    PostStatus = text(None, "Status of a post").enum_values(Some(["draft", "published", "deleted"]));
    CommentStatus = text(None, "Status of a comment")
        .enum_values(Some(["pending", "approved", "rejected", "deleted"]));
    ReactionKind = text(None, "Kind of a reaction").enum_values(Some(["like"]));
    TargetKind = text(None, "Kind of the target of a verdict or report").enum_values(Some(["comment", "post"]));
    Target = ObjectBuilder::new()
        .description(Some("Target of a verdict or report"))
        .property("kind", Ref::from_schema_name("TargetKind"))
        .required("kind")
        .property("id", Ref::from_schema_name("VerdictId"))
        .required("id");
    Outcome = text(None, "Outcome of a verdict").enum_values(Some(["approved", "rejected", "flagged"]));
    DecidedBy = text(None, "Origin of a verdict").enum_values(Some(["rules", "moderator"]));
    ReportStatus = text(None, "Status of a report")
        .enum_values(Some(["open", "upheld", "dismissed", "lapsed"]));
}
