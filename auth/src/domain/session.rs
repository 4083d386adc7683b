//! The lifetime of a session, and the renewal of its token.

use std::time::Duration;

use common::event::{Role, Timestamp};

/// Whether half of a token's lifetime is over, after which its session is renewed.
pub fn is_past_half_life(issued_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
    now.since(issued_at) * 2 >= expires_at.since(issued_at)
}

/// The part of a token's claims that can become outdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer<'a> {
    pub username: &'a str,
    pub role: Role,
}

/// Whether to replace a token with the claims `claimed` that is valid from `issued_at` to `expires_at`.
pub fn needs_new_token(
    claimed: Bearer<'_>,
    current: Bearer<'_>,
    (issued_at, expires_at): (Timestamp, Timestamp),
    now: Timestamp,
) -> bool {
    claimed != current || is_past_half_life(issued_at, expires_at, now)
}

/// The `User-Agent` of a browser, cut to 200 characters.
pub fn user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The expiry of a session that starts or is renewed at `now`.
pub fn expiry(now: Timestamp, lifetime: Duration) -> Timestamp {
    // Claims have whole seconds: truncated here, so that the session expires together with its token.
    Timestamp::from_millis(now.plus(lifetime).as_secs() * 1000).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Bearer<'_> = Bearer {
        username: "ann",
        role: Role::Author,
    };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1000).unwrap()
    }

    #[test]
    fn a_token_is_renewed_after_half_its_lifetime() {
        let life = (at(100), at(200));
        assert!(!needs_new_token(ANN, ANN, life, at(149)));
        assert!(needs_new_token(ANN, ANN, life, at(150)));
        assert!(
            !needs_new_token(ANN, ANN, life, at(90)),
            "a clock behind the issuer's renews nothing"
        );
    }

    #[test]
    fn a_token_with_outdated_claims_is_renewed_at_once() {
        let life = (at(100), at(200));
        assert!(needs_new_token(
            ANN,
            Bearer {
                username: "anna",
                ..ANN
            },
            life,
            at(101)
        ));
        assert!(needs_new_token(
            ANN,
            Bearer {
                role: Role::Moderator,
                ..ANN
            },
            life,
            at(101)
        ));
    }

    #[test]
    fn a_session_expires_with_its_token() {
        let now = Timestamp::from_millis(1_500).unwrap();
        assert_eq!(expiry(now, Duration::from_secs(10)), at(11));
    }

    #[test]
    fn a_user_agent_is_cut() {
        assert_eq!(user_agent(&"ä".repeat(300)).chars().count(), 200);
        assert_eq!(user_agent("Mozilla\n/5.0"), "Mozilla/5.0");
    }
}
