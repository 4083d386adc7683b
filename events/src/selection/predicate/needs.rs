//! The fields that a condition needs, from its source, so that no others have to be decoded.

use std::collections::BTreeSet;

use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Pattern, Term},
    },
    ops::Cmp,
    path::Part,
};
use memchr::memmem::{self, Finder};

/// The needs of a condition.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// The needed fields of the event, or all.
    fields: Option<BTreeSet<String>>,
    /// Texts that a body must contain to fulfil it.
    texts: Vec<Finder<'static>>,
}

impl Needs {
    /// The needs of `condition`; everything if they cannot be determined.
    pub(super) fn of(condition: &Term<&str>) -> Self {
        let mut texts = Vec::new();
        collect_texts(condition, &mut texts);
        Self {
            fields: fields(condition),
            texts,
        }
    }

    /// Whether the field is needed.
    pub(super) fn field(&self, name: &str) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(name))
    }

    /// Whether `body` may fulfil the condition.
    pub(super) fn may_hold(&self, body: &[u8]) -> bool {
        // JSON may write any character as `\u…`, and a slash as `\/`: then only a parser can decide. Its other escapes
        // encode characters that no such text contains.
        let is_there = |text: &Finder<'_>| text.find(body).is_some();
        self.texts.iter().all(is_there)
            || memmem::find(body, b"\\u").is_some()
            || memmem::find(body, b"\\/").is_some()
    }
}

/// The fields of its input that a term depends on; `None` for all of them. A term for which it is `Some` cannot have
/// the whole input as its output either, so what follows behind a pipe adds nothing.
fn fields(term: &Term<&str>) -> Option<BTreeSet<String>> {
    let none = || Some(BTreeSet::new());
    match term {
        Term::Num(_) | Term::Var(_) | Term::Break(_) | Term::Arr(None) => none(),
        Term::Str(_, parts) => union(parts.iter().map(|part| match part {
            StrPart::Term(term) => fields(term),
            StrPart::Str(_) | StrPart::Char(_) => none(),
        })),
        Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => fields(inner),
        Term::Obj(entries) => union(entries.iter().map(|(name, value)| {
            // `{type}` stands for `{type: .type}`.
            union([fields(name), value.as_ref().and_then(fields)])
        })),
        Term::BinOp(left, BinaryOp::Pipe(None), _) => fields(left),
        Term::BinOp(left, BinaryOp::Pipe(Some(Pattern::Var(_))), right)
        | Term::BinOp(
            left,
            BinaryOp::Comma
            | BinaryOp::Alt
            | BinaryOp::Or
            | BinaryOp::And
            | BinaryOp::Math(_)
            | BinaryOp::Cmp(_),
            right,
        ) => union([fields(left), fields(right)]),
        Term::TryCatch(inner, handler) => union([
            fields(inner),
            handler.as_ref().map_or_else(none, |handler| fields(handler)),
        ]),
        Term::IfThenElse(branches, Some(otherwise)) => {
            let branches = branches
                .iter()
                .flat_map(|(condition, then)| [fields(condition), fields(then)]);
            union(branches.chain([fields(otherwise)]))
        }
        Term::Call("true" | "false" | "null" | "empty" | "now", arguments) if arguments.is_empty() => none(),
        Term::Path(head, path) => of_path(head, &path.0),
        _ => None,
    }
}

fn of_path<O>(head: &Term<&str>, parts: &[(Part<Term<&str>>, O)]) -> Option<BTreeSet<String>> {
    let (first, rest) = match (head, parts) {
        (Term::Id, [(Part::Index(name), _), rest @ ..]) => (Some(BTreeSet::from([literal(name)?])), rest),
        (Term::Id, _) => return None,
        (other, parts) => (fields(other), parts),
    };
    // An index in brackets is evaluated on the whole input.
    let inner = rest.iter().flat_map(|(part, _)| match part {
        Part::Index(index) => [Some(index), None],
        Part::Range(from, to) => [from.as_ref(), to.as_ref()],
    });
    union([first].into_iter().chain(inner.flatten().map(fields)))
}

