//! The middleware of this service, beside that of every service.

pub mod finalize;
pub mod page_cache;
pub mod security_headers;
