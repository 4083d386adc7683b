//! Forms: what was typed, kept, and what is wrong with it, beside the field it is about.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequest, RawForm, Request},
    http::StatusCode,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::error::ErrorCode;
use runtime::error::ApiError;

use crate::{api::Trouble, failure::Failure};

/// More fields than any form of ours has: the rules of moderation have five for each of up to a hundred lists.
const MAX_FIELDS: usize = 700;

/// 128 random bits, as visible characters.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// A form's values and messages.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: BTreeMap<String, Vec<String>>,
    errors: BTreeMap<String, Vec<String>>,
    alerts: Vec<String>,
    status: Option<StatusCode>,
}

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills a field in.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), vec![value.into()]);
        self
    }

    /// The form with a key in the field `key`, by which a second submit of it makes no second thing.
    #[must_use]
    pub fn keyed(self) -> Self {
        let key = self.value("key");
        let fits = (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { self } else { self.rekeyed() }
    }

    /// The form with another key: for another thing.
    #[must_use]
    pub fn rekeyed(self) -> Self {
        self.with("key", token())
    }

    /// What stands in the field; empty if nothing does.
    pub fn value(&self, name: &str) -> &str {
        let values = self.values.get(name);
        values
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }

    /// What stands in the field without blanks around it, if anything does.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|value| !value.is_empty())
    }

    /// All values of a field that may be there several times.
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the box is ticked, or the button pressed.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What is wrong with the field.
    pub fn errors(&self, name: &str) -> &[String] {
        self.errors.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether something is wrong with the field.
    pub fn is_wrong(&self, name: &str) -> bool {
        self.errors.contains_key(name)
    }

    /// What is wrong with the whole.
    pub fn alerts(&self) -> &[String] {
        &self.alerts
    }

    /// Whether anything is wrong.
    pub fn is_refused(&self) -> bool {
        !self.errors.is_empty() || !self.alerts.is_empty()
    }

    /// The status of the page that shows it.
    pub fn status(&self) -> StatusCode {
        match self.status {
            Some(status) => status,
            None if self.is_refused() => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        }
    }

    /// Says what is wrong with a field.
    pub fn refuse_field(&mut self, name: &str, message: &str) {
        let messages = self.errors.entry(name.to_owned()).or_default();
        messages.push(sentence(message));
    }

    /// Says what is wrong with the whole.
    pub fn refuse(&mut self, message: &str) {
        self.alerts.push(sentence(message));
    }

    /// Takes over why a service refused what was typed: beside the fields that `known` names, above the form
    /// otherwise. A part that is away is told above the form, too, so that nothing typed is lost.
    ///
    /// # Errors
    /// What no correction of the form would help: not signed in any more, not allowed, gone, a fault of ours.
    pub fn take(&mut self, trouble: Trouble, known: &[&str]) -> Result<(), Failure> {
        let problem = match trouble {
            Trouble::Away(part) => {
                self.status = Some(StatusCode::SERVICE_UNAVAILABLE);
                self.refuse(&format!(
                    "{}. Your input is kept; please try again in a moment.",
                    part.resting()
                ));
                return Ok(());
            }
            Trouble::Problem(problem, wait) => match (problem.status, problem.kind.rsplit(':').next()) {
                (401, Some("invalid_credentials")) | (400 | 409 | 412 | 413 | 422, _) => problem,
                (429, _) => {
                    self.status = Some(StatusCode::TOO_MANY_REQUESTS);
                    problem
                }
                _ => return Err(Failure::Problem(problem, wait)),
            },
        };
        for error in &problem.errors {
            match error.field.as_deref().map(field_name) {
                Some(field) if known.contains(&field) => self.refuse_field(field, &error.message),
                Some(field) => self.refuse(&format!("{field}: {}", error.message)),
                None => self.refuse(&error.message),
            }
        }
        if !self.is_refused() {
            self.refuse(&problem.detail);
        }
        Ok(())
    }
}

/// The field of a path such as `tags[3]`.
fn field_name(path: &str) -> &str {
    path.split(['[', '.']).next().unwrap_or(path)
}

/// Services write messages that continue the field's name; beside the field they stand alone.
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

/// The body of a POST of a form.
#[derive(Debug, Clone)]
pub struct FormBody(pub Form);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let RawForm(bytes) = RawForm::from_request(request, state).await.map_err(|rejection| {
            let code = match rejection.status() {
                StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
                StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
                _ => ErrorCode::MalformedRequest,
            };
            ApiError::new(code, "The form data is invalid.").with_source(rejection)
        })?;
        let mut form = Form::new();
        for (name, value) in form_urlencoded::parse(&bytes).take(MAX_FIELDS) {
            // Browsers send lines' ends as CR LF.
            let value = value.replace("\r\n", "\n");
            form.values.entry(name.into_owned()).or_default().push(value);
        }
        Ok(Self(form))
    }
}

#[cfg(test)]
mod tests {
    use common::api::Problem;
    use common::api::ProblemError;

    use super::*;
    use crate::api::Part;

    fn problem(status: u16, code: &str, errors: &[(Option<&str>, &str)]) -> Trouble {
        let errors = errors.iter().map(|(field, message)| ProblemError {
            message: (*message).to_owned(),
            field: field.map(str::to_owned),
            code: code.to_owned(),
        });
        let problem = Problem {
            kind: format!("urn:inkstream:problem:{code}"),
            title: String::new(),
            status,
            detail: "so it is".to_owned(),
            trace_id: String::new(),
            errors: errors.collect(),
            current_version: None,
        };
        Trouble::Problem(Box::new(problem), None)
    }

    #[test]
    fn messages_stand_beside_their_fields_and_what_was_typed_stays() {
        let mut form = Form::new().with("title", "Hello");
        let errors = [
            (Some("title"), "is too long"),
            (Some("tags[3]"), "must be a word"),
            (Some("post_id"), "is unknown"),
            (None, "so it is"),
        ];
        form.take(problem(422, "validation_failed", &errors), &["title", "tags"])
            .unwrap();
        assert_eq!(form.errors("title"), ["Is too long."]);
        assert_eq!(form.errors("tags"), ["Must be a word."]);
        assert_eq!(form.alerts(), ["Post_id: is unknown.", "So it is."]);
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
    fn a_field_is_tied_to_its_hint_and_its_message() {
        let mut form = Form::new()
            .with("title", "\"><script>")
            .with("secret", "hidden")
            .with("body", "\nSecond line");
        form.refuse_field("title", "is too long");
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
            "a password is never sent back"
        );
        assert_eq!(attribute("#body", "required"), None);
        let body = scraper::Selector::parse("#body").unwrap();
        let body: String = page.select(&body).next().unwrap().text().collect();
        assert_eq!(body, "\nSecond line");
    }

    #[test]
    fn a_part_that_is_away_loses_nothing() {
        let mut form = Form::new();
        form.take(Trouble::Away(Part::Posts), &[]).unwrap();
        assert_eq!(form.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(form.alerts()[0].contains("Publishing is temporarily unavailable"));
    }

    #[test]
    fn what_no_correction_helps_is_no_matter_of_the_form() {
        let mut form = Form::new();
        let credentials = problem(401, "invalid_credentials", &[(None, "wrong")]);
        assert!(form.take(credentials, &[]).is_ok());
        for (status, code) in [
            (401, "session_revoked"),
            (403, "not_owner"),
            (404, "not_found"),
            (410, "gone"),
            (500, "internal"),
        ] {
            let failure = form
                .take(problem(status, code, &[(None, "no")]), &[])
                .unwrap_err();
            assert_eq!(failure.status().as_u16(), status);
        }
    }
}
