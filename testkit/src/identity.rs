//! Tokens for tests, signed like those of the auth service.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    claims::Claims,
    event::{
        Role, Timestamp,
        topology::{KEYS_BUCKET, REVOCATIONS_BUCKET},
    },
    ids::{SessionId, UserId},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use runtime::{auth::SESSION_LIFETIME, bus::Bus};
use serde::Serialize;

use super::eventually_ok;

/// An issuer of tokens with its own key.
pub struct TestIssuer {
    kid: String,
    key: EncodingKey,
    jwk: Jwk,
}

impl std::fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestIssuer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct TestUser {
    /// The account.
    pub id: UserId,
    /// The session.
    pub session: SessionId,
    /// The token of the session.
    pub token: String,
}

impl TestIssuer {
    /// An issuer with a new key with this id.
    ///
    /// # Panics
    /// If the crypto library cannot generate a key.
    pub fn new(kid: &str) -> Self {
        let seed: [u8; 32] = rand::random();
        // PKCS#8 of an Ed25519 seed (RFC 8410, section 7).
        let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
        der.extend_from_slice(&seed);
        let key = EncodingKey::from_ed_der(&der);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA)
            .unwrap_or_else(|error| panic!("no public key: {error}"));
        jwk.common.key_id = Some(kid.to_owned());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Self {
            kid: kid.to_owned(),
            key,
            jwk,
        }
    }

    /// An issuer whose key is known to every service on `bus`.
    ///
    /// # Panics
    /// If the bus does not accept the key.
    pub async fn on(bus: &Bus) -> Self {
        let issuer = Self::new("test-key");
        put(bus, KEYS_BUCKET, &issuer.kid, issuer.jwk_json()).await;
        issuer
    }

    /// Revokes the session of `user` for every service on `bus`.
    ///
    /// # Panics
    /// If the bus does not accept the revocation.
    pub async fn revoke(&self, bus: &Bus, user: &TestUser) {
        let until = Timestamp::now().plus(SESSION_LIFETIME).to_string();
        put(bus, REVOCATIONS_BUCKET, &user.session.to_string(), until).await;
    }

    /// A new user with `role`, signed in.
    ///
    /// # Panics
    /// If the token cannot be signed.
    pub fn user(&self, username: &str, role: Role) -> TestUser {
        self.sign_in(UserId::generate(), username, role)
    }

    /// A new session of the user `id`.
    ///
    /// # Panics
    /// If the token cannot be signed.
    pub fn sign_in(&self, id: UserId, username: &str, role: Role) -> TestUser {
        let claims = claims(id, username, role);
        TestUser {
            id,
            session: claims.sid,
            token: self.sign(&claims),
        }
    }

    /// Valid claims of a new author.
    pub fn claims(&self) -> Claims {
        self.claims_as(Role::Author)
    }

    /// Valid claims of a new user with `role`.
    pub fn claims_as(&self, role: Role) -> Claims {
        claims(UserId::generate(), "ann", role)
    }

    /// A token with any claims.
    ///
    /// # Panics
    /// If the token cannot be signed.
    pub fn sign<C: Serialize>(&self, claims: &C) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with any header.
    ///
    /// # Panics
    /// If the token cannot be signed.
    pub fn sign_with<C: Serialize>(&self, header: &Header, claims: &C) -> String {
        encode(header, claims, &self.key).unwrap_or_else(|error| panic!("no token: {error}"))
    }

    /// The header of a valid token.
    pub fn header(&self) -> Header {
        Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    /// The id of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The bytes of the public key.
    ///
    /// # Panics
    /// If the crypto library returned another kind of key.
    pub fn public_key(&self) -> [u8; 32] {
        let AlgorithmParameters::OctetKeyPair(pair) = &self.jwk.algorithm else {
            panic!("not an Ed25519 key");
        };
        let bytes = URL_SAFE_NO_PAD.decode(&pair.x).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or_else(|| panic!("not 32 bytes: {}", pair.x))
    }

    /// The public key.
    pub fn jwk(&self) -> Jwk {
        self.jwk.clone()
    }

    /// The public key as JSON.
    ///
    /// # Panics
    /// Never: a key serialises.
    pub fn jwk_json(&self) -> String {
        serde_json::to_string(&self.jwk).unwrap_or_else(|error| panic!("no JSON: {error}"))
    }
}

fn claims(id: UserId, username: &str, role: Role) -> Claims {
    let now = Timestamp::now();
    Claims::new(
        id,
        username,
        role,
        SessionId::generate(),
        now,
        now.plus(SESSION_LIFETIME),
    )
}

async fn put(bus: &Bus, bucket: &str, key: &str, value: String) {
    eventually_ok("the bucket accepts the entry", async || {
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
