//! Fields of a stored state that this release does not know.
//!
//! During a rolling deployment an older replica changes documents of a newer one. It must not erase the fields that
//! its own types dropped when it read the document. A field is unknown if it is in the document and not in the
//! serialised form of what was read from it. A value is unknown if it differs there, such as that of an enum which
//! reads as `serde(other)`.

use mongodb::bson::{Array, Bson, Document};

/// Why a state cannot be stored by this release.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unmergeable {
    /// An array of which this release knows only a part of an element was changed: where does the rest belong?
    #[error("`{0}` holds unknown fields or values and is to be changed")]
    Ambiguous(String),
    /// Together with its unknown fields the state reads differently.
    #[error("its unknown fields contradict the change")]
    Contradiction,
}

/// The document for `next` with everything in `stored` that this release does not know; `None` if there is no such
/// thing. `known` is what this release has read of `stored`, and `reads_as` whether a document reads as a state.
pub(super) fn merge(
    stored: &Document,
    known: &Document,
    next: &Document,
    reads_as: impl Fn(&Document, &Document) -> bool,
) -> Result<Option<Document>, Unmergeable> {
    let merged = with_unknown(stored, known, next)?;
    if merged.as_ref().is_none_or(|merged| reads_as(merged, next)) {
        return Ok(merged);
    }
    // A field that this release reads under another name (`serde(alias)`) is not unknown.
    let mut stored = stored.clone();
    for path in unknown_paths(&stored, known) {
        let mut both = known.clone();
        if let Some(value) = remove(&mut stored, &path) {
            insert(&mut both, &path, value.clone());
            if reads_as(&both, known) {
                insert(&mut stored, &path, value);
            }
        }
    }
    let merged = with_unknown(&stored, known, next)?;
    if merged.as_ref().is_none_or(|merged| reads_as(merged, next)) {
        Ok(merged)
    } else {
        Err(Unmergeable::Contradiction)
    }
}

fn with_unknown(
    stored: &Document,
    known: &Document,
    next: &Document,
) -> Result<Option<Document>, Unmergeable> {
    let mut merged = next.clone();
    Ok(keep_unknown(stored, known, &mut merged)?.then_some(merged))
}

/// The paths of the fields, outside of arrays, that are in `stored` and not in `known`.
fn unknown_paths(stored: &Document, known: &Document) -> Vec<Vec<String>> {
    let below = |(field, stored): (&String, &Bson)| match (stored, known.get(field)) {
        (_, None) => vec![vec![field.clone()]],
        (Bson::Document(stored), Some(Bson::Document(known))) => {
            let mut paths = unknown_paths(stored, known);
            paths.iter_mut().for_each(|path| path.insert(0, field.clone()));
            paths
        }
        _ => Vec::new(),
    };
    stored.iter().flat_map(below).collect()
}

fn remove(document: &mut Document, path: &[String]) -> Option<Bson> {
    match path {
        [field] => document.remove(field),
        [field, below @ ..] => remove(document.get_document_mut(field).ok()?, below),
        [] => None,
    }
}

fn insert(document: &mut Document, path: &[String], value: Bson) {
    match path {
        [field] => {
            document.insert(field, value);
        }
        [field, below @ ..] => {
            if let Ok(document) = document.get_document_mut(field) {
                insert(document, below, value);
            }
        }
        [] => {}
    }
}

/// Adds to `next` what is in `stored` and not in `known`, the part of `stored` that this release knows; a value that
/// `next` does not change stays as it is stored. Returns whether that makes a difference. What belongs to an object that
/// `next` removes is removed with it.
fn keep_unknown(stored: &Document, known: &Document, next: &mut Document) -> Result<bool, Unmergeable> {
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
                    return Err(Unmergeable::Ambiguous(field.clone()));
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
        (stored, known) => stored != known && !are_equal_numbers(stored, known),
    }
}

fn elements_hold_unknown(stored: &Array, known: &Array) -> bool {
    let mut pairs = stored.iter().zip(known);
    stored.len() != known.len() || pairs.any(|(stored, known)| holds_unknown(stored, known))
}

