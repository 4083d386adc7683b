//! Renders errors as `application/problem+json` (RFC 9457) and logs each of them once.

use std::{error::Error, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use common::{
    api::{Problem, ProblemError},
    error::{ErrorCode, chain},
};

use crate::{error::ApiError, telemetry::current_trace_id};

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The document of `error`, with the trace id of the current request.
pub fn problem_of(error: &ApiError) -> Problem {
    let code = error.code();
    let mut errors: Vec<ProblemError> = error
        .fields()
        .iter()
        .map(|field| ProblemError {
            message: field.message.clone(),
            field: field.field.clone(),
            code: field.code.as_str().to_owned(),
        })
        .collect();
    if errors.is_empty() {
        errors.push(ProblemError {
            message: error.detail().to_owned(),
            field: None,
            code: code.as_str().to_owned(),
        });
    }
    Problem {
        kind: format!("urn:inkstream:problem:{}", code.as_str()),
        title: code.title().to_owned(),
        status: code.status(),
        detail: error.detail().to_owned(),
        trace_id: current_trace_id().unwrap_or_default(),
        errors,
        current_version: error.version(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        log(&self);
        render(&self, None)
    }
}

/// `status` replaces the status of the code, for a status of a library that has no code, such as 406.
fn render(error: &ApiError, status: Option<StatusCode>) -> Response {
    let mut problem = problem_of(error);
    let status = status
        .or_else(|| StatusCode::from_u16(problem.status).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    problem.status = status.as_u16();
    // A struct of strings and numbers can always be serialised.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = error.retry_wait() {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    if let Some(version) = error.version()
        && let Ok(etag) = HeaderValue::try_from(format!("\"{version}\""))
    {
        headers.insert(header::ETAG, etag);
    }
    if status == StatusCode::UNAUTHORIZED {
        // Required by RFC 9110, section 15.5.2.
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"inkstream\""),
        );
    }
    response
}

fn log(error: &ApiError) {
    let code = error.code().as_str();
    let cause = error.source().map(chain);
    if error.code().status() >= 500 {
        tracing::error!(code, cause, detail = error.detail(), "request failed");
    } else {
        tracing::debug!(code, cause, detail = error.detail(), "request rejected");
    }
}

/// Converts an error response that is not a problem document yet, such as axum's 404, 405 and rejections. Headers such
/// as `Allow` are kept. Pages (`text/html`) are left as they are.
pub(crate) fn normalise(response: Response) -> Response {
    let status = response.status();
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let passes =
        content_type.is_some_and(|kind| kind == PROBLEM_JSON.as_bytes() || kind.starts_with(b"text/html"));
    if !(status.is_client_error() || status.is_server_error()) || passes {
        return response;
    }
    let error = error_of_status(status);
    log(&error);
    let mut problem = render(&error, Some(status));
    for (name, value) in response.headers() {
        if *name != header::CONTENT_LENGTH && !problem.headers().contains_key(name) {
            problem.headers_mut().append(name, value.clone());
        }
    }
    problem
}

fn error_of_status(status: StatusCode) -> ApiError {
    let (code, detail) = match status {
        StatusCode::UNAUTHORIZED => (ErrorCode::Unauthenticated, "Sign in to continue."),
        StatusCode::FORBIDDEN => (ErrorCode::Forbidden, "You do not have permission to do this."),
        StatusCode::NOT_FOUND => (ErrorCode::NotFound, "There is no resource at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            ErrorCode::MethodNotAllowed,
            "This path does not support the method; see the Allow header.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            ErrorCode::RequestTimeout,
            "The request body did not arrive in time.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::PayloadTooLarge, "The request body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ErrorCode::UnsupportedMediaType,
            "The Content-Type of the body is not supported.",
        ),
        StatusCode::UNPROCESSABLE_ENTITY => (ErrorCode::ValidationFailed, "The request is invalid."),
        StatusCode::TOO_MANY_REQUESTS => (ErrorCode::RateLimited, "Too many requests; try again later."),
        // Only the request timeout has no problem document.
        StatusCode::SERVICE_UNAVAILABLE => {
            return ApiError::new(
                ErrorCode::Unavailable,
                "The request took too long; try again shortly.",
            )
            .retry_after(Duration::from_secs(1));
        }
        status if status.is_server_error() => (ErrorCode::Internal, "Something went wrong on our side."),
        _ => (ErrorCode::MalformedRequest, "The request is malformed."),
    };
    ApiError::new(code, detail)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use common::error::FieldError;
    use serde_json::{Value, json};

    use super::*;

    async fn body(response: Response) -> Value {
        serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn every_code_becomes_a_problem_of_its_status() {
        for code in ErrorCode::ALL {
            let response = ApiError::new(*code, "so it is").into_response();
            assert_eq!(response.status().as_u16(), code.status());
            assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
            assert_eq!(
                response.headers().contains_key("www-authenticate"),
                code.status() == 401
            );
            let body = body(response).await;
            assert_eq!(body["type"], format!("urn:inkstream:problem:{}", code.as_str()));
            assert_eq!(
                body["errors"],
                json!([{ "message": "so it is", "code": code.as_str() }])
            );
        }
    }

    #[tokio::test]
    async fn fields_version_and_waiting_time_are_shown() {
        let error = ApiError::validation(vec![FieldError {
            message: "too long".into(),
            field: Some("title".into()),
            code: ErrorCode::TooLong,
        }]);
        let body = body(error.into_response()).await;
        let expected = json!([{ "message": "too long", "field": "title", "code": "too_long" }]);
        assert_eq!(body["errors"], expected);

        let error = ApiError::new(ErrorCode::VersionMismatch, "changed").current_version(7);
        let response = error.retry_after(Duration::from_millis(1200)).into_response();
        assert_eq!(response.headers()["etag"], "\"7\"");
        assert_eq!(response.headers()["retry-after"], "2");
    }

    #[tokio::test]
    async fn foreign_errors_become_problems_and_keep_their_headers() {
        let response = (StatusCode::METHOD_NOT_ALLOWED, [("allow", "GET")], "text").into_response();
        let response = normalise(response);
        assert_eq!(response.headers()["allow"], "GET");
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        assert_eq!(body(response).await["errors"][0]["code"], "method_not_allowed");

        let odd = normalise(StatusCode::NOT_ACCEPTABLE.into_response());
        assert_eq!(odd.status(), StatusCode::NOT_ACCEPTABLE);
        assert_eq!(body(odd).await["status"], 406);

        let page = normalise((StatusCode::NOT_FOUND, [("content-type", "text/html")], "x").into_response());
        assert_eq!(page.headers()["content-type"], "text/html");
    }
}
