//! Consistency tokens in requests and responses, and [`Waiters`] for the versions that they name.

mod waiters;

use std::{convert::Infallible, ops::Deref};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};
use common::{
    consistency::{COOKIE, COOKIE_LIFETIME, ConsistencyToken, HEADER, InvalidToken, push_newest},
    error::ErrorCode,
};
use cookie::{Cookie, SameSite};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
pub use waiters::{Limits, Outcome, Progress, Waiters, can_still_arrive};

use crate::{
    error::ApiError,
    http::{Site, cookies::cookie_value, parameters::header_parameter},
};

/// Separates tokens in the cookie, whose value may not contain a comma (RFC 6265, section 4.1.1).
const COOKIE_SEPARATOR: char = '|';

/// The tokens of a request, from its cookie and its header: at most 8, the newest last.
///
/// A malformed header is 400; a malformed cookie is ignored, since the client did not choose to send it. Tokens of
/// an unknown kind of aggregate are ignored: during a rolling update a newer replica may have issued them.
///
/// In OpenAPI: `params(ConsistencyTokens)`.
#[derive(Debug, Clone, Default)]
pub struct ConsistencyTokens {
    tokens: Vec<ConsistencyToken>,
    secure: bool,
}

impl ConsistencyTokens {
    /// The response headers after a write: the header with `token` alone, and the cookie with `token` added to the
    /// tokens of the request.
    pub fn headers(self, token: ConsistencyToken) -> ConsistencyHeaders {
        ConsistencyHeaders {
            known: self.tokens,
            written: Vec::new(),
            secure: self.secure,
        }
        .and(token)
    }
}

impl Deref for ConsistencyTokens {
    type Target = [ConsistencyToken];

    fn deref(&self) -> &[ConsistencyToken] {
        &self.tokens
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ConsistencyTokens {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut tokens = from_cookie(&parts.headers);
        for token in from_header(&parts.headers)? {
            push_newest(&mut tokens, token);
        }
        let secure = parts.extensions.get::<Site>().is_some_and(|site| site.secure);
        Ok(Self { tokens, secure })
    }
}

impl IntoParams for ConsistencyTokens {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        const TOKEN: &str = "[a-z_]{1,32}:[A-Za-z0-9:-]{1,80}@[0-9]{1,19}";
        let description =
            "Versions that the response must include, e.g. `post:<id>@<version>`; separated by commas";
        let pattern = format!("^{TOKEN}(, ?{TOKEN}){{0,7}}$");
        vec![header_parameter("Consistency-Token", description, &pattern)]
    }
}

fn from_header(headers: &HeaderMap) -> Result<Vec<ConsistencyToken>, ApiError> {
    let malformed = || {
        ApiError::new(
            ErrorCode::MalformedRequest,
            "Consistency-Token must be tokens such as post:<id>@<version>, separated by commas.",
        )
    };
    let mut tokens = Vec::new();
    for value in headers.get_all(HEADER) {
        let text = value.to_str().map_err(|error| malformed().with_source(error))?;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.parse() {
                Ok(token) => tokens.push(token),
                Err(InvalidToken::UnknownKind) => {}
                Err(error @ InvalidToken::Malformed) => return Err(malformed().with_source(error)),
            }
        }
    }
    Ok(tokens)
}

fn from_cookie(headers: &HeaderMap) -> Vec<ConsistencyToken> {
    let mut tokens = Vec::new();
    if let Some(value) = cookie_value(headers, COOKIE) {
        for token in value.split(COOKIE_SEPARATOR).filter_map(|part| part.parse().ok()) {
            push_newest(&mut tokens, token);
        }
    }
    tokens
}

/// The response headers after a write; return it in a tuple before the body.
#[derive(Debug, Clone)]
pub struct ConsistencyHeaders {
    known: Vec<ConsistencyToken>,
    written: Vec<ConsistencyToken>,
    secure: bool,
}

impl ConsistencyHeaders {
    /// Adds another aggregate that the same request changed.
    #[must_use]
    pub fn and(mut self, token: ConsistencyToken) -> Self {
        push_newest(&mut self.known, token.clone());
        push_newest(&mut self.written, token);
        self
    }

    fn cookie(&self) -> String {
        Cookie::build((COOKIE, join(&self.known, "|")))
            .path("/")
            .max_age(
                cookie::time::Duration::try_from(COOKIE_LIFETIME).unwrap_or(cookie::time::Duration::MINUTE),
            )
            .same_site(SameSite::Lax)
            .http_only(true)
            .secure(self.secure)
            .build()
            .to_string()
    }
}

impl IntoResponseParts for ConsistencyHeaders {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        // Tokens are ASCII by construction.
        if let Ok(value) = HeaderValue::try_from(join(&self.written, ", ")) {
            response.headers_mut().insert(HEADER, value);
        }
        if let Ok(value) = HeaderValue::try_from(self.cookie()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(response)
    }
}

fn join(tokens: &[ConsistencyToken], separator: &str) -> String {
    tokens
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

#[cfg(test)]
mod tests {
    use axum::{http::Request, response::IntoResponse};
    use common::ids::PostId;

    use super::*;

    async fn extract(headers: &[(&str, String)]) -> Result<ConsistencyTokens, ApiError> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        ConsistencyTokens::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn header_and_cookie_are_merged_and_a_write_is_added() {
        let [a, b, c] = [PostId::generate(), PostId::generate(), PostId::generate()];
        let tokens = extract(&[
            ("cookie", format!("x=1; consistency=post:{a}@1|post:{b}@2|broken")),
            ("consistency-token", format!("post:{a}@3, post:{c}@1")),
        ])
        .await
        .unwrap();
        let expected = [
            ConsistencyToken::post(b, 2),
            ConsistencyToken::post(a, 3),
            ConsistencyToken::post(c, 1),
        ];
        assert_eq!(&tokens[..], expected);

        let response = (tokens.headers(ConsistencyToken::post(b, 4)), "body").into_response();
        assert_eq!(response.headers()[HEADER], format!("post:{b}@4"));
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with(&format!("consistency=post:{a}@3|post:{c}@1|post:{b}@4;")),
            "{cookie}"
        );
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=30"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"));
    }

    #[tokio::test]
    async fn tokens_of_unknown_kinds_are_ignored() {
        let post = PostId::generate();
        let tokens = extract(&[("consistency-token", format!("newsletter:{post}@1, post:{post}@2"))])
            .await
            .unwrap();
        assert_eq!(&tokens[..], [ConsistencyToken::post(post, 2)]);
        let tokens = extract(&[("cookie", format!("consistency=newsletter:{post}@1|post:{post}@2"))])
            .await
            .unwrap();
        assert_eq!(&tokens[..], [ConsistencyToken::post(post, 2)]);
    }

    #[tokio::test]
    async fn a_malformed_header_is_rejected_and_a_malformed_cookie_is_ignored() {
        let rejected = extract(&[("consistency-token", "nonsense".to_owned())])
            .await
            .unwrap_err();
        assert_eq!(rejected.code(), ErrorCode::MalformedRequest);
        assert!(
            extract(&[("cookie", "consistency=nonsense".to_owned())])
                .await
                .unwrap()
                .is_empty()
        );
    }
}