/// The database's shell and operators change the type of numbers.
fn are_equal_numbers(a: &Bson, b: &Bson) -> bool {
    let number = |value: &Bson| match *value {
        Bson::Int32(number) => Some(f64::from(number)),
        Bson::Int64(number) => Some(number as f64),
        Bson::Double(number) => Some(number),
        _ => None,
    };
    number(a).is_some() && number(a) == number(b)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{deserialize_from_document, doc, serialize_to_document};
    use serde::{Deserialize, Serialize};

    use super::*;

    fn kept(stored: &Document, known: &Document, next: Document) -> Result<Document, Unmergeable> {
        let merged = merge(stored, known, &next, |_, _| true)?;
        Ok(merged.unwrap_or(next))
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
        let next = doc! { "kind": "like", "kinds": [] };
        assert_eq!(kept(&stored, &known, next.clone()), Ok(next));
    }

    #[test]
    fn an_array_with_unknown_values_may_stay_and_may_not_change() {
        for (stored, known) in [
            (
                doc! { "kinds": ["heart", "like"] },
                doc! { "kinds": ["unknown", "like"] },
            ),
            (
                doc! { "kinds": [{ "kind": "heart" }] },
                doc! { "kinds": [{ "kind": "unknown" }] },
            ),
            (doc! { "kinds": ["like", "heart"] }, doc! { "kinds": ["like"] }),
        ] {
            assert_eq!(kept(&stored, &known, known.clone()), Ok(stored.clone()));
            let mut next = known.clone();
            next.get_array_mut("kinds").unwrap().push("like".into());
            let refused = Unmergeable::Ambiguous("kinds".to_owned());
            assert_eq!(kept(&stored, &known, next), Err(refused));
        }
        let (stored, known) = (doc! { "list": [1_i32] }, doc! { "list": [1_i64] });
        let next = doc! { "list": [2_i64] };
        assert_eq!(kept(&stored, &known, next.clone()), Ok(next));
    }

    #[derive(Serialize, Deserialize)]
    struct Renamed {
        #[serde(alias = "old")]
        new: i64,
        inner: Inner,
    }

    #[derive(Serialize, Deserialize)]
    struct Inner {
        #[serde(alias = "old")]
        new: i64,
    }

    fn read(document: &Document) -> Result<Document, mongodb::bson::error::Error> {
        serialize_to_document(&deserialize_from_document::<Renamed>(document.clone())?)
    }

    #[test]
    fn a_field_that_is_read_under_another_name_is_known() {
        let stored = doc! { "old": 1_i64, "newer": 2, "inner": { "old": 3_i64, "newer": 4 } };
        let reads_as =
            |document: &Document, state: &Document| read(document).is_ok_and(|read| read == *state);
        let known = read(&stored).unwrap();
        let next = doc! { "new": 5_i64, "inner": { "new": 6_i64 } };
        let expected = doc! { "new": 5_i64, "inner": { "new": 6_i64, "newer": 4 }, "newer": 2 };
        assert_eq!(merge(&stored, &known, &next, reads_as), Ok(Some(expected)));
    }

    #[test]
    fn unknown_fields_that_change_what_is_read_are_not_dropped() {
        let (stored, known) = (doc! { "a": 1, "newer": 2 }, doc! { "a": 1 });
        let next = doc! { "a": 2 };
        // As if `newer` decided how `a` is read, unless `a` is 1.
        let reads_as = |document: &Document, state: &Document| {
            document == state || *state == known && document.get_i32("a").is_ok_and(|a| a == 1)
        };
        assert_eq!(
            merge(&stored, &known, &next, reads_as),
            Err(Unmergeable::Contradiction)
        );
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
        let refused = Unmergeable::Ambiguous("list".to_owned());
        assert_eq!(kept(&stored, &known, next), Err(refused));
    }

    #[test]
    fn an_array_without_unknown_fields_can_change() {
        let stored = doc! { "list": [1, 2, { "a": 1 }] };
        let next = doc! { "list": [{ "a": 2 }] };
        assert_eq!(kept(&stored, &stored.clone(), next.clone()), Ok(next));
    }
}
