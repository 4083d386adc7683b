//! Names of event types on the command line.

use common::event::{EventType, event_types};

use crate::{failure::Failure, output::short_type};

/// The event type `name`: `blog.post.published.v1`, `post.published.v1`, or `post.published` for the current version.
///
/// # Errors
/// If there is no such type.
pub fn find(name: &str) -> Result<&'static EventType, Failure> {
    let short = short_type(name);
    let exact = event_types().iter().find(|one| short_type(one.name) == short);
    let stem = |one: &EventType| format!("{}.{}", one.aggregate.as_str(), one.fact);
    let current = event_types().iter().find(|one| one.current && stem(one) == short);
    exact.or(current).ok_or_else(|| {
        let alike: Vec<&str> = event_types()
            .iter()
            .filter(|one| one.aggregate.as_str() == short || one.fact == short)
            .map(|one| one.name)
            .collect();
        let hint = if alike.is_empty() {
            "`events types` lists them".to_owned()
        } else {
            format!("there are {}", alike.join(", "))
        };
        Failure::NotFound(format!("there is no type `{name}`; {hint}"))
    })
}
