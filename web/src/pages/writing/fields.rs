//! What stands in the form of a post, and what it says the post is to be.

use common::event::Timestamp;
use jiff::{civil::DateTime, tz::TimeZone};

use crate::{
    api::{
        Answer,
        writing::{Draft, Shelf, Source},
    },
    forms::Form,
};

/// The fields that messages can stand beside.
pub(super) const FIELDS: &[&str] = &["title", "summary", "tags", "cover", "body", "publish_at"];

/// How a browser writes a time in a field of its own.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// The button that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Save,
    Preview,
    Publish,
    Schedule,
    Unschedule,
    Unpublish,
    Delete,
}

impl Action {
    /// Of `form`. None, or one that is not known, saves: that is what nobody regrets.
    pub(super) fn of(form: &Form) -> Self {
        match form.value("action") {
            "preview" => Self::Preview,
            "publish" => Self::Publish,
            "schedule" => Self::Schedule,
            "unschedule" => Self::Unschedule,
            "unpublish" => Self::Unpublish,
            "delete" => Self::Delete,
            _ => Self::Save,
        }
    }
}

/// The form of a new post.
pub(super) fn blank() -> Form {
    Form::new().keyed()
}

/// `form` with a key, by which a second submit of it makes no second post.
pub(super) fn keyed(form: Form) -> Form {
    let key = form.value("key").to_owned();
    let form = form.keyed();
    if form.value("key") == key {
        form
    } else {
        form.with("version", "").with("shelf", "")
    }
}

/// `form` for another post.
pub(super) fn rekeyed(form: Form) -> Form {
    form.rekeyed().with("version", "").with("shelf", "")
}

/// The form of a post as it is saved.
pub(super) fn of(post: &Answer<Source>) -> Form {
    Form::new()
        .with("version", post.version.unwrap_or(post.value.version).to_string())
        .with("shelf", post.shelf().as_str())
        .with("title", &post.title)
        .with("body", &post.body)
        .with("summary", post.summary.as_deref().unwrap_or_default())
        .with("tags", post.tags.join(", "))
        .with("cover", post.cover.as_deref().unwrap_or_default())
        .with("publish_at", post.publish_at.map(local).unwrap_or_default())
}

/// Where the post stood when the form was made.
pub(super) fn shelf(form: &Form) -> Shelf {
    Shelf::named(form.value("shelf")).unwrap_or_default()
}

/// What the form says the post is to be after `action`; `None`, with the reason in the form, if that cannot be told.
pub(super) fn draft(form: &mut Form, action: Action, shelf: Shelf) -> Option<Draft> {
    let status = match action {
        Action::Publish => Some("published"),
        Action::Unpublish => Some("draft"),
        _ => None,
    };
    let publish_at = match (action, shelf) {
        (Action::Schedule, _) => Some(Some(time(form)?)),
        // An emptied field takes the plan away.
        (Action::Save, Shelf::Scheduled) if form.given("publish_at").is_none() => Some(None),
        (Action::Save, Shelf::Scheduled) => Some(Some(time(form)?)),
        (Action::Unschedule, _) => Some(None),
        _ => None,
    };
    Some(Draft {
        title: form.value("title").to_owned(),
        body: form.value("body").to_owned(),
        summary: form.given("summary").map(str::to_owned),
        tags: tags(form.value("tags")),
        cover: form.given("cover").map(str::to_owned),
        status,
        publish_at,
    })
}

/// Tags as they are typed, separated by commas.
pub(super) fn tags(text: &str) -> Vec<String> {
    let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.map(str::to_owned).collect()
}

