//! Light, dark, or as the system has it: a cookie, so that the server renders it and nothing flashes.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use runtime::http::{SetCookie, cookie_value};

use crate::{
    forms::FormBody,
    visit::{Visit, local_path},
};

const COOKIE: &str = "theme";
const LIFETIME: Duration = Duration::days(365);

/// What the visitor has chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As in the cookie and in `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Whether it is the one that is chosen.
    pub fn is(self, chosen: &Self) -> bool {
        self == *chosen
    }

    /// As the switch shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Whose colours the browser's own parts (scroll bars, fields) take.
    pub fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The colour of the browser's own frame, and for which scheme of the system.
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

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// What the request's cookie says.
    pub fn of(headers: &HeaderMap) -> Self {
        let named = cookie_value(headers, COOKIE).and_then(|name| Self::named(&name));
        named.unwrap_or_default()
    }

    fn cookie(self, secure: bool) -> SetCookie {
        let cookie = Cookie::build((COOKIE, self.as_str()))
            .path("/")
            .max_age(LIFETIME)
            .same_site(SameSite::Lax)
            .secure(secure);
        SetCookie(cookie.build())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Theme {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// `POST /theme` with `theme`, and in `next` the page to come back to. Something else is taken as `system`. A script
/// that has switched by itself says so in `Accept: application/json` and gets a 204.
pub async fn choose(visit: Visit, FormBody(form): FormBody) -> Response {
    let theme = Theme::named(form.value("theme")).unwrap_or_default();
    let cookie = theme.cookie(visit.site().https);
    let by_script = visit.header(&header::ACCEPT) == Some("application/json");
    if by_script {
        return (StatusCode::NO_CONTENT, cookie, ()).into_response();
    }
    let next = local_path(form.value("next")).unwrap_or("/");
    let location = HeaderValue::try_from(next).unwrap_or(HeaderValue::from_static("/"));
    let to = [(header::LOCATION, location)];
    (StatusCode::SEE_OTHER, to, cookie, ()).into_response()
}
