//! Fields of a stored state that this release does not know.
//!
//! During a rolling deployment an older replica changes documents of a newer one. It must not erase the fields that
//! its own types dropped when it read the document. A field is unknown if it is in the document and not in the
//! serialised form of what was read from it. A value is unknown if it differs there, such as that of an enum which
//! reads as `serde(other)`.

use mongodb::bson::{Array, Bson, Document};

/// An array of which this release knows only a part of each element was changed: where does the rest belong?
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` holds unknown fields and is to be changed")]
pub(super) struct Ambiguous {
    field: String,
}

/// Adds to `next` what is in `stored` and not in `known`, the part of `stored` that this release knows; a value that
/// `next` does not change stays as it is stored. Returns whether that makes a difference. What belongs to an object that `next` removes is removed with it.
pub(super) fn keep_unknown(
    stored: &Document,
    known: &Document,
    next: &mut Document,
) -> Result<bool, Ambiguous> {
    let mut is_changed = false;
    for (field, stored) in stored {
        let Some(known) = known.get(field) else {
            if !next.contains_key(field) {
                next.insert(field, stored.clone());
                is_changed = true;
            }
            continue;
        };
        let Some(next) = next.get_mut(field) else { continue };
        match (stored, known) {
            (Bson::Document(stored), Bson::Document(known)) => {
                if let Bson::Document(next) = next {
                    is_changed |= keep_unknown(stored, known, next)?;
                }
            }
            (Bson::Array(stored), Bson::Array(known)) if elements_hold_unknown(stored, known) => {
                if matches!(&*next, Bson::Array(next) if next == known) {
                    *next = Bson::Array(stored.clone());
                    is_changed = true;
                } else if !matches!(&*next, Bson::Array(next) if next.is_empty()) {
                    return Err(Ambiguous { field: field.clone() });
                }
            }
            (stored, known) if stored != known && *next == *known => {
                *next = stored.clone();
                is_changed = true;
            }
            _ => {}
        }
    }
    Ok(is_changed)
}

fn holds_unknown(stored: &Bson, known: &Bson) -> bool {
    match (stored, known) {
        (Bson::Document(stored), Bson::Document(known)) => stored
            .iter()
            .any(|(field, stored)| known.get(field).is_none_or(|known| holds_unknown(stored, known))),
        (Bson::Array(stored), Bson::Array(known)) => elements_hold_unknown(stored, known),
        _ => false,
    }
}

fn elements_hold_unknown(stored: &Array, known: &Array) -> bool {
    stored
        .iter()
        .zip(known)
        .any(|(stored, known)| holds_unknown(stored, known))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn kept(stored: &Document, known: &Document, mut next: Document) -> Result<Document, Ambiguous> {
        keep_unknown(stored, known, &mut next).map(|_| next)
    }

    #[test]
    fn unknown_fields_survive_at_every_depth_and_known_ones_are_replaced() {
        let stored = doc! { "a": 1, "new": 2, "deep": { "b": 3, "newer": { "c": 4 } } };
        let known = doc! { "a": 1, "deep": { "b": 3 } };
        assert_eq!(
            kept(&stored, &known, doc! { "a": 5, "deep": { "b": 6 } }),
            Ok(doc! { "a": 5, "deep": { "b": 6, "newer": { "c": 4 } }, "new": 2 })
        );
    }

    #[test]
    fn an_unknown_value_stays_unless_it_is_changed() {
        let stored = doc! { "kind": "heart", "kinds": ["heart", "like"] };
        let known = doc! { "kind": "unknown", "kinds": ["unknown", "like"] };
        assert_eq!(kept(&stored, &known, known.clone()), Ok(stored.clone()));
        let next = doc! { "kind": "like", "kinds": ["like"] };
        assert_eq!(kept(&stored, &known, next.clone()), Ok(next));
    }

    #[test]
    fn a_field_that_is_removed_does_not_come_back() {
        let stored = doc! { "a": 1, "deep": { "b": 2, "new": 3 }, "list": [{ "c": 4, "new": 5 }] };
        let known = doc! { "a": 1, "deep": { "b": 2 }, "list": [{ "c": 4 }] };
        assert_eq!(kept(&stored, &known, doc! {}), Ok(doc! {}));
        let next = doc! { "deep": null, "list": [] };
        assert_eq!(kept(&stored, &known, next.clone()), Ok(next));
    }

    #[test]
    fn an_array_with_unknown_fields_may_stay_and_may_not_change() {
        let stored = doc! { "a": 1, "list": [{ "b": [{ "c": 2, "new": 3 }] }, "x"] };
        let known = doc! { "a": 1, "list": [{ "b": [{ "c": 2 }] }, "x"] };
        let mut next = known.clone();
        next.insert("a", 2);
        let expected = doc! { "a": 2, "list": stored.get_array("list").unwrap().clone() };
        assert_eq!(kept(&stored, &known, next), Ok(expected));

        let next = doc! { "a": 1, "list": [{ "b": [{ "c": 9 }] }, "x"] };
        let field = "list".to_owned();
        assert_eq!(kept(&stored, &known, next), Err(Ambiguous { field }));
    }

    #[test]
    fn an_array_without_unknown_fields_changes_as_it_likes() {
        let stored = doc! { "list": [1, 2, { "a": 1 }] };
        let next = doc! { "list": [{ "a": 2 }] };
        assert_eq!(kept(&stored, &stored.clone(), next.clone()), Ok(next));
    }
}
