//! Path and query parameters, with rejections as problem documents.

use axum::extract::{
    FromRequestParts,
    path::ErrorKind,
    rejection::{PathRejection, QueryRejection},
};
use axum::http::request::Parts;
use common::error::ErrorCode;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The query string. An invalid parameter is 400 and is named; unknown parameters are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(malformed_query)
    }
}

fn malformed_query(rejection: QueryRejection) -> ApiError {
    let text = rejection.body_text();
    let reason = text
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(&text);
    ApiError::new(
        ErrorCode::MalformedRequest,
        format!("The query string is invalid: {reason}."),
    )
    .with_source(rejection)
}

/// The parameters of the path. An invalid id is 404, since no resource can have it; invalid encoding is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(malformed_path)
    }
}

fn malformed_path(rejection: PathRejection) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(failure) = &rejection else {
        return ApiError::internal(rejection);
    };
    match failure.kind() {
        ErrorKind::ParseError { .. }
        | ErrorKind::ParseErrorAtKey { .. }
        | ErrorKind::ParseErrorAtIndex { .. }
        | ErrorKind::DeserializeError { .. }
        | ErrorKind::Message(_) => {
            ApiError::new(ErrorCode::NotFound, "There is no resource at this path.").with_source(rejection)
        }
        ErrorKind::InvalidUtf8InPathParam { .. } => {
            ApiError::new(ErrorCode::MalformedRequest, "The path is not valid UTF-8.").with_source(rejection)
        }
        _ => ApiError::internal(rejection),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, routing::get};
    use common::ids::{PostId, UserId};
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Deserialize)]
    struct Filter {
        n: Option<u8>,
    }

    async fn status(path: &str) -> u16 {
        let router: Router = Router::new()
            .route(
                "/posts/{id}",
                get(|Path(id): Path<PostId>| async move { id.to_string() }),
            )
            .route(
                "/pairs/{a}/{b}",
                get(|Path((a, _)): Path<(PostId, UserId)>| async move { a.to_string() }),
            )
            .route(
                "/query",
                get(|Query(filter): Query<Filter>| async move { format!("{:?}", filter.n) }),
            );
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_path_with_an_invalid_id_is_not_found() {
        let (a, b) = (PostId::generate(), UserId::generate());
        assert_eq!(status(&format!("/posts/{a}")).await, 200);
        assert_eq!(status(&format!("/pairs/{a}/{b}")).await, 200);
        assert_eq!(status(&format!("/pairs/{a}/x")).await, 404);
        assert_eq!(status("/posts/mine").await, 404);
        assert_eq!(status("/posts/%ff").await, 400);
    }

    #[tokio::test]
    async fn a_query_names_the_invalid_parameter() {
        assert_eq!(status("/query?n=3&unknown=1").await, 200);
        assert_eq!(status("/query?n=300").await, 400);
        let mut parts = Request::get("/?n=x").body(()).unwrap().into_parts().0;
        let error = Query::<Filter>::from_request_parts(&mut parts, &())
            .await
            .map(|_| ())
            .unwrap_err();
        assert!(error.detail().contains("n: "), "{error}");
    }
}
