//! The names that a Rust file mentions: paths, methods, fields and texts, each with its line; tests excluded.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ExprField, ExprMethodCall, File, Ident, Item, LitStr, Macro, Member, Token, UseTree,
    punctuated::Punctuated,
    visit::{self, Visit},
};

#[derive(Debug)]
pub(super) struct Mention {
    pub(super) line: usize,
    pub(super) name: Name,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `a::b::C`, of an import or in code. Paths in this crate begin with `crate` where that can be known.
    Path(Vec<String>),
    /// A method call with the last name of its receiver: `nats` of `self.nats.publish()`.
    Method {
        name: String,
        receiver: String,
    },
    Field(String),
    /// A string literal.
    Text(String),
    Async,
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
    let mut visitor = Visitor {
        module: module.to_vec(),
        children: child_modules(file),
        found: Vec::new(),
    };
    visitor.visit_file(file);
    visitor.found
}

/// The modules that the file declares, tests excluded.
pub(super) fn child_modules(file: &File) -> Vec<String> {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if !is_test(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    });
    modules.collect()
}

/// Every path of a `use`; a glob ends with `*`.
pub(super) fn imported(tree: &UseTree) -> Vec<(Vec<Ident>, String)> {
    match tree {
        UseTree::Path(path) => {
            let mut inner = imported(&path.tree);
            inner
                .iter_mut()
                .for_each(|(elements, _)| elements.insert(0, path.ident.clone()));
            inner
        }
        UseTree::Name(name) => vec![(vec![name.ident.clone()], name.ident.to_string())],
        UseTree::Rename(rename) => vec![(vec![rename.ident.clone()], rename.rename.to_string())],
        UseTree::Glob(glob) => {
            let star = Ident::new("__glob", glob.star_token.spans[0]);
            vec![(vec![star], "*".to_owned())]
        }
        UseTree::Group(group) => group.items.iter().flat_map(imported).collect(),
    }
}

/// The path in the crate, if the path begins with `crate`, `self`, `super` or a child module.
pub(super) fn absolute(path: &[String], module: &[String], children: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("self") => rest = &path[1..],
        Some("super") => {
            while let Some((_, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
                base.pop();
                rest = after;
            }
        }
        Some(first) if path.len() > 1 && children.iter().any(|child| child == first) => {}
        _ => return path.to_vec(),
    }
    base.extend(rest.iter().filter(|element| *element != "self").cloned());
    base
}

struct Visitor {
    module: Vec<String>,
    children: Vec<String>,
    found: Vec<Mention>,
}

impl Visitor {
    fn add(&mut self, at: proc_macro2::Span, name: Name) {
        let line = at.start().line;
        self.found.push(Mention { line, name });
    }

    fn add_path(&mut self, path: &[Ident]) {
        let names: Vec<_> = path.iter().map(ToString::to_string).collect();
        if let Some(last) = path.last() {
            let path = absolute(&names, &self.module, &self.children);
            self.add(last.span(), Name::Path(path));
        }
    }

    /// Paths, methods and texts of a macro whose arguments are not expressions.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let (mut before, mut receiver) = (String::new(), String::new());
        for token in tokens {
            let text = token.to_string();
            match token {
                TokenTree::Ident(ident) if before == "." => {
                    let name = ident.to_string();
                    let receiver = std::mem::replace(&mut receiver, name.clone());
                    self.add(ident.span(), Name::Method { name, receiver });
                }
                TokenTree::Ident(ident) => {
                    if before != "::" {
                        self.add_path(&std::mem::take(&mut path));
                    }
                    receiver = ident.to_string();
                    path.push(ident);
                }
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&text) {
                        self.add(literal.span(), Name::Text(text.value()));
                    }
                }
                TokenTree::Punct(_) => {}
            }
            before = if text == ":" && before == ":" {
                "::".to_owned()
            } else {
                text
            };
        }
        self.add_path(&path);
    }
}

impl<'a> Visit<'a> for Visitor {
    fn visit_item(&mut self, item: &'a Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        match item {
            _ if is_test(attributes) => {}
            Item::Mod(module) if module.content.is_some() => {
                self.module.push(module.ident.to_string());
                visit::visit_item(self, item);
                self.module.pop();
            }
            Item::Use(item) => {
                for (path, _) in imported(&item.tree) {
                    self.add_path(&path);
                }
            }
            _ => visit::visit_item(self, item),
        }
    }

    /// `pub(super)` uses nothing of the parent.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let elements: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.clone())
            .collect();
        self.add_path(&elements);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        let (name, receiver) = (call.method.to_string(), last_name(&call.receiver));
        self.add(call.method.span(), Name::Method { name, receiver });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'a ExprField) {
        if let Member::Named(name) = &field.member {
            self.add(name.span(), Name::Field(name.to_string()));
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.add(text.span(), Name::Text(text.value()));
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        // Documentation is an attribute, too.
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
        }
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.visit_path(&call.path);
        match call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            Ok(arguments) => {
                let mut inner = Visitor {
                    module: self.module.clone(),
                    children: self.children.clone(),
                    found: Vec::new(),
                };
                arguments.iter().for_each(|argument| inner.visit_expr(argument));
                self.found.extend(inner.found);
            }
            Err(_) => self.add_tokens(call.tokens.clone()),
        }
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        if let Some(keyword) = signature.asyncness {
            self.add(keyword.span, Name::Async);
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'a syn::ExprAsync) {
        self.add(block.async_token.span, Name::Async);
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, expression: &'a syn::ExprAwait) {
        self.add(expression.await_token.span, Name::Async);
        visit::visit_expr_await(self, expression);
    }
}

/// `nats` of `self.nats`, `client` of `client()?`.
fn last_name(expression: &Expr) -> String {
    match expression {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default(),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => name.to_string(),
            Member::Unnamed(_) => String::new(),
        },
        Expr::Call(call) => last_name(&call.func),
        Expr::MethodCall(call) => call.method.to_string(),
        Expr::Try(inner) => last_name(&inner.expr),
        Expr::Await(inner) => last_name(&inner.base),
        Expr::Paren(inner) => last_name(&inner.expr),
        Expr::Reference(inner) => last_name(&inner.expr),
        _ => String::new(),
    }
}

/// `#[cfg(test)]`
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let argument = attribute.parse_args::<Ident>();
        attribute.path().is_ident("cfg") && argument.is_ok_and(|argument| argument == "test")
    })
}