/// The time in the field: RFC 3339, or without an offset, which is UTC.
fn time(form: &mut Form) -> Option<Timestamp> {
    let Some(text) = form.given("publish_at") else {
        form.refuse_field("publish_at", "enter a publication time");
        return None;
    };
    let in_utc = |text: &str| {
        let time: DateTime = text.parse().ok()?;
        Some(Timestamp::from(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    };
    let time = text.parse().ok().or_else(|| in_utc(text));
    if time.is_none() {
        form.refuse_field("publish_at", "use the format 2030-01-31T18:30 (UTC)");
    }
    time
}

/// `form` with its time as the field can show it, if it is one; a script sends it with an offset.
pub(super) fn with_local_time(form: Form) -> Form {
    match form.value("publish_at").parse() {
        Ok(time) => form.with("publish_at", local(time)),
        Err(_) => form,
    }
}

/// A time as the field wants it, in UTC.
fn local(time: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
    instant.to_zoned(TimeZone::UTC).strftime(LOCAL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        fields
            .iter()
            .fold(Form::new(), |form, (name, value)| form.with(name, *value))
    }

    #[test]
    fn an_unknown_button_saves() {
        assert_eq!(Action::of(&form(&[("action", "publish")])), Action::Publish);
        assert_eq!(Action::of(&form(&[("action", "explode")])), Action::Save);
        assert_eq!(Action::of(&form(&[])), Action::Save);
    }

    #[test]
    fn a_blank_field_is_no_value() {
        let mut typed = form(&[
            ("title", " T "),
            ("summary", "  "),
            ("tags", "rust,, db ,"),
            ("cover", " /a "),
        ]);
        let draft = draft(&mut typed, Action::Save, Shelf::Draft).unwrap();
        assert_eq!((draft.title.as_str(), draft.summary), (" T ", None));
        assert_eq!(
            (draft.tags, draft.cover.as_deref()),
            (vec!["rust".to_owned(), "db".to_owned()], Some("/a"))
        );
        assert_eq!((draft.status, draft.publish_at), (None, None));
    }

    #[test]
    fn a_time_is_taken_in_utc_unless_it_says_otherwise() {
        for (text, expected) in [
            ("2030-01-31T18:30", "2030-01-31T18:30:00.000Z"),
            ("2030-01-31T18:30:15", "2030-01-31T18:30:15.000Z"),
            ("2030-01-31T18:30:00+02:00", "2030-01-31T16:30:00.000Z"),
        ] {
            let planned = draft(&mut form(&[("publish_at", text)]), Action::Schedule, Shelf::Draft).unwrap();
            assert_eq!(planned.publish_at.unwrap().unwrap().to_string(), expected);
        }
        let shown = |text| {
            with_local_time(form(&[("publish_at", text)]))
                .value("publish_at")
                .to_owned()
        };
        assert_eq!(shown("2030-01-31T18:30:15.000Z"), "2030-01-31T18:30");
        assert_eq!(shown("soon"), "soon");
    }

    #[test]
    fn a_plan_needs_a_time_that_can_be_read() {
        for text in ["", "tomorrow"] {
            let mut typed = form(&[("publish_at", text)]);
            assert_eq!(draft(&mut typed, Action::Schedule, Shelf::Draft), None);
            assert_eq!(typed.errors("publish_at").len(), 1);
        }
        // A draft that is only saved has no plan, whatever stands in the field.
        let mut typed = form(&[("publish_at", "tomorrow")]);
        assert_eq!(
            draft(&mut typed, Action::Save, Shelf::Draft).unwrap().publish_at,
            None
        );
    }

    #[test]
    fn an_emptied_time_takes_the_plan_away_and_so_does_its_button() {
        let saved = draft(&mut form(&[]), Action::Save, Shelf::Scheduled).unwrap();
        assert_eq!(saved.publish_at, Some(None));
        let mut typed = form(&[("publish_at", "2030-01-31T18:30")]);
        assert_eq!(
            draft(&mut typed, Action::Unschedule, Shelf::Scheduled)
                .unwrap()
                .publish_at,
            Some(None)
        );
    }

    #[test]
    fn a_key_that_no_service_takes_is_replaced() {
        let kept = keyed(form(&[("key", "abc")]));
        assert_eq!(kept.value("key"), "abc");
        for key in ["", "a b", "ü", &"x".repeat(129)] {
            assert_eq!(keyed(form(&[("key", key)])).value("key").len(), 22, "{key}");
        }
    }
}
