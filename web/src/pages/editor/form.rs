//! The form of a post, and the requests that are created from it.

use common::{
    api::posts::{CreatePostRequest, PostList, PostSource, UpdatePostRequest, Visibility},
    event::Timestamp,
};
use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::super::own_posts::list_of;
use crate::forms::Form;

/// The fields that can have errors.
pub(super) const FIELDS: &[&str] = &[
    "title",
    "summary",
    "tags",
    "cover",
    "language",
    "body",
    "publish_at",
    "published_at",
];

/// The format of a `datetime-local` field.
const LOCAL_TIME: &str = "%Y-%m-%dT%H:%M";

/// The pressed button.
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
    /// The action of a submitted form; by default it is saved.
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

/// The form of a new post, with a valid idempotency key.
pub(super) fn with_key(form: Form) -> Form {
    let key = form.value("key").to_owned();
    let form = form.with_key();
    if form.value("key") == key {
        form
    } else {
        form.with("version", "").with("list", "")
    }
}

/// The same form for another new post.
pub(super) fn with_new_key(form: Form) -> Form {
    form.with_new_key().with("version", "").with("list", "")
}

/// The form of a saved post.
pub(super) fn of_post(post: &PostSource) -> Form {
    Form::new()
        .with("version", post.version.to_string())
        .with("list", post.status.unwrap_or_default().as_str())
        .with("title", &post.title)
        .with("body", &post.body)
        .with("summary", post.summary.as_deref().unwrap_or_default())
        .with("tags", post.tags.join(", "))
        .with("cover", post.cover.as_deref().unwrap_or_default())
        .with("language", post.language.as_deref().unwrap_or_default())
        .with("publish_at", post.publish_at.map(local_time).unwrap_or_default())
}

/// The list that held the post when the form was created.
pub(super) fn list(form: &Form) -> PostList {
    list_of(form.value("list"))
}

/// The request that creates the post; `None`, with errors in the form, if a field is invalid.
pub(super) fn create_request(form: &mut Form, action: Action) -> Option<CreatePostRequest> {
    let update = update_request(form, action, PostList::Draft)?;
    Some(CreatePostRequest {
        title: update.title.unwrap_or_default(),
        body: update.body.unwrap_or_default(),
        summary: update.summary.flatten(),
        tags: update.tags.unwrap_or_default(),
        cover: update.cover.flatten(),
        status: update.status.unwrap_or_default(),
        publish_at: update.publish_at.flatten(),
        published_at: update.published_at,
        language: update.language.flatten(),
    })
}

/// The request that updates a post in `list`; `None`, with errors in the form, if a field is invalid.
pub(super) fn update_request(form: &mut Form, action: Action, list: PostList) -> Option<UpdatePostRequest> {
    let publish_at = match (action, list) {
        (Action::Schedule, _) => Some(Some(publication_time(form)?)),
        // An empty field cancels the scheduled publication.
        (Action::Save, PostList::Scheduled) if form.given("publish_at").is_none() => Some(None),
        (Action::Save, PostList::Scheduled) => Some(Some(publication_time(form)?)),
        (Action::Unschedule, _) => Some(None),
        _ => None,
    };
    let published_at = match action {
        Action::Publish => first_publication(form)?,
        _ => None,
    };
    Some(UpdatePostRequest {
        title: Some(form.value("title").to_owned()),
        body: Some(form.value("body").to_owned()),
        summary: Some(form.given("summary").map(str::to_owned)),
        tags: Some(parse_tags(form.value("tags"))),
        cover: Some(form.given("cover").map(str::to_owned)),
        status: match action {
            Action::Publish => Some(Visibility::Published),
            Action::Unpublish => Some(Visibility::Draft),
            _ => None,
        },
        publish_at,
        published_at,
        language: Some(form.given("language").map(str::to_owned)),
    })
}

/// Tags separated by commas.
pub(super) fn parse_tags(text: &str) -> Vec<String> {
    let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.map(str::to_owned).collect()
}

/// The date of the first publication, at its beginning in UTC; the inner `None` if the field is empty, the outer one, with
/// an error in the form, if it is invalid.
fn first_publication(form: &mut Form) -> Option<Option<Timestamp>> {
    let Some(text) = form.given("published_at") else {
        return Some(None);
    };
    let date: Option<Date> = text.parse().ok();
    let midnight = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    if midnight.is_none() {
        form.add_error("published_at", "use the format 2020-01-31");
    }
    midnight.map(|midnight| Some(Timestamp::from(midnight.timestamp())))
}

