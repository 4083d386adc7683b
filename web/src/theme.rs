//! The colour scheme: light, dark or as in the system. It is in a cookie, so that the server renders it and nothing
//! flashes.

use axum::http::HeaderMap;
use cookie::{Cookie, SameSite, time::Duration};
use runtime::http::{SetCookie, cookie_value};

const COOKIE: &str = "theme";
const LIFETIME: Duration = Duration::days(365);

/// The colour scheme that the visitor has selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All, in the order of the buttons.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of the cookie and of `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Whether it is the selected one.
    pub fn is(self, selected: &Self) -> bool {
        self == *selected
    }

    /// The label of the button.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The value of `color-scheme`, for scroll bars and native controls.
    pub fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The values of `theme-color`, with the media query of each.
    pub fn frame_colors(self) -> &'static [(&'static str, Option<&'static str>)] {
        const LIGHT: &str = "#fcfcfa";
        const DARK: &str = "#12171c";
        match self {
            Self::System => &[
                (LIGHT, Some("(prefers-color-scheme: light)")),
                (DARK, Some("(prefers-color-scheme: dark)")),
            ],
            Self::Light => &[(LIGHT, None)],
            Self::Dark => &[(DARK, None)],
        }
    }

    /// The theme with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// The theme in the request's cookie.
    pub fn of(headers: &HeaderMap) -> Self {
        let theme = cookie_value(headers, COOKIE).and_then(|name| Self::from_name(&name));
        theme.unwrap_or_default()
    }

    /// The cookie with this theme.
    pub fn cookie(self, secure: bool) -> SetCookie {
        let cookie = Cookie::build((COOKIE, self.as_str()))
            .path("/")
            .max_age(LIFETIME)
            .same_site(SameSite::Lax)
            .secure(secure);
        SetCookie(cookie.build())
    }
}
