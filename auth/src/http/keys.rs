//! The public keys of the tokens.

use axum::{extract::State, http::header, response::IntoResponse};
use runtime::{
    auth::Verifier,
    http::{Json, ProblemResponses},
};

/// Get the public keys of the tokens
///
/// A JSON Web Key Set (RFC 7517), for clients that verify tokens without the event bus.
#[utoipa::path(get, path = "/api/users/.well-known/jwks.json", tag = "session",
    responses((status = 200, body = Object, description = "A JSON Web Key Set"), ProblemResponses))]
pub(super) async fn jwks(State(verifier): State<Verifier>) -> impl IntoResponse {
    // Services receive a rotation over the bus; polling clients may be a few minutes late, since tokens of the old key
    // stay valid.
    let headers = [(header::CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(verifier.keys().to_jwks()))
}
