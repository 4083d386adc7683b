//! Forms: the submitted values and their errors, each at the field that it is about.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequest, FromRequestParts, RawForm, Request},
    http::{StatusCode, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::error::ErrorCode;

use crate::{api::ApiError, error::PageError};

/// More fields than any form has: that of the rules has five for each of up to 100 lists.
const MAX_FIELDS: usize = 700;

/// 128 random bits, as visible characters.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// The values and errors of a form.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: BTreeMap<String, Vec<String>>,
    errors: BTreeMap<String, Vec<String>>,
    alerts: Vec<String>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
}

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    fn parse(encoded: &[u8]) -> Self {
        let mut form = Self::new();
        for (name, value) in form_urlencoded::parse(encoded).take(MAX_FIELDS) {
            // Browsers submit line breaks as CR LF.
            let value = value.replace("\r\n", "\n");
            form.values.entry(name.into_owned()).or_default().push(value);
        }
        form
    }

    /// Sets the value of a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), vec![value.into()]);
        self
    }

    /// Adds an idempotency key in the field `key`, unless it has a valid one.
    #[must_use]
    pub fn with_key(self) -> Self {
        let key = self.value("key");
        let valid = (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { self } else { self.with_new_key() }
    }

    /// Replaces the idempotency key, so that the form creates something new.
    #[must_use]
    pub fn with_new_key(self) -> Self {
        self.with("key", token())
    }

    /// The value of a field; empty by default.
    pub fn value(&self, name: &str) -> &str {
        let values = self.values.get(name);
        values
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }

    /// The value without surrounding blanks, if it is not empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|value| !value.is_empty())
    }

    /// Whether the field was submitted: a checked box or a pressed button.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The errors of a field.
    pub fn errors(&self, name: &str) -> &[String] {
        self.errors.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the field has errors.
    pub fn has_error(&self, name: &str) -> bool {
        self.errors.contains_key(name)
    }

    /// The errors of the form as a whole.
    pub fn alerts(&self) -> &[String] {
        &self.alerts
    }

    /// Whether the form or a field has errors.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty() || !self.alerts.is_empty()
    }

    /// The status of the page with the form.
    pub fn status(&self) -> StatusCode {
        match self.status {
            Some(status) => status,
            None if self.has_errors() => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        }
    }

    /// The time to wait after too many requests.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Adds an error to a field.
    pub fn add_error(&mut self, name: &str, message: &str) {
        let messages = self.errors.entry(name.to_owned()).or_default();
        messages.push(sentence(message));
    }

    /// Adds an error to the form.
    pub fn add_alert(&mut self, message: &str) {
        self.alerts.push(sentence(message));
    }

    /// Sets the status of the page with the form.
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Adds an error to the form, whose page gets this status.
    pub fn fail(&mut self, status: StatusCode, message: &str) {
        self.set_status(status);
        self.add_alert(message);
    }

    /// The form is outdated: what it is about was changed after the page was opened.
    pub fn fail_outdated(&mut self, message: &str) {
        self.fail(StatusCode::PRECONDITION_FAILED, message);
    }

    /// Whether the form is outdated.
    pub fn is_outdated(&self) -> bool {
        self.status == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// Adds the errors of a service's response: at the fields in `known`, otherwise above the form. An unavailable
    /// service is also reported above the form, so that no input is lost.
    ///
    /// # Errors
    /// If the user cannot correct the form: not signed in, not allowed, deleted, an internal error.
    pub fn add_api_error(&mut self, error: ApiError, known: &[&str]) -> Result<(), PageError> {
        let correctable = error.is(ErrorCode::InvalidCredentials);
        let problem = match error {
            ApiError::Unavailable(backend) => {
                let message = format!(
                    "{}. Your input is kept; please try again in a moment.",
                    backend.unavailable()
                );
                self.fail(StatusCode::SERVICE_UNAVAILABLE, &message);
                return Ok(());
            }
            ApiError::Problem(problem, wait) => match problem.status {
                400 | 409 | 412 | 413 | 422 => {
                    // The status of an outdated form.
                    self.status = Some(StatusCode::PRECONDITION_FAILED).filter(|_| problem.status == 412);
                    problem
                }
                401 if correctable => problem,
                429 => {
                    self.status = Some(StatusCode::TOO_MANY_REQUESTS);
                    self.retry_after = wait.or(Some(Duration::from_secs(1)));
                    problem
                }
                _ => return Err(PageError::Problem(problem, wait)),
            },
        };
        for error in &problem.errors {
            match error.field.as_deref().map(field_name) {
                Some(field) if known.contains(&field) => self.add_error(field, &error.message),
                Some(field) => self.add_alert(&format!("{field}: {}", error.message)),
                None => self.add_alert(&error.message),
            }
        }
        if !self.has_errors() {
            self.add_alert(&problem.detail);
        }
        if let Some(wait) = self.retry_after {
            self.add_alert(&format!("Try again in {}", duration_label(wait)));
        }
        Ok(())
    }
}

/// The field of a path such as `tags[3]`.
fn field_name(path: &str) -> &str {
    path.split(['[', '.']).next().unwrap_or(path)
}

