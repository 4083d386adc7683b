//! Addresses and display names of what the read side returns.

use common::{
    api::query::{Author, Neighbour, PostSummary, Profile},
    ids::PostId,
};

use crate::url::segment;

/// Something that has a page.
pub trait PagePath {
    /// The path of the page.
    fn path(&self) -> String;
}

impl PagePath for PostSummary {
    fn path(&self) -> String {
        post_path(self.slug.as_deref(), self.id)
    }
}

impl PagePath for Neighbour {
    fn path(&self) -> String {
        post_path(self.slug.as_deref(), self.id)
    }
}

impl PagePath for Author {
    fn path(&self) -> String {
        user_path(&self.username)
    }
}

impl PagePath for Profile {
    fn path(&self) -> String {
        user_path(&self.username)
    }
}

/// A user with a display name.
pub trait DisplayName {
    /// The display name; the user name if it is empty.
    fn display_name(&self) -> &str;
}

impl DisplayName for Author {
    fn display_name(&self) -> &str {
        or_username(&self.name, &self.username)
    }
}

impl DisplayName for Profile {
    fn display_name(&self) -> &str {
        or_username(&self.name, &self.username)
    }
}

fn or_username<'a>(name: &'a str, username: &'a str) -> &'a str {
    if name.trim().is_empty() { username } else { name }
}

fn user_path(username: &str) -> String {
    format!("/@{}", segment(username))
}

fn post_path(slug: Option<&str>, id: PostId) -> String {
    match slug {
        Some(slug) => format!("/p/{}", segment(slug)),
        None => format!("/p/{id}"),
    }
}
