//! A state changes its shape between two releases: the later one reads what the earlier one wrote, the earlier one
//! skips the later one's events, and a change that breaks the rules is reported.
//!
//! The registries are made by the same macro as the platform's.

use common::{
    event::{Envelope, EventSet, Timestamp, WireMessage, decode_as, encode_as},
    ids::{EventId, PostId},
};

use crate::golden::Golden;

/// The earlier release.
mod earlier {
    use super::PostId;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct NoteState {
        pub id: PostId,
        /// First and last name.
        pub author: String,
        pub colour: Colour,
    }

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Colour {
        Yellow,
        #[serde(other)]
        #[schemars(skip)]
        Unknown,
    }

    common::event_registry! {
        current {
            /// A note.
            Note(NoteFact, NoteState) = "note", owned by "notes", id |note| note.id.to_string(), {
                /// Somebody wrote it.
                Written = "written" as "blog.note.written.v1",
            }
        }
        historic {}
    }
}

/// The later release: the name became two, and there is another fact.
mod later {
    use super::{PostId, earlier};

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct NoteState {
        pub id: PostId,
        pub first_name: String,
        pub last_name: Option<String>,
        pub colour: earlier::Colour,
    }

    impl From<earlier::NoteState> for NoteState {
        fn from(old: earlier::NoteState) -> Self {
            let (first, last) = match old.author.split_once(' ') {
                Some((first, last)) => (first.to_owned(), Some(last.to_owned())),
                None => (old.author, None),
            };
            Self {
                id: old.id,
                first_name: first,
                last_name: last,
                colour: old.colour,
            }
        }
    }

    common::event_registry! {
        current {
            /// A note.
            Note(NoteFact, NoteState) = "note", owned by "notes", id |note| note.id.to_string(), {
                /// Somebody wrote it.
                Written = "written" as "blog.note.written.v2",
                /// Somebody tore it up.
                Torn = "torn" as "blog.note.torn.v1",
            }
        }
        historic {
            "blog.note.written.v1" is Note(NoteFact::Written) of earlier::NoteState,
        }
    }
}

/// A release that breaks the rules: another shape under the same name.
mod careless {
    use super::PostId;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct NoteState {
        pub id: PostId,
        #[serde(default)]
        pub author: Option<String>,
    }

    common::event_registry! {
        current {
            /// A note.
            Note(NoteFact, NoteState) = "note", owned by "notes", id |note| note.id.to_string(), {
                /// Somebody wrote it.
                Written = "written" as "blog.note.written.v1",
            }
        }
        historic {}
    }
}

fn id() -> PostId {
    "019c13f1-4000-7000-8000-0000000000c3".parse().unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        id: EventId::from_uuid(id().as_uuid()),
        service: "notes".to_owned(),
        time: Timestamp::from_millis(1_769_860_800_000).unwrap(),
        aggregate_version: 1,
        correlation_id: "c".to_owned(),
        causation_id: None,
        actor: "service:notes".to_owned(),
        traceparent: None,
    }
}

fn old_event() -> earlier::Event {
    let state = earlier::NoteState {
        id: id(),
        author: "Ann Example".to_owned(),
        colour: earlier::Colour::Yellow,
    };
    earlier::Event::Note(earlier::NoteFact::Written, state)
}

fn new_state() -> later::NoteState {
    later::NoteState {
        id: id(),
        first_name: "Ann".to_owned(),
        last_name: Some("Example".to_owned()),
        colour: earlier::Colour::Yellow,
    }
}

fn written<E: EventSet>(event: &E) -> WireMessage {
    encode_as(&envelope(), event).unwrap()
}

fn read<E: EventSet>(message: &WireMessage) -> E {
    decode_as(&message.subject, message.headers.as_slice(), &message.payload)
        .unwrap()
        .event
}

fn example_of<E: EventSet>(events: &[E]) -> impl Fn(&str) -> Option<WireMessage> {
    move |name| {
        let event = events
            .iter()
            .find(|event| event.event_type().is_some_and(|known| known.name == name));
        event.map(written)
    }
}

#[test]
fn a_later_release_reads_the_earlier_one_s_events_as_its_own() {
    let message = written(&old_event());
    let expected = later::Event::Note(later::NoteFact::Written, new_state());
    assert_eq!(read::<later::Event>(&message), expected);
    let v1 = later::Event::find_type("blog.note.written.v1").unwrap();
    assert_eq!(
        (v1.current, v1.fact, v1.meaning),
        (false, "written", "Somebody wrote it.")
    );
}

#[test]
fn an_earlier_release_goes_on_when_it_meets_later_events() {
    // Unknown version, unknown type.
    for fact in later::NoteFact::ALL {
        let message = written(&later::Event::Note(*fact, new_state()));
        assert_eq!(read::<earlier::Event>(&message), earlier::Event::Unknown);
    }
    // Unknown field, unknown value.
    let mut message = written(&old_event());
    let mut body: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
    body["pinned"] = true.into();
    body["colour"] = "ultraviolet".into();
    message.payload = body.to_string().into();
    let earlier::Event::Note(_, state) = read(&message) else {
        panic!("not read")
    };
    assert_eq!(state.colour, earlier::Colour::Unknown);
}

#[test]
fn a_new_version_beside_the_old_one_passes() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Golden::new(folder.path());
    golden.update::<earlier::Event>(example_of(&[old_event()]));
    assert_eq!(golden.findings::<earlier::Event>(), [""; 0]);

    let missing = golden.findings::<later::Event>();
    for expected in [
        "blog.note.written.v2: no golden file",
        "blog.note.torn.v1: its schema is not in the manifest",
        "golden blog.note.written.v1/example.json: is read differently now",
    ] {
        assert!(
            missing.iter().any(|finding| finding.starts_with(expected)),
            "{missing:#?}"
        );
    }
    let events: Vec<_> = later::NoteFact::ALL
        .iter()
        .map(|fact| later::Event::Note(*fact, new_state()))
        .collect();
    golden.update::<later::Event>(example_of(&events));
    assert_eq!(golden.findings::<later::Event>(), [""; 0]);
    let record = folder
        .path()
        .join("golden/blog.note.written.v1/example.decoded.json");
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    assert_eq!(record["read_as"], "blog.note.written.v2");
    assert_eq!(record["state"]["last_name"], "Example");
}

#[test]
fn a_change_of_a_released_version_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Golden::new(folder.path());
    golden.update::<earlier::Event>(example_of(&[old_event()]));
    let reports = |expected: &str, found: &[String]| {
        assert!(
            found.iter().any(|finding| finding.contains(expected)),
            "{expected}: {found:#?}"
        );
    };

    let changed = golden.findings::<careless::Event>();
    reports(
        "blog.note.written.v1 was released and its schema has changed",
        &changed,
    );
    // Even if the careless release rewrites everything.
    golden.update::<careless::Event>(|_| None);
    reports("its schema has changed", &golden.findings::<careless::Event>());

    let file = folder.path().join("golden/blog.note.written.v1/example.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Ann", "Bob")).unwrap();
    reports(
        "was released and has been changed",
        &golden.findings::<earlier::Event>(),
    );
    std::fs::remove_file(&file).unwrap();
    let gone = golden.findings::<earlier::Event>();
    reports("was released and is gone", &gone);
    reports("no golden file", &gone);
    std::fs::write(&file, text.replace("019c", "zzzz")).unwrap();
    reports("cannot be read", &golden.findings::<earlier::Event>());
}
