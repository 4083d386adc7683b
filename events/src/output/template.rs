//! Items rendered by a Jinja template of the user.

use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;

use crate::failure::{Failure, chain};

const NAME: &str = "--template";

/// A template, compiled once.
pub(super) struct Template(Environment<'static>);

impl Template {
    /// Compiles it.
    pub(super) fn new(source: &str) -> Result<Self, Failure> {
        let mut environment = Environment::new();
        // Events differ in their fields: an absent field renders as nothing, at any depth.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(wrong)?;
        Ok(Self(environment))
    }

    /// The template filled with `item`.
    pub(super) fn render<T: Serialize>(&self, item: &T) -> Result<String, Failure> {
        let template = self.0.get_template(NAME).map_err(wrong)?;
        // Raw bodies have to be parsed first.
        let item = serde_json::to_value(item).map_err(|error| Failure::usage(error.to_string()))?;
        template.render(Serde(item)).map_err(wrong)
    }
}

fn wrong(error: minijinja::Error) -> Failure {
    Failure::usage(format!("the template cannot be used: {}", chain(&error)))
}
