//! Who is asking: tokens checked with public keys, without asking any other service.
//!
//! Only the auth service can make a token. Public keys and ended sessions arrive over the bus
//! ([`watch_identity`]) and are held in memory by the [`Verifier`], so the auth service may be away.
//! Signing is not here.

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

/// How long a session lasts: 7 days.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
