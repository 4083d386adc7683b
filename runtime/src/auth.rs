//! Authentication: verifies tokens with public keys, without a request to another service.
//!
//! Only the auth service can sign tokens. Public keys and ended sessions are received from the bus ([`watch_identity`])
//! and kept in memory by the [`Verifier`], so that requests are authenticated even if the auth service is unavailable.

mod cookies;
pub(crate) mod cross_site;
mod extract;
mod keys;
mod revocations;
#[cfg(test)]
pub(crate) mod test_issuer;
mod verifier;
mod watch;

use std::time::Duration;

pub use common::event::topology::{KEYS_BUCKET, REVOCATIONS_BUCKET};
pub use cookies::{session_cookie, session_cookie_name, session_removal};
pub use extract::{Admin, CurrentUser, MaybeUser, Moderator};
pub use keys::{InvalidKey, KeySet};
pub use revocations::Revocations;
pub use verifier::{LEEWAY, Verifier};
pub use watch::{LoadKeysError, load_known_keys, watch_identity};

/// The lifetime of a session: 7 days.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
