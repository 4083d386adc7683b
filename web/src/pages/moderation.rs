//! The moderators' pages: what waits for them, each comment or post that was judged, and the rules. Every one of them
//! works as plain links and forms; the script only spares them the way to the next page.

pub mod cases;
mod form;
pub mod queue;
pub mod rules;
pub mod words;

use axum::http::StatusCode;
use common::{
    event::Target,
    ids::{CommentId, PostId},
};

use crate::{
    api::{Trouble, moderating::Ruling},
    failure::Failure,
    forms::Form,
};

/// Which page of the moderators' is shown, for the tabs above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Queue,
    Reports,
    Rules,
    /// One comment or post.
    Case,
}

impl Tab {
    /// Those that have a place in the row.
    const ROW: [(Self, &'static str, &'static str); 3] = [
        (Self::Queue, "/moderation", "Queue"),
        (Self::Reports, "/moderation/reports", "Reports"),
        (Self::Rules, "/moderation/rules", "Rules"),
    ];

    fn row(self) -> impl Iterator<Item = (bool, &'static str, &'static str)> {
        Self::ROW
            .into_iter()
            .map(move |(tab, path, label)| (tab == self, path, label))
    }
}

/// The fields of a decision that messages can stand beside.
const FIELDS: &[&str] = &["reason", "note"];

/// The target that is named by kind and id, if it can be one.
pub fn target(kind: &str, id: &str) -> Option<Target> {
    match kind {
        "comment" => Some(id.parse::<CommentId>().ok()?.into()),
        "post" => Some(id.parse::<PostId>().ok()?.into()),
        _ => None,
    }
}

/// What is said in the form of a decision; beside its fields stands what is missing.
fn ruling(form: &mut Form) -> Option<Ruling<'_>> {
    let (approves, rejects) = (
        form.value("decision") == "approve",
        form.value("decision") == "reject",
    );
    let Ok(revision) = form.value("revision").parse() else {
        form.refuse("this form is incomplete: reload the page");
        return None;
    };
    if !approves && !rejects {
        form.refuse("select approve or reject");
        return None;
    }
    if rejects && form.given("reason").is_none() {
        form.refuse_field("reason", "select a reason");
        return None;
    }
    Some(Ruling {
        decision: if approves { "approve" } else { "reject" },
        reason: form.given("reason").filter(|_| rejects),
        note: form.given("note"),
        revision,
    })
}

/// Takes over why a decision was refused, and answers the status of the page that says so.
fn refused(form: &mut Form, trouble: Trouble) -> Result<StatusCode, Failure> {
    if let Some(status) = outdated(&trouble) {
        form.refuse(
            "this was decided or changed after you opened this page. The current status is shown below",
        );
        return Ok(status);
    }
    form.take(trouble, FIELDS)?;
    Ok(form.status())
}

/// The status of a refusal that says: things have changed since.
fn outdated(trouble: &Trouble) -> Option<StatusCode> {
    match trouble {
        Trouble::Problem(problem, _) if problem.status == 412 => Some(StatusCode::PRECONDITION_FAILED),
        Trouble::Problem(problem, _) if problem.status == 409 => Some(StatusCode::CONFLICT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use common::event::TargetKind;

    use super::*;

    fn filled(decision: &str, reason: &str) -> Form {
        Form::new()
            .with("decision", decision)
            .with("reason", reason)
            .with("revision", "3")
    }

    #[test]
    fn a_rejection_has_a_reason_and_an_approval_none() {
        let mut form = filled("approve", "spam").with("note", "  ");
        let ruling = ruling(&mut form).unwrap();
        assert_eq!(
            (ruling.decision, ruling.reason, ruling.note, ruling.revision),
            ("approve", None, None, 3)
        );
        let mut form = filled("reject", "");
        assert!(super::ruling(&mut form).is_none());
        assert_eq!(form.errors("reason"), ["Select a reason."]);
        let mut form = filled("reject", "abuse").with("note", "Be kind.");
        let ruling = super::ruling(&mut form).unwrap();
        assert_eq!((ruling.reason, ruling.note), (Some("abuse"), Some("Be kind.")));
    }

    #[test]
    fn without_a_decision_or_the_text_that_was_read_nothing_is_decided() {
        for mut form in [filled("", "spam"), filled("approve", "").with("revision", "x")] {
            assert!(ruling(&mut form).is_none());
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