fn union(sets: impl IntoIterator<Item = Option<BTreeSet<String>>>) -> Option<BTreeSet<String>> {
    sets.into_iter().try_fold(BTreeSet::new(), |mut all, set| {
        all.extend(set?);
        Some(all)
    })
}

/// The text of a string without interpolation.
fn literal(term: &Term<&str>) -> Option<String> {
    match term {
        Term::Str(None, parts) => parts
            .iter()
            .map(|part| match part {
                StrPart::Str(text) => Some((*text).to_owned()),
                StrPart::Char(c) => Some(c.to_string()),
                StrPart::Term(_) => None,
            })
            .collect(),
        _ => None,
    }
}

/// Each `.data… == "text"` in `a and b and …` requires a body with that text.
fn collect_texts(term: &Term<&str>, texts: &mut Vec<Finder<'static>>) {
    match term {
        Term::BinOp(left, BinaryOp::And, right) => {
            collect_texts(left, texts);
            collect_texts(right, texts);
        }
        Term::BinOp(left, BinaryOp::Cmp(Cmp::Eq), right) => {
            let text = match (is_of_body(left), is_of_body(right)) {
                (true, false) => literal(right),
                (false, true) => literal(left),
                _ => None,
            };
            let plain = |text: &String| {
                !text.is_empty() && !text.contains(|c: char| c.is_control() || "\"\\".contains(c))
            };
            texts.extend(
                text.filter(plain)
                    .map(|text| Finder::new(text.as_bytes()).into_owned()),
            );
        }
        _ => {}
    }
}

/// Whether it is a path into the body and nothing else.
fn is_of_body(term: &Term<&str>) -> bool {
    let Term::Path(head, path) = term else {
        return false;
    };
    let names: Option<Vec<String>> = path
        .0
        .iter()
        .map(|(part, _)| match part {
            Part::Index(name) => literal(name),
            Part::Range(None, None) => Some(String::new()),
            Part::Range(..) => None,
        })
        .collect();
    matches!(**head, Term::Id) && names.is_some_and(|names| names.len() > 1 && names[0] == "data")
}

#[cfg(test)]
mod tests {
    use jaq_core::load::parse;

    use super::*;

    fn needs(source: &str) -> Needs {
        Needs::of(&parse(source, |parser| parser.term()).unwrap())
    }

    fn needed(source: &str) -> Option<Vec<String>> {
        needs(source).fields.map(|fields| fields.into_iter().collect())
    }

    #[test]
    fn only_named_fields_are_needed() {
        let some = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(needed(".version > 3"), some(&["version"]));
        assert_eq!(needed(".type == \"x\" and .data.title"), some(&["data", "type"]));
        assert_eq!(needed(".data.content.title | test(\"x\")"), some(&["data"]));
        assert_eq!(needed("[.data.tags[]?] | any(. == \"go\")"), some(&["data"]));
        assert_eq!(needed(".data[.version]"), some(&["data", "version"]));
        assert_eq!(
            needed(".version as $v | .data.n == $v"),
            some(&["data", "version"])
        );
        assert_eq!(needed("if .id then .time else false end"), some(&["id", "time"]));
        assert_eq!(needed(".[\"type\"]"), some(&["type"]));
        for all in [
            ".",
            "..",
            "select(.type == \"x\") | .data",
            "keys",
            ".[]",
            "{type}",
            "if .id then 1 end",
            ".[.type]",
        ] {
            assert_eq!(needed(all), None, "{all}");
        }
    }

    #[test]
    fn a_body_without_the_text_is_skipped() {
        let one = needs(".data.title == \"Hello\" and .version > 1");
        assert!(one.may_hold(br#"{"title":"Hello"}"#));
        assert!(!one.may_hold(br#"{"title":"Hallo"}"#));
        assert!(
            one.may_hold(br#"{"title":"\u0048ello"}"#),
            "an escape may stand for anything"
        );
        for undecided in [
            ".data.title == \"a\\nb\"",
            ".data.title != \"x\"",
            ".data.a == \"x\" or .data.b",
            ".x == \"y\"",
        ] {
            assert!(needs(undecided).may_hold(b"{}"), "{undecided}");
        }
    }
}
