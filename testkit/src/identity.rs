//! Tokens for tests of services other than auth.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    claims::Claims,
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use runtime::{
    auth::{KEYS_BUCKET, REVOCATIONS_BUCKET, SESSION_LIFETIME},
    bus::Bus,
};
use serde::Serialize;
use serde_json::json;

use super::eventually_ok;

/// Makes tokens as the auth service does, with a key of its own.
pub struct TestIssuer {
    kid: String,
    key: EncodingKey,
    public: [u8; 32],
}

impl std::fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestIssuer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct TestUser {
    /// Who.
    pub id: UserId,
    /// Their session.
    pub session: SessionId,
    /// Their token.
    pub token: String,
}

impl TestIssuer {
    /// An issuer with a new key of that id.
    ///
    /// # Panics
    /// If the crypto library makes no key.
    pub fn new(kid: &str) -> Self {
        let seed: [u8; 32] = rand::random();
        // PKCS#8 of an Ed25519 seed (RFC 8410, section 7).
        let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
        der.extend_from_slice(&seed);
        let key = EncodingKey::from_ed_der(&der);
        let jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).ok();
        let jwk = jwk
            .and_then(|jwk| serde_json::to_value(jwk).ok())
            .unwrap_or_default();
        let x = jwk["x"].as_str().and_then(|x| URL_SAFE_NO_PAD.decode(x).ok());
        let public = x
            .and_then(|x| x.try_into().ok())
            .unwrap_or_else(|| panic!("no public key"));
        Self {
            kid: kid.to_owned(),
            key,
            public,
        }
    }

    /// An issuer whose key is known to every service on `bus`.
    ///
    /// # Panics
    /// If the bus does not take the key.
    pub async fn on(bus: &Bus) -> Self {
        let issuer = Self::new("test-key");
        put(bus, KEYS_BUCKET, &issuer.kid, issuer.jwk_json()).await;
        issuer
    }

    /// Ends the session of `user` for every service on `bus`.
    ///
    /// # Panics
    /// If the bus does not take it.
    pub async fn revoke(&self, bus: &Bus, user: &TestUser) {
        let until = Timestamp::now().plus(SESSION_LIFETIME).to_string();
        put(bus, REVOCATIONS_BUCKET, &user.session.to_string(), until).await;
    }

    /// Somebody new with `role`, signed in.
    ///
    /// # Panics
    /// If the token cannot be made.
    pub fn user(&self, username: &str, role: Role) -> TestUser {
        self.sign_in(UserId::generate(), username, role)
    }

    /// A new session of `id`.
    ///
    /// # Panics
    /// If the token cannot be made.
    pub fn sign_in(&self, id: UserId, username: &str, role: Role) -> TestUser {
        let (session, now) = (SessionId::generate(), Timestamp::now());
        let claims = Claims::new(id, username, role, session, now, now.plus(SESSION_LIFETIME));
        TestUser {
            id,
            session,
            token: self.sign(&claims),
        }
    }

    /// A token of any claims.
    ///
    /// # Panics
    /// If the token cannot be made.
    pub fn sign<C: Serialize>(&self, claims: &C) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with any header.
    ///
    /// # Panics
    /// If the token cannot be made.
    pub fn sign_with<C: Serialize>(&self, header: &Header, claims: &C) -> String {
        encode(header, claims, &self.key).unwrap_or_else(|error| panic!("no token: {error}"))
    }

    /// The header of a right token.
    pub fn header(&self) -> Header {
        Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    /// The public key's bytes.
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public
    }

    /// The public key as a JSON Web Key.
    pub fn jwk_json(&self) -> String {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "alg": "EdDSA", "use": "sig",
            "x": URL_SAFE_NO_PAD.encode(self.public) })
        .to_string()
    }
}

async fn put(bus: &Bus, bucket: &str, key: &str, value: String) {
    eventually_ok("the bucket takes the entry", async || {
        let bucket = bus
            .jetstream()
            .get_key_value(bucket)
            .await
            .map_err(|error| error.to_string())?;
        bucket
            .put(key, value.clone().into())
            .await
            .map_err(|error| error.to_string())
    })
    .await;
}
