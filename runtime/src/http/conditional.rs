//! Versions and retries in headers: `ETag`, `If-Match`, `Idempotency-Key`.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};
use common::error::ErrorCode;
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

use super::parameters::header_parameter;
use crate::error::ApiError;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The response header with the version of the aggregate: `ETag: "<version>"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag(pub u64);

impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        // Digits between quotes are always a header value.
        if let Ok(value) = HeaderValue::try_from(format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, value);
        }
        Ok(response)
    }
}

/// The version that a write expects: of `If-Match: "<version>"`, or `None` without the header or with `*`.
///
/// An entity tag that no response contained, such as a weak one, never matches: 412 (RFC 9110, section 13.1.1).
/// A header that is not an entity tag, or contains several, is 400.
///
/// In OpenAPI: `params(IfMatch)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let malformed = || {
            ApiError::new(
                ErrorCode::MalformedRequest,
                "If-Match must be one version in double quotes, or *.",
            )
        };
        let Some(value) = single(&parts.headers, &header::IF_MATCH, malformed)? else {
            return Ok(Self(None));
        };
        if value == "*" {
            return Ok(Self(None));
        }
        let (weak, tag) = value.strip_prefix("W/").map_or((false, value), |tag| (true, tag));
        let opaque = tag
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .filter(|tag| !tag.contains('"'))
            .ok_or_else(malformed)?;
        // Strong comparison: "03" is not the tag "3".
        match opaque.parse::<u64>() {
            Ok(version) if !weak && version.to_string() == opaque => Ok(Self(Some(version))),
            _ => Err(ApiError::new(
                ErrorCode::VersionMismatch,
                "If-Match does not match any version.",
            )),
        }
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The version that the request expects, as in `ETag`; `*` accepts any";
        vec![header_parameter(
            "If-Match",
            description,
            r#"^(\*|"(0|[1-9][0-9]{0,18})")$"#,
        )]
    }
}

/// The key that makes a retry of a creating POST return the first result: 1 to 128 visible ASCII characters, or
/// `None` without the header. Anything else is 400.
///
/// In OpenAPI: `params(IdempotencyKey)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let malformed = || {
            ApiError::new(
                ErrorCode::MalformedRequest,
                "Idempotency-Key must be 1 to 128 visible ASCII characters.",
            )
        };
        let Some(key) = single(&parts.headers, &IDEMPOTENCY_KEY, malformed)? else {
            return Ok(Self(None));
        };
        if is_visible_ascii(key) {
            Ok(Self(Some(key.to_owned())))
        } else {
            Err(malformed())
        }
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Makes retries return the first result; 1 to 128 visible ASCII characters";
        vec![header_parameter("Idempotency-Key", description, "^[!-~]{1,128}$")]
    }
}

/// Whether `text` is 1 to 128 visible ASCII characters, without spaces.
pub(super) fn is_visible_ascii(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    malformed: impl Fn() -> ApiError,
) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(str::trim)
            .map(Some)
            .map_err(|error| malformed().with_source(error)),
        (Some(_), Some(_)) => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn get<T: FromRequestParts<(), Rejection = ApiError>>(
        name: &str,
        values: &[&str],
    ) -> Result<T, ErrorCode> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        T::from_request_parts(&mut parts, &())
            .await
            .map_err(|error| error.code())
    }

    #[tokio::test]
    async fn if_match_is_one_version() {
        for (values, expected) in [
            (&[][..], Ok(IfMatch(None))),
            (&["*"], Ok(IfMatch(None))),
            (&["\"3\""], Ok(IfMatch(Some(3)))),
            (&["W/\"3\""], Err(ErrorCode::VersionMismatch)),
            (&["\"abc\""], Err(ErrorCode::VersionMismatch)),
            (&["\"03\""], Err(ErrorCode::VersionMismatch)),
            (&["3"], Err(ErrorCode::MalformedRequest)),
            (&["\"3\", \"4\""], Err(ErrorCode::MalformedRequest)),
            (&["\"3\"", "\"4\""], Err(ErrorCode::MalformedRequest)),
        ] {
            assert_eq!(get::<IfMatch>("if-match", values).await, expected, "{values:?}");
        }
    }

    #[tokio::test]
    async fn an_idempotency_key_is_short_and_visible() {
        let long = "k".repeat(129);
        for (values, expected) in [
            (&[][..], Ok(IdempotencyKey(None))),
            (&["a-1"], Ok(IdempotencyKey(Some("a-1".into())))),
            (&[""], Err(ErrorCode::MalformedRequest)),
            (&["a b"], Err(ErrorCode::MalformedRequest)),
            (&["ä"], Err(ErrorCode::MalformedRequest)),
            (&[long.as_str()], Err(ErrorCode::MalformedRequest)),
            (&["a", "b"], Err(ErrorCode::MalformedRequest)),
        ] {
            assert_eq!(
                get::<IdempotencyKey>("idempotency-key", values).await,
                expected,
                "{values:?}"
            );
        }
    }
}
