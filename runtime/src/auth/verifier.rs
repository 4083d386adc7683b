//! Verifies tokens with the keys and revocations in memory.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use common::{
    claims::{AUDIENCE, Claims, ISSUER},
    error::ErrorCode,
};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::{KeySet, Revocations, session_cookie_name};
use crate::error::ApiError;

/// The tolerated difference between the clocks of two machines when the expiry of a token is checked.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Our tokens have about 500 bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// Verifies tokens; cheap to clone, and clones share their keys and revocations.
#[derive(Debug, Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keys: RwLock<Arc<KeySet>>,
    revocations: Revocations,
    validation: Validation,
    secure_cookie: bool,
}

impl Verifier {
    /// Returns a verifier without keys; `secure_cookie` selects the session cookie (`__Host-session` or `session`).
    pub fn new(secure_cookie: bool) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY.as_secs();
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            inner: Arc::new(Inner {
                keys: RwLock::default(),
                revocations: Revocations::default(),
                validation,
                secure_cookie,
            }),
        }
    }

    /// Returns the claims of a valid token: signed with one of our keys, for our audience, not expired, of an active
    /// session.
    ///
    /// # Errors
    /// `session_revoked` for an ended session, otherwise `invalid_token`.
    pub fn verify(&self, token: &str) -> Result<Claims, ApiError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(invalid());
        }
        let header = decode_header(token).map_err(|error| invalid().with_source(error))?;
        // RFC 7515, section 4.1.11: extensions that are not understood must be rejected.
        if header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(invalid());
        }
        let keys = self.keys();
        let key = header
            .kid
            .as_deref()
            .and_then(|kid| keys.decoding_key(kid))
            .ok_or_else(invalid)?;
        let claims: Claims = decode(token, key, &self.inner.validation)
            .map_err(|error| invalid().with_source(error))?
            .claims;
        if self.inner.revocations.is_revoked(claims.sid) {
            return Err(ApiError::new(
                ErrorCode::SessionRevoked,
                "The session has ended; sign in again.",
            ));
        }
        Ok(claims)
    }

    /// Returns the keys.
    pub fn keys(&self) -> Arc<KeySet> {
        Arc::clone(&self.inner.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the keys.
    pub fn set_keys(&self, keys: KeySet) {
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Returns the ended sessions.
    pub fn revocations(&self) -> &Revocations {
        &self.inner.revocations
    }

    /// Whether any token can be verified: at least one key is known.
    pub fn ready(&self) -> bool {
        !self.keys().is_empty()
    }

    /// [`ready`](Self::ready) as a readiness check.
    pub fn check_ready(&self) -> Result<(), &'static str> {
        if self.ready() {
            Ok(())
        } else {
            Err("no public key is known yet")
        }
    }

    /// Whether the session cookie is `Secure`.
    pub fn secure_cookie(&self) -> bool {
        self.inner.secure_cookie
    }

    /// Returns the name of the session cookie.
    pub fn cookie_name(&self) -> &'static str {
        session_cookie_name(self.inner.secure_cookie)
    }
}

fn invalid() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidToken,
        "The session token is invalid; sign in again.",
    )
}

#[cfg(test)]
mod tests {
    use common::event::Timestamp;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;
    use crate::auth::test_issuer::verifier_of;
    use testkit::TestIssuer;

    fn code(verifier: &Verifier, token: &str) -> ErrorCode {
        verifier.verify(token).unwrap_err().code()
    }

    #[test]
    fn a_valid_token_is_accepted_until_its_session_ends() {
        let issuer = TestIssuer::new("k1");
        let verifier = verifier_of(&issuer);
        let claims = issuer.claims();
        let token = issuer.sign(&claims);
        assert_eq!(verifier.verify(&token).unwrap(), claims);
        verifier.revocations().revoke(claims.sid, claims.expires_at());
        assert_eq!(code(&verifier, &token), ErrorCode::SessionRevoked);
    }

    #[test]
    fn other_tokens_are_rejected() {
        let issuer = TestIssuer::new("k1");
        let verifier = verifier_of(&issuer);
        let good = issuer.claims();
        let past = Timestamp::now().minus(LEEWAY * 2).as_secs();
        let rejected = [
            (
                "expired",
                issuer.sign(&Claims {
                    exp: past,
                    ..good.clone()
                }),
            ),
            (
                "audience",
                issuer.sign(&Claims {
                    aud: "others".into(),
                    ..good.clone()
                }),
            ),
            (
                "issuer",
                issuer.sign(&Claims {
                    iss: "others".into(),
                    ..good.clone()
                }),
            ),
            ("unknown kid", TestIssuer::new("k2").sign(&good)),
            ("forged with the same kid", TestIssuer::new("k1").sign(&good)),
            ("no kid", issuer.sign_with(&Header::new(Algorithm::EdDSA), &good)),
            ("too long", "a".repeat(MAX_TOKEN_BYTES + 1)),
            ("empty", String::new()),
            ("two parts", "a.b".to_owned()),
        ];
        for (what, token) in rejected {
            assert_eq!(code(&verifier, &token), ErrorCode::InvalidToken, "{what}");
        }
        let crit = Header {
            crit: Some(vec!["x".into()]),
            ..issuer.header()
        };
        assert_eq!(
            code(&verifier, &issuer.sign_with(&crit, &good)),
            ErrorCode::InvalidToken
        );
        let no_audience = json!({ "sub": good.sub, "name": "x", "role": "admin", "sid": good.sid,
            "iat": good.iat, "exp": good.exp, "iss": ISSUER });
        assert_eq!(
            code(&verifier, &issuer.sign(&no_audience)),
            ErrorCode::InvalidToken
        );
    }

    #[test]
    fn the_token_cannot_choose_the_algorithm() {
        let issuer = TestIssuer::new("k1");
        let verifier = verifier_of(&issuer);
        let claims = issuer.claims();
        let signed = issuer.sign(&claims);
        let [_, body, signature] = signed.split('.').collect::<Vec<_>>().try_into().unwrap();

        let base64 = |text: &[u8]| {
            use base64::Engine;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
        };
        for alg in ["none", "None", "NONE"] {
            let header = base64(format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k1"}}"#).as_bytes());
            for token in [
                format!("{header}.{body}."),
                format!("{header}.{body}.{signature}"),
            ] {
                assert_eq!(code(&verifier, &token), ErrorCode::InvalidToken, "{token}");
            }
        }
        // The public key as an HMAC secret, raw and as its text.
        for secret in [
            issuer.public_key().to_vec(),
            base64(&issuer.public_key()).into_bytes(),
        ] {
            let header = Header {
                kid: Some("k1".into()),
                ..Header::new(Algorithm::HS256)
            };
            let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(code(&verifier, &token), ErrorCode::InvalidToken);
        }
    }
}