/// `40 seconds`, `2 minutes`: rounded up.
fn duration_label(duration: Duration) -> String {
    let (number, unit) = match duration.as_secs().max(1) {
        seconds @ ..=90 => (seconds, "second"),
        seconds @ 91..=5400 => (seconds.div_ceil(60), "minute"),
        seconds => (seconds.div_ceil(3600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// Formats a message of a service as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.trim().chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut text: String = first.to_uppercase().chain(chars).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// The body of a submitted form.
#[derive(Debug, Clone)]
pub struct FormBody(pub Form);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let RawForm(bytes) = RawForm::from_request(request, state).await.map_err(|rejection| {
            let code = match rejection.status() {
                StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
                StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
                _ => ErrorCode::MalformedRequest,
            };
            runtime::error::ApiError::new(code, "The form data is invalid.").with_source(rejection)
        })?;
        Ok(Self(Form::parse(&bytes)))
    }
}

/// The query of a form that is sent with GET.
#[derive(Debug, Clone)]
pub struct FormQuery(pub Form);

impl<S: Send + Sync> FromRequestParts<S> for FormQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Form::parse(
            parts.uri.query().unwrap_or_default().as_bytes(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use common::api::{Problem, ProblemError};

    use super::*;
    use crate::api::Backend;

    fn problem(status: u16, code: &str, errors: &[(Option<&str>, &str)]) -> ApiError {
        let errors = errors.iter().map(|(field, message)| ProblemError {
            message: (*message).to_owned(),
            field: field.map(str::to_owned),
            code: code.to_owned(),
        });
        let problem = Problem {
            kind: format!("urn:inkstream:problem:{code}"),
            title: String::new(),
            status,
            detail: "an explanation".to_owned(),
            trace_id: String::new(),
            errors: errors.collect(),
            current_version: None,
        };
        ApiError::Problem(Box::new(problem), None)
    }

    #[test]
    fn errors_are_added_to_their_fields_and_values_are_kept() {
        let mut form = Form::new().with("title", "Hello");
        let errors = [
            (Some("title"), "is too long"),
            (Some("tags[3]"), "must be a word"),
            (Some("post_id"), "is unknown"),
            (None, "an explanation"),
        ];
        form.add_api_error(problem(422, "validation_failed", &errors), &["title", "tags"])
            .unwrap();
        assert_eq!(form.errors("title"), ["Is too long."]);
        assert_eq!(form.errors("tags"), ["Must be a word."]);
        assert_eq!(form.alerts(), ["Post_id: is unknown.", "An explanation."]);
        assert_eq!(form.value("title"), "Hello");
        assert_eq!(form.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[derive(askama::Template)]
    #[template(
        ext = "html",
        source = r#"{% import "parts/forms.html" as forms %}
{% call forms::alerts(form) %}{% endcall %}
{% call forms::input(form, "title", "Title", hint="A few words") %}{% endcall %}
{% call forms::input(form, "secret", "Password", kind="password", complete="current-password") %}{% endcall %}
{% call forms::textarea(form, "body", "Text", rows=4, required=false) %}{% endcall %}"#
    )]
    struct Fields<'a> {
        form: &'a Form,
    }

    #[test]
    fn a_field_is_described_by_its_hint_and_its_error() {
        let mut form = Form::new()
            .with("title", "\"><script>")
            .with("secret", "hidden")
            .with("body", "\nSecond line");
        form.add_error("title", "is too long");
        let page = askama::Template::render(&Fields { form: &form }).unwrap();
        let page = scraper::Html::parse_fragment(&page);
        let attribute = |selector: &str, name: &str| {
            let selector = scraper::Selector::parse(selector).unwrap();
            let element = page.select(&selector).next().unwrap();
            element.value().attr(name).map(str::to_owned)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(attribute("#title", "value"), some("\"><script>"));
        assert_eq!(attribute("#title", "aria-invalid"), some("true"));
        assert_eq!(
            attribute("#title", "aria-describedby"),
            some("title-hint title-error")
        );
        assert_eq!(
            attribute("#secret", "value"),
            None,
            "a password is never returned"
        );
        assert_eq!(attribute("#body", "required"), None);
        let body = scraper::Selector::parse("#body").unwrap();
        let body: String = page.select(&body).next().unwrap().text().collect();
        assert_eq!(body, "\nSecond line");
    }

    #[test]
    fn an_unavailable_service_is_reported_above_the_form() {
        let mut form = Form::new();
        form.add_api_error(ApiError::Unavailable(Backend::Posts), &[])
            .unwrap();
        assert_eq!(form.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(form.alerts()[0].contains("Publishing is temporarily unavailable"));
    }

    #[test]
    fn a_duration_is_shown_in_the_largest_suitable_unit() {
        for (seconds, label) in [
            (0, "1 second"),
            (4, "4 seconds"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (900, "15 minutes"),
            (5401, "2 hours"),
        ] {
            assert_eq!(duration_label(Duration::from_secs(seconds)), label);
        }
    }

    #[test]
    fn an_error_that_the_user_cannot_correct_is_not_added() {
        let mut form = Form::new();
        let credentials = problem(401, "invalid_credentials", &[(None, "wrong")]);
        assert!(form.add_api_error(credentials, &[]).is_ok());
        for (status, code) in [
            (401, "session_revoked"),
            (403, "not_owner"),
            (404, "not_found"),
            (410, "gone"),
            (500, "internal"),
        ] {
            let error = form
                .add_api_error(problem(status, code, &[(None, "no")]), &[])
                .unwrap_err();
            assert_eq!(error.status().as_u16(), status);
        }
    }
}
