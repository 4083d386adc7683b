//! The pages of moderators: the queue, the comment or post under review, and the rules. All of them work as plain links
//! and forms; the script only saves page loads.

pub mod cases;
pub mod labels;
pub mod queue;
pub mod rules;
mod rules_form;

use axum::http::StatusCode;
use common::{
    api::moderation::{DecideRequest, ReviewAction},
    event::Target,
    ids::{CommentId, PostId},
};

use crate::{api::ApiError, error::PageError, forms::Form, request::PageRequest};

/// The tab of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Queue,
    Reports,
    Rules,
    /// A comment or post, which has no tab.
    Case,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Queue, "/moderation", "Queue"),
        (Self::Reports, "/moderation/reports", "Reports"),
        (Self::Rules, "/moderation/rules", "Rules"),
    ];

    /// Whether each tab is the current one, its path and its label.
    fn tabs(self) -> impl Iterator<Item = (bool, &'static str, &'static str)> {
        let tabs = Self::ALL.into_iter();
        tabs.map(move |(tab, path, label)| (tab == self, path, label))
    }
}

/// The fields of a decision that can have errors.
const FIELDS: &[&str] = &["reason", "note"];

/// The comment or post with this kind and id.
pub fn target(kind: &str, id: &str) -> Option<Target> {
    match kind {
        "comment" => Some(id.parse::<CommentId>().ok()?.into()),
        "post" => Some(id.parse::<PostId>().ok()?.into()),
        _ => None,
    }
}

/// The decision in a form; `None`, with errors in the form, if it is incomplete.
fn decision(form: &mut Form) -> Option<DecideRequest> {
    let action = match form.value("decision") {
        "approve" => Some(ReviewAction::Approve),
        "reject" => Some(ReviewAction::Reject),
        _ => None,
    };
    let (Some(decision), Ok(revision)) = (action, form.value("revision").parse()) else {
        form.add_alert("this form is incomplete: reload the page");
        return None;
    };
    let rejects = decision == ReviewAction::Reject;
    if rejects && form.given("reason").is_none() {
        form.add_error("reason", "select a reason");
        return None;
    }
    Some(DecideRequest {
        decision,
        reason: form.given("reason").filter(|_| rejects).map(str::to_owned),
        note: form.given("note").map(str::to_owned),
        revision,
    })
}

/// Submits the decision in `form`. Returns the name of the action; `None` if the form has errors.
async fn decide(
    request: &PageRequest,
    target: Target,
    form: &mut Form,
) -> Result<Option<&'static str>, PageError> {
    let version = form.value("version").parse().ok();
    let Some(decision) = decision(form) else {
        return Ok(None);
    };
    let Err(error) = request.api().decide(target, version, &decision).await else {
        return Ok(Some(match decision.decision {
            ReviewAction::Approve => "approve",
            ReviewAction::Reject => "reject",
        }));
    };
    match conflict(&error) {
        Some(status) => form.fail(
            status,
            "this was decided or changed after you opened this page. The current status is shown below",
        ),
        None => form.add_api_error(error, FIELDS)?,
    }
    Ok(None)
}

/// The status of an error that means that something changed in the meantime.
fn conflict(error: &ApiError) -> Option<StatusCode> {
    let status = StatusCode::from_u16(error.status()?).ok()?;
    [StatusCode::PRECONDITION_FAILED, StatusCode::CONFLICT]
        .contains(&status)
        .then_some(status)
}

#[cfg(test)]
mod tests {
    use common::event::TargetKind;

    use super::*;

    fn form(decision: &str, reason: &str) -> Form {
        Form::new()
            .with("decision", decision)
            .with("reason", reason)
            .with("revision", "3")
    }

    #[test]
    fn a_rejection_has_a_reason_and_an_approval_has_none() {
        let mut approval = form("approve", "spam").with("note", "  ");
        assert_eq!(
            decision(&mut approval),
            Some(DecideRequest {
                decision: ReviewAction::Approve,
                reason: None,
                note: None,
                revision: 3
            })
        );
        let mut incomplete = form("reject", "");
        assert!(decision(&mut incomplete).is_none());
        assert_eq!(incomplete.errors("reason"), ["Select a reason."]);
        let mut rejection = form("reject", "abuse").with("note", "Be kind.");
        let rejection = decision(&mut rejection).unwrap();
        assert_eq!(
            (rejection.reason.as_deref(), rejection.note.as_deref()),
            (Some("abuse"), Some("Be kind."))
        );
    }

    #[test]
    fn a_decision_requires_an_action_and_a_revision() {
        for mut form in [form("", "spam"), form("approve", "").with("revision", "x")] {
            assert!(decision(&mut form).is_none());
            assert_eq!(form.alerts().len(), 1);
        }
    }

    #[test]
    fn only_a_comment_or_post_is_a_target() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(target("comment", id).unwrap().kind, TargetKind::Comment);
        assert_eq!(target("post", id).unwrap().kind, TargetKind::Post);
        assert_eq!(target("user", id), None);
        assert_eq!(target("post", "../x"), None);
    }
}
