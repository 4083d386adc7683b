//! The services that pages are made from, and what users read while one of them is unavailable.

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    Auth,
    Posts,
    Comments,
    Moderation,
    Query,
}

impl Backend {
    /// All, each with the prefix of its paths, as in the ingress.
    const ALL: [(&str, Self); 5] = [
        ("/api/users", Self::Auth),
        ("/api/posts", Self::Posts),
        ("/api/comments", Self::Comments),
        ("/api/moderation", Self::Moderation),
        ("/api/query", Self::Query),
    ];

    /// The service that serves `path`.
    ///
    /// # Panics
    /// If there is none, which is a programming error.
    pub(super) fn of_path(path: &str) -> Self {
        let route = Self::ALL.iter().find(|(prefix, _)| path.starts_with(prefix));
        route
            .unwrap_or_else(|| unreachable!("no service serves {path}"))
            .1
    }

    /// The title of the error page while the service is unavailable.
    pub fn unavailable(self) -> &'static str {
        match self {
            Self::Auth => "Accounts are temporarily unavailable",
            Self::Posts => "Publishing is temporarily unavailable",
            Self::Comments => "Comments are temporarily unavailable",
            Self::Moderation => "Moderation is temporarily unavailable",
            Self::Query => "Posts are temporarily unavailable",
        }
    }

    /// What works in the meantime.
    pub fn meanwhile(self) -> &'static str {
        match self {
            Self::Auth => "Signing in and settings will be back shortly. You can still read and write.",
            Self::Posts => {
                "Drafts and publishing will be back shortly. Nothing is lost, and you can still read."
            }
            Self::Comments => "Comments will be back shortly. You can still read.",
            Self::Moderation => {
                "Moderation will be back shortly. Nothing is lost, and you can still read and write."
            }
            Self::Query => "Posts will be back shortly. Nothing is lost, and authors can still write.",
        }
    }
}
