//! How long a session lasts, and when its token is made anew.

use std::time::Duration;

use common::event::{Role, Timestamp};

/// A session is prolonged once half of its token's life is over.
pub fn is_past_half_life(issued_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
    now.since(issued_at) * 2 >= expires_at.since(issued_at)
}

/// What a token says of its bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer<'a> {
    /// Their user name.
    pub username: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Whether a token that says `claimed` and lives from `issued_at` to `expires_at` is to be replaced.
pub fn needs_new_token(
    claimed: Bearer<'_>,
    present: Bearer<'_>,
    (issued_at, expires_at): (Timestamp, Timestamp),
    now: Timestamp,
) -> bool {
    claimed != present || is_past_half_life(issued_at, expires_at, now)
}

/// What a browser says of itself, cut to 200 characters.
pub fn user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The end of a session that begins or is prolonged at `now`.
pub fn expiry(now: Timestamp, lifetime: Duration) -> Timestamp {
    // Claims count whole seconds: cut here, so that the session ends when its token does.
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
    fn a_token_is_renewed_past_half_its_life() {
        let life = (at(100), at(200));
        assert!(!needs_new_token(ANN, ANN, life, at(149)));
        assert!(needs_new_token(ANN, ANN, life, at(150)));
        assert!(
            !needs_new_token(ANN, ANN, life, at(90)),
            "a clock behind the issuer's renews nothing"
        );
    }

    #[test]
    fn a_token_that_tells_old_news_is_renewed_at_once() {
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
    fn a_session_ends_with_its_token() {
        let now = Timestamp::from_millis(1_500).unwrap();
        assert_eq!(expiry(now, Duration::from_secs(10)), at(11));
    }

    #[test]
    fn a_browser_s_boast_is_cut() {
        assert_eq!(user_agent(&"ä".repeat(300)).chars().count(), 200);
        assert_eq!(user_agent("Mozilla\n/5.0"), "Mozilla/5.0");
    }
}
