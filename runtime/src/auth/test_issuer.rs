//! A verifier that trusts a test's issuer, for the unit tests of this crate.

use testkit::TestIssuer;

use super::{KeySet, Verifier};

/// A verifier that knows the key of `issuer` alone.
pub(crate) fn verifier_of(issuer: &TestIssuer) -> Verifier {
    let mut keys = KeySet::new();
    keys.insert(issuer.kid(), issuer.jwk()).unwrap();
    let verifier = Verifier::new(false);
    verifier.set_keys(keys);
    verifier
}
