//! Keyset pagination, so that concurrent writes neither skip nor repeat an item.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{api::Page, error::ErrorCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::Query;
use crate::error::ApiError;

/// The default number of items of a page.
pub const DEFAULT_LIMIT: u32 = 20;
/// The maximum number of items of a page.
pub const MAX_LIMIT: u32 = 100;

/// Longer than any cursor.
const MAX_CURSOR_CHARS: usize = 1024;

/// The page of `rows`, which were queried with a limit one above `limit`: the extra row shows that there is a next page.
/// `key` returns the sort keys of the last item, from which the next page continues.
pub fn page_of<T, K: Serialize>(mut rows: Vec<T>, limit: u32, key: impl FnOnce(&T) -> K) -> Page<T> {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| Cursor::encode(&key(last)));
    Page { items: rows, next }
}

/// The sort keys of the last item of a page, opaque to clients: base64url of their JSON.
#[derive(Debug, Clone, Copy)]
pub struct Cursor;

impl Cursor {
    /// Returns the cursor of these keys. Keys are plain values; keys that cannot be serialised yield an empty cursor,
    /// which is rejected later.
    pub fn encode<K: Serialize>(keys: &K) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(keys).unwrap_or_default())
    }

    /// Returns the keys of a cursor, or 400 `invalid_cursor` for one that this endpoint did not issue.
    pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, ApiError> {
        let invalid = || {
            ApiError::new(
                ErrorCode::InvalidCursor,
                "The cursor does not belong to this list.",
            )
        };
        if cursor.len() > MAX_CURSOR_CHARS {
            return Err(invalid());
        }
        let json = URL_SAFE_NO_PAD
            .decode(cursor)
            .map_err(|error| invalid().with_source(error))?;
        serde_json::from_slice(&json).map_err(|error| invalid().with_source(error))
    }
}

/// The requested page of a list. A `limit` outside 1 to 100 is 422 `out_of_range`, one that is not an integer 422
/// `invalid_type`. Other parameters are left to the handler's own [`Query`].
#[derive(Debug, Clone, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// `next` of the previous page; absent or empty for the first page
    #[param(required = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]*$")]
    pub cursor: Option<String>,
    /// Number of items of the page
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
}

impl PageParams {
    /// Returns the sort keys after which the page begins; `None` for the first page.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

impl Default for PageParams {
    fn default() -> Self {
        Self {
            cursor: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    cursor: Option<String>,
    limit: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(raw) = Query::<Raw>::from_request_parts(parts, state).await?;
        let limit = match raw.limit.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) => limit(text)?,
        };
        Ok(Self {
            cursor: raw.cursor.filter(|cursor| !cursor.is_empty()),
            limit,
        })
    }
}

fn limit(text: &str) -> Result<u32, ApiError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::field(
            "limit",
            ErrorCode::InvalidType,
            "must be an integer",
        ));
    }
    let in_range = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    in_range.ok_or_else(|| {
        let message = format!("must be between 1 and {MAX_LIMIT}");
        ApiError::field("limit", ErrorCode::OutOfRange, message)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn params(query: &str) -> Result<PageParams, (ErrorCode, Option<ErrorCode>)> {
        let mut parts = Request::get(format!("/?{query}"))
            .body(())
            .unwrap()
            .into_parts()
            .0;
        PageParams::from_request_parts(&mut parts, &())
            .await
            .map_err(|error| (error.code(), error.fields().first().map(|field| field.code)))
    }

    #[tokio::test]
    async fn a_limit_is_between_one_and_a_hundred() {
        assert_eq!(params("tag=x").await, Ok(PageParams::default()));
        assert_eq!(
            params("limit=100&cursor=abc").await.map(|params| params.limit),
            Ok(100)
        );
        for (query, code) in [
            ("limit=0", ErrorCode::OutOfRange),
            ("limit=101", ErrorCode::OutOfRange),
            ("limit=-1", ErrorCode::OutOfRange),
            ("limit=many", ErrorCode::InvalidType),
            ("limit=", ErrorCode::InvalidType),
            ("limit=%2B5", ErrorCode::InvalidType),
        ] {
            assert_eq!(
                params(query).await,
                Err((ErrorCode::ValidationFailed, Some(code))),
                "{query}"
            );
        }
    }

    #[test]
    fn a_cursor_is_decoded_and_others_are_rejected() {
        let keys = ("2026-01-31T12:00:00.000Z".to_owned(), 7);
        assert_eq!(
            Cursor::decode::<(String, u64)>(&Cursor::encode(&keys)).unwrap(),
            keys
        );
        let long = "A".repeat(2000);
        for wrong in [
            "",
            "!",
            "bm90IGpzb24",
            Cursor::encode(&[1]).as_str(),
            long.as_str(),
        ] {
            let error = Cursor::decode::<(String, u64)>(wrong).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidCursor, "{wrong:.20}");
        }
    }

    #[test]
    fn a_page_knows_whether_another_follows() {
        let page = page_of(vec![1, 2, 3], 2, |last| *last);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::decode::<i32>(&page.next.unwrap()).unwrap(), 2);
        assert_eq!(page_of(vec![1, 2], 2, |last| *last).next, None);
        assert_eq!(page_of(Vec::<i32>::new(), 2, |last| *last).next, None);
    }
}
