//! The problem document: the body of every error response (RFC 9457).

use serde::{Deserialize, Serialize};

/// What every error answer holds (RFC 9457, with members of our own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:inkstream:problem:<code>`
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(rename = "type", example = "urn:inkstream:problem:not_found")
    )]
    pub kind: String,
    /// A few words that are the same for every occurrence of the type.
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(example = 404))]
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// Finds the request in logs and traces.
    pub trace_id: String,
    /// What is wrong, at least one entry.
    pub errors: Vec<ProblemError>,
    /// The version that the thing has, where `If-Match` named another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

/// One thing that is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemError {
    /// For people.
    pub message: String,
    /// The field's path, such as `tags[3]`, when it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For programs.
    #[cfg_attr(feature = "openapi", schema(example = "too_long"))]
    pub code: String,
}
