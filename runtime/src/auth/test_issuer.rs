//! Issues tokens for the tests of this crate.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    claims::Claims,
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};

use super::{KeySet, SESSION_LIFETIME, Verifier};

pub(crate) struct TestIssuer {
    kid: String,
    key: EncodingKey,
    public: [u8; 32],
}

impl TestIssuer {
    pub(crate) fn new(kid: &str) -> Self {
        let seed: [u8; 32] = rand::random();
        // PKCS#8 of an Ed25519 seed (RFC 8410, section 7).
        let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
        der.extend_from_slice(&seed);
        let key = EncodingKey::from_ed_der(&der);
        let jwk = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap()).unwrap();
        let public = URL_SAFE_NO_PAD
            .decode(jwk["x"].as_str().unwrap())
            .unwrap()
            .try_into()
            .unwrap();
        Self {
            kid: kid.to_owned(),
            key,
            public,
        }
    }

    pub(crate) fn public_key(&self) -> &[u8; 32] {
        &self.public
    }

    pub(crate) fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public)
    }

    pub(crate) fn jwk(&self) -> Jwk {
        serde_json::from_value(
            json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "alg": "EdDSA",
            "use": "sig", "x": self.x() }),
        )
        .unwrap()
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let mut keys = KeySet::new();
        keys.insert(&self.kid, self.jwk()).unwrap();
        let verifier = Verifier::new(false);
        verifier.set_keys(keys);
        verifier
    }

    pub(crate) fn claims(&self) -> Claims {
        self.claims_as(Role::Author)
    }

    pub(crate) fn claims_as(&self, role: Role) -> Claims {
        let now = Timestamp::now();
        Claims::new(
            UserId::generate(),
            "ann",
            role,
            SessionId::generate(),
            now,
            now.plus(SESSION_LIFETIME),
        )
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        self.sign_with(&self.header(), claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Claims) -> String {
        encode(header, claims, &self.key).unwrap()
    }

    pub(crate) fn sign_value(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.key).unwrap()
    }
}