/// The time in the field: RFC 3339, or without an offset in UTC.
fn publication_time(form: &mut Form) -> Option<Timestamp> {
    let Some(text) = form.given("publish_at") else {
        form.add_error("publish_at", "enter a publication time");
        return None;
    };
    let in_utc = |text: &str| {
        let time: DateTime = text.parse().ok()?;
        Some(Timestamp::from(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    };
    let time = text.parse().ok().or_else(|| in_utc(text));
    if time.is_none() {
        form.add_error("publish_at", "use the format 2030-01-31T18:30 (UTC)");
    }
    time
}

/// Converts a time with an offset, as scripts submit it, to the format of the field.
pub(super) fn with_local_time(form: Form) -> Form {
    match form.value("publish_at").parse() {
        Ok(time) => form.with("publish_at", local_time(time)),
        Err(_) => form,
    }
}

/// A time in UTC, in the format of the field.
fn local_time(time: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
    instant.to_zoned(TimeZone::UTC).strftime(LOCAL_TIME).to_string()
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
    fn an_unknown_action_saves() {
        assert_eq!(Action::of(&form(&[("action", "publish")])), Action::Publish);
        assert_eq!(Action::of(&form(&[("action", "unknown")])), Action::Save);
        assert_eq!(Action::of(&form(&[])), Action::Save);
    }

    #[test]
    fn a_blank_field_has_no_value() {
        let mut submitted = form(&[
            ("title", " T "),
            ("summary", "  "),
            ("tags", "rust,, db ,"),
            ("cover", " /a "),
        ]);
        let post = update_request(&mut submitted, Action::Save, PostList::Draft).unwrap();
        assert_eq!((post.title.as_deref(), post.summary), (Some(" T "), Some(None)));
        assert_eq!(
            (post.tags, post.cover),
            (
                Some(vec!["rust".to_owned(), "db".to_owned()]),
                Some(Some("/a".to_owned()))
            )
        );
        assert_eq!((post.status, post.publish_at), (None, None));
    }

    #[test]
    fn a_time_without_an_offset_is_in_utc() {
        for (text, expected) in [
            ("2030-01-31T18:30", "2030-01-31T18:30:00.000Z"),
            ("2030-01-31T18:30:15", "2030-01-31T18:30:15.000Z"),
            ("2030-01-31T18:30:00+02:00", "2030-01-31T16:30:00.000Z"),
        ] {
            let mut submitted = form(&[("publish_at", text)]);
            let post = create_request(&mut submitted, Action::Schedule).unwrap();
            assert_eq!(post.publish_at.unwrap().to_string(), expected);
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
    fn the_first_publication_is_sent_when_the_post_is_published() {
        let published_at = |date: &str, action| {
            let mut submitted = form(&[("published_at", date)]);
            let post = create_request(&mut submitted, action);
            (
                post.map(|post| post.published_at),
                submitted.errors("published_at").len(),
            )
        };
        let midnight = "2020-01-31T00:00:00.000Z".parse().ok();
        assert_eq!(published_at("2020-01-31", Action::Publish), (Some(midnight), 0));
        assert_eq!(published_at("2020-01-31", Action::Save), (Some(None), 0));
        assert_eq!(published_at("", Action::Publish), (Some(None), 0));
        assert_eq!(published_at("last week", Action::Publish), (None, 1));
    }

    #[test]
    fn scheduling_requires_a_valid_time() {
        for text in ["", "tomorrow"] {
            let mut submitted = form(&[("publish_at", text)]);
            assert_eq!(create_request(&mut submitted, Action::Schedule), None);
            assert_eq!(submitted.errors("publish_at").len(), 1);
        }
        // Saving a draft ignores the field.
        let mut submitted = form(&[("publish_at", "tomorrow")]);
        let post = create_request(&mut submitted, Action::Save).unwrap();
        assert_eq!(post.publish_at, None);
    }

    #[test]
    fn an_empty_time_or_the_button_cancels_the_scheduled_publication() {
        let publish_at = |fields: &[(&str, &str)], action| {
            let post = update_request(&mut form(fields), action, PostList::Scheduled);
            post.unwrap().publish_at
        };
        assert_eq!(publish_at(&[], Action::Save), Some(None));
        let time = [("publish_at", "2030-01-31T18:30")];
        assert_eq!(publish_at(&time, Action::Unschedule), Some(None));
    }

    #[test]
    fn an_invalid_key_is_replaced() {
        let kept = with_key(form(&[("key", "abc")]));
        assert_eq!(kept.value("key"), "abc");
        for key in ["", "a b", "ü", &"x".repeat(129)] {
            assert_eq!(with_key(form(&[("key", key)])).value("key").len(), 22, "{key}");
        }
    }
}
