//! The names that a Rust file mentions: paths, methods, fields and texts, each with its line; tests excluded.
//!
//! Items come from the parser; their names from the tokens, so that the arguments of macros count, too.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, File, Ident, Item, LitStr, UseTree};

#[derive(Debug)]
pub(super) struct Mention {
    pub(super) line: usize,
    pub(super) name: Name,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `a::b::C`, of an import or in code. Paths in this crate begin with `crate` where that can be known.
    Path(Vec<String>),
    /// A method call with the name before it: `nats` of `self.nats.publish()`.
    Method {
        name: String,
        receiver: String,
    },
    Field(String),
    /// A string literal.
    Text(String),
}

impl Name {
    /// The elements of a path; none of other names.
    pub(super) fn path(&self) -> &[String] {
        match self {
            Self::Path(path) => path,
            _ => &[],
        }
    }

    /// Whether it is a path that begins like this.
    pub(super) fn starts_with(&self, start: &[&str]) -> bool {
        self.path().len() >= start.len() && self.path().iter().zip(start).all(|(a, b)| a == b)
    }
}

/// What `file` mentions, which contains the module of this path.
pub(super) fn mentions(file: &File, module: &[String]) -> Vec<Mention> {
    let mut reader = Reader {
        module: module.to_vec(),
        children: child_modules(file),
        found: Vec::new(),
    };
    reader.items(&file.items);
    reader.found
}

/// The modules that the file declares, tests excluded.
pub(super) fn child_modules(file: &File) -> Vec<String> {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if !is_test(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    });
    modules.collect()
}

/// Every path of a `use` with the name that it gets; a glob ends with `*`.
pub(super) fn imported(tree: &UseTree) -> Vec<(Vec<String>, String, Span)> {
    let leaf = |name: String, alias: &str, span: Span| vec![(vec![name], alias.to_owned(), span)];
    match tree {
        UseTree::Path(path) => {
            let mut inner = imported(&path.tree);
            inner
                .iter_mut()
                .for_each(|(path_, ..)| path_.insert(0, path.ident.to_string()));
            inner
        }
        UseTree::Name(name) => leaf(name.ident.to_string(), &name.ident.to_string(), name.ident.span()),
        UseTree::Rename(name) => leaf(
            name.ident.to_string(),
            &name.rename.to_string(),
            name.ident.span(),
        ),
        UseTree::Glob(glob) => leaf("*".to_owned(), "*", glob.star_token.spans[0]),
        UseTree::Group(group) => group.items.iter().flat_map(imported).collect(),
    }
}

/// The path in the crate, if the path begins with `crate`, `self`, `super` or a child module.
pub(super) fn absolute(path: &[String], module: &[String], children: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let first = path.first().map(String::as_str).unwrap_or_default();
    let is_child = path.len() > 1 && children.iter().any(|child| child == first);
    if !is_child && first != "self" && first != "super" {
        return path.to_vec();
    }
    for element in path {
        match element.as_str() {
            "self" => {}
            "super" => drop(base.pop()),
            _ => base.push(element.clone()),
        }
    }
    base
}

struct Reader {
    module: Vec<String>,
    children: Vec<String>,
    found: Vec<Mention>,
}

impl Reader {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Mod(item) if is_test(&item.attrs) => {}
                Item::Use(item) if is_test(&item.attrs) => {}
                Item::Fn(item) if is_test(&item.attrs) => {}
                Item::Impl(item) if is_test(&item.attrs) => {}
                Item::Mod(item) => {
                    let inner = item.content.as_ref().map_or(&[][..], |(_, items)| items);
                    self.module.push(item.ident.to_string());
                    self.items(inner);
                    self.module.pop();
                }
                Item::Use(item) => {
                    for (path, _, span) in imported(&item.tree) {
                        self.path(&path, span);
                    }
                }
                item => self.tokens(item.to_token_stream()),
            }
        }
    }

    fn add(&mut self, at: Span, name: Name) {
        let line = at.start().line;
        self.found.push(Mention { line, name });
    }

    fn path(&mut self, path: &[String], at: Span) {
        // `super` alone is a visibility.
        if path.len() > 1 || !["crate", "self", "super"].contains(&path[0].as_str()) {
            let path = absolute(path, &self.module, &self.children);
            self.add(at, Name::Path(path));
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mark = |index: usize| match tokens.get(index) {
            Some(TokenTree::Punct(mark)) => mark.as_char(),
            _ => ' ',
        };
        let (mut path, mut last) = (Vec::new(), String::new());
        for (index, token) in tokens.iter().enumerate() {
            let before = |distance: usize| index.checked_sub(distance).map_or(' ', mark);
            match token {
                TokenTree::Ident(ident) => {
                    let (name, span) = (ident.to_string(), ident.span());
                    let receiver = std::mem::replace(&mut last, name.clone());
                    if before(1) == '.' && before(2) != '.' {
                        let member = match is_call(&tokens[index + 1..]) {
                            true => Name::Method { name, receiver },
                            false => Name::Field(name),
                        };
                        self.add(span, member);
                        continue;
                    }
                    path.push(name);
                    let next_is_name = matches!(tokens.get(index + 3), Some(TokenTree::Ident(_)));
                    if (mark(index + 1), mark(index + 2), next_is_name) != (':', ':', true) {
                        self.path(&std::mem::take(&mut path), span);
                    }
                }
                // Not documentation, which is an attribute, too.
                TokenTree::Group(group)
                    if before(1) != '#' || !group.stream().to_string().starts_with("doc ") =>
                {
                    self.tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.add(literal.span(), Name::Text(text.value()));
                    }
                }
                TokenTree::Group(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// `(…)` or `::<…>(…)`.
fn is_call(after: &[TokenTree]) -> bool {
    match after.first() {
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
        Some(TokenTree::Punct(mark)) => mark.as_char() == ':',
        _ => false,
    }
}

/// `#[cfg(test)]`
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let argument = attribute.parse_args::<Ident>();
        attribute.path().is_ident("cfg") && argument.is_ok_and(|argument| argument == "test")
    })
}
