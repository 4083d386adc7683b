//! The problem document: the body of every error response (RFC 9457).

use serde::{Deserialize, Serialize};

/// The body of every error response (RFC 9457, with extension members).
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
    /// The title, which is the same for every occurrence of the type.
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(example = 404))]
    pub status: u16,
    /// The explanation of this occurrence.
    pub detail: String,
    /// The id of the request in logs and traces.
    pub trace_id: String,
    /// The errors, at least one.
    pub errors: Vec<ProblemError>,
    /// The current version of the resource, if `If-Match` did not match it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

/// One error of a request, and the field that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemError {
    /// A message for users.
    pub message: String,
    /// The path of the field, such as `tags[3]`, if the error is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The code, for programs.
    #[cfg_attr(feature = "openapi", schema(example = "too_long"))]
    pub code: String,
}
