//! The names in a piece of code, each with what stands before and after it. No parser: what the rules ask
//! can be told from the neighbours.

/// A name in the code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
    before: &'a str,
    after: &'a str,
}

impl<'a> Word<'a> {
    /// `axum` in `axum::Router` and `use axum;`: the name of a crate or of a module in scope.
    pub(super) fn starts_path(&self) -> bool {
        !self.before.ends_with("::") && (self.follows("::") || self.before.ends_with("use"))
    }

    /// An element of a path, at whichever place.
    pub(super) fn in_path(&self) -> bool {
        self.before.ends_with("::") || self.follows("::") || self.before.ends_with("use")
    }

    /// `.insert_one(`
    pub(super) fn is_method_call(&self) -> bool {
        self.before.ends_with('.') && (self.follows("(") || self.follows("::<"))
    }

    pub(super) fn follows(&self, mark: &str) -> bool {
        self.after.starts_with(mark)
    }

    /// `store` in `state.store.find()`
    pub(super) fn is_field(&self) -> bool {
        self.before.ends_with('.') && !self.is_method_call()
    }

    /// In `self.nats.publish(`, for `publish`: `nats`. In `client().publish(`: `client`.
    pub(super) fn receiver(&self) -> &'a str {
        let before = self.before.trim_end_matches(['.', '?', ' ', '\n', '(', ')']);
        let start = before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        &before[start..]
    }

    /// `store` in `use crate::{app, store};`
    pub(super) fn is_group_member(&self) -> bool {
        let between = self.before.ends_with(['{', ',']) && (self.follows(",") || self.follows("}"));
        between && self.imported().is_some()
    }

    /// What the path begins with: `common` for `store` in `use common::{ids::X, store::Y};` and in
    /// `common::store::Y`.
    pub(super) fn root(&self) -> Option<&'a str> {
        let path = self
            .before
            .rsplit(|c: char| !is_word(c) && c != ':')
            .next()
            .unwrap_or_default();
        let written = path.split("::").next().filter(|first| !first.is_empty());
        self.imported().or(written)
    }

    /// The first name of the `use` this one is part of.
    fn imported(&self) -> Option<&'a str> {
        let statement = self.before.rsplit(';').next().unwrap_or_default();
        let start = statement.rfind("use ").map_or("", |at| &statement[at + 4..]);
        // A brace that closes before this name means that the `use` has ended, or never was one.
        let open = start.matches('{').count().checked_sub(start.matches('}').count());
        start
            .split(|c| !is_word(c))
            .next()
            .filter(|first| open.is_some() && !first.is_empty())
    }

    /// `now` in `Timestamp::now`
    pub(super) fn is_associated(&self) -> bool {
        self.before.ends_with("::")
    }

    /// In `Timestamp::now()`, for `now`: `Timestamp`.
    pub(super) fn receiver_type(&self) -> &'a str {
        let before = self.before.trim_end_matches(':');
        let start = before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        &before[start..]
    }

    /// In `super::super::x`, for the second `super`: 1.
    pub(super) fn supers_before(&self) -> usize {
        let mut before = self.before;
        let mut count = 0;
        while let Some(rest) = before
            .strip_suffix("::")
            .and_then(|rest| rest.trim_end().strip_suffix("super"))
        {
            (before, count) = (rest.trim_end(), count + 1);
        }
        count
    }

    /// In `crate::{ids, event::X}`, for `crate`: `ids`, `event`. In `crate::ids::X`: `ids`.
    pub(super) fn children(&self) -> Vec<&'a str> {
        let Some(rest) = self.after.strip_prefix("::") else {
            return Vec::new();
        };
        let rest = rest.trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            return rest
                .split(|c| !is_word(c))
                .next()
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect();
        };
        let (mut depth, mut fresh, mut found) = (0, true, Vec::new());
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => fresh = true,
                c if fresh && is_word(c) => {
                    found.push(group[at..].split(|c| !is_word(c)).next().unwrap_or_default());
                    fresh = false;
                }
                _ => {}
            }
        }
        found
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All of them, from the top.
pub(super) fn words(code: &str) -> impl Iterator<Item = Word<'_>> {
    let (mut at, mut line) = (0, 1);
    std::iter::from_fn(move || {
        let start = at + code[at..].find(is_word)?;
        line += code[at..start].matches('\n').count();
        let end = start + code[start..].find(|c| !is_word(c)).unwrap_or(code.len() - start);
        at = end;
        let (before, after) = (code[..start].trim_end(), code[end..].trim_start());
        Some(Word {
            text: &code[start..end],
            line,
            before,
            after,
        })
    })
}
