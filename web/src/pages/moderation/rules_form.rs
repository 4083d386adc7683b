//! The rules as a plain form: a block of fields for each list, with one entry per line, and an empty block for a new list.

use common::api::moderation::{
    Action, CapitalsRule, DomainList, FirstCommentRule, LinkRule, PhraseList, PostRules, RepeatRule, RuleSet,
};

use crate::{api::ApiError, error::PageError, forms::Form};

/// More than the allowed number of lists of a kind, so that the service reports the error.
const MAX_BLOCKS: usize = 60;

/// The kinds of lists: the prefixes of their fields.
pub const PHRASES: &str = "phrases";
pub const DOMAINS: &str = "domains";

/// The fields outside of lists: the path in the API and the name in the form.
const SINGLE_FIELDS: [(&str, &str); 9] = [
    ("links.max", "links-max"),
    ("repeated_text.max", "repeated-max"),
    ("repeated_text.min_length", "repeated-length"),
    ("first_comment.account_age_hours", "first-hours"),
    ("capitals.min_length", "capitals-length"),
    ("posts.links.max", "post-links-max"),
    ("posts.capitals.min_length", "post-capitals-length"),
    ("report_threshold", "report-threshold"),
    ("note", "note"),
];

/// The fields of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    kind: &'static str,
    index: usize,
}

impl Block {
    /// The name of a field.
    pub fn field(&self, field: &str) -> String {
        format!("{}-{}-{field}", self.kind, self.index)
    }

    /// The heading.
    pub fn title(&self, form: &Form) -> String {
        match form.given(&self.field("name")) {
            Some(name) => name.to_owned(),
            None => "New list".to_owned(),
        }
    }

    /// Whether a field has a value.
    pub fn is_filled(&self, form: &Form) -> bool {
        form.given(&self.field("name")).is_some() || form.given(&self.field("entries")).is_some()
    }
}

/// The blocks of a kind in the form. The last one is empty, for a new list.
pub fn blocks(form: &Form, kind: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = (0..MAX_BLOCKS)
        .map(|index| Block { kind, index })
        .take_while(|block| form.has(&block.field("name")))
        .collect();
    if blocks.last().is_none_or(|last| last.is_filled(form)) {
        let index = blocks.len();
        blocks.push(Block { kind, index });
    }
    blocks
}

/// The form with `rules`, to be submitted for `version`.
pub fn form_of(rules: &RuleSet, version: u64) -> Form {
    let mut form = Form::new().with("version", version.to_string());
    let phrases = rules.phrases.iter().enumerate().map(|(index, list)| {
        let block = Block { kind: PHRASES, index };
        (block, &list.name, list.action, &list.reason, &list.phrases)
    });
    let domains = rules.domains.iter().enumerate().map(|(index, list)| {
        let block = Block { kind: DOMAINS, index };
        (block, &list.name, list.action, &list.reason, &list.domains)
    });
    for (block, name, action, reason, entries) in phrases.chain(domains) {
        form = form
            .with(&block.field("name"), name)
            .with(&block.field("action"), action.as_str())
            .with(&block.field("reason"), reason.as_deref().unwrap_or_default())
            .with(&block.field("entries"), entries.join("\n"));
    }
    let numbers = [
        ("links-max", rules.links.max),
        ("repeated-max", rules.repeated_text.max),
        ("repeated-length", rules.repeated_text.min_length),
        ("first-hours", rules.first_comment.account_age_hours),
        ("capitals-length", rules.capitals.min_length),
        ("post-links-max", rules.posts.links.max),
        ("post-capitals-length", rules.posts.capitals.min_length),
        ("report-threshold", rules.report_threshold),
    ];
    for (name, number) in numbers {
        form = form.with(name, number.to_string());
    }
    let actions = [
        ("links-action", rules.links.action),
        ("repeated-action", rules.repeated_text.action),
        ("first-action", rules.first_comment.action),
        ("capitals-action", rules.capitals.action),
        ("post-links-action", rules.posts.links.action),
        ("post-capitals-action", rules.posts.capitals.action),
    ];
    for (name, action) in actions {
        form = form.with(name, action.as_str());
    }
    form
}

/// The submitted rules, and the block of each list.
#[derive(Debug)]
pub struct Parsed {
    pub rules: RuleSet,
    pub blocks: ListBlocks,
}

/// The blocks of the submitted lists, in their order.
#[derive(Debug)]
pub struct ListBlocks {
    phrases: Vec<Block>,
    domains: Vec<Block>,
}

/// Parses the form; `None`, with errors in the form, if a number or an action is invalid.
pub fn parse(form: &mut Form) -> Option<Parsed> {
    let (phrase_blocks, phrase_lists) = lists(form, PHRASES);
    let (domain_blocks, domain_lists) = lists(form, DOMAINS);
    let phrase_list = |list: List| PhraseList {
        name: list.name,
        action: list.action,
        reason: list.reason,
        phrases: list.entries,
    };
    let domain_list = |list: List| DomainList {
        name: list.name,
        action: list.action,
        reason: list.reason,
        domains: list.entries,
    };
    let rules = RuleSet {
        phrases: phrase_lists.into_iter().map(phrase_list).collect(),
        links: LinkRule {
            max: number(form, "links-max"),
            action: action(form, "links-action"),
        },
        domains: domain_lists.into_iter().map(domain_list).collect(),
        repeated_text: RepeatRule {
            max: number(form, "repeated-max"),
            min_length: number(form, "repeated-length"),
            action: action(form, "repeated-action"),
        },
        first_comment: FirstCommentRule {
            account_age_hours: number(form, "first-hours"),
            action: action(form, "first-action"),
        },
        capitals: CapitalsRule {
            min_length: number(form, "capitals-length"),
            action: action(form, "capitals-action"),
        },
        posts: PostRules {
            links: LinkRule {
                max: number(form, "post-links-max"),
                action: action(form, "post-links-action"),
            },
            capitals: CapitalsRule {
                min_length: number(form, "post-capitals-length"),
                action: action(form, "post-capitals-action"),
            },
        },
        report_threshold: number(form, "report-threshold"),
    };
    (!form.has_errors()).then_some(Parsed {
        rules,
        blocks: ListBlocks {
            phrases: phrase_blocks,
            domains: domain_blocks,
        },
    })
}

struct List {
    name: String,
    action: Action,
    reason: Option<String>,
    entries: Vec<String>,
}

/// The lists of a kind, without empty blocks and those to be removed.
fn lists(form: &mut Form, kind: &'static str) -> (Vec<Block>, Vec<List>) {
    let (mut kept, mut lists) = (Vec::new(), Vec::new());
    for block in blocks(form, kind) {
        if !block.is_filled(form) || form.has(&block.field("remove")) {
            continue;
        }
        let lines = form.value(&block.field("entries")).lines().map(str::trim);
        let entries = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        lists.push(List {
            name: form.value(&block.field("name")).trim().to_owned(),
            reason: form.given(&block.field("reason")).map(str::to_owned),
            action: action(form, &block.field("action")),
            entries,
        });
        kept.push(block);
    }
    (kept, lists)
}

/// The number in a field; adds an error and returns 0 if it is invalid.
fn number(form: &mut Form, name: &str) -> u32 {
    if let Some(number) = form.given(name).and_then(|text| text.parse().ok()) {
        return number;
    }
    form.add_error(name, "enter a whole number, 0 or greater");
    0
}

/// The action in a field; adds an error and returns `Off` if it is invalid.
fn action(form: &mut Form, name: &str) -> Action {
    if let Some(action) = Action::from_name(form.value(name)) {
        return action;
    }
    form.add_error(name, "select an action");
    Action::Off
}

impl ListBlocks {
    /// Adds the errors of the service's response to the fields that they are about. `rules` are the submitted rules.
    ///
    /// # Errors
    /// If the user cannot correct the form.
    pub fn add_api_error(&self, form: &mut Form, rules: &RuleSet, error: ApiError) -> Result<(), PageError> {
        let problem = match error {
            ApiError::Problem(problem, _) if problem.status == 422 && !problem.errors.is_empty() => problem,
            other => return form.add_api_error(other, &["note"]),
        };
        for error in &problem.errors {
            let path = error.field.as_deref().unwrap_or_default();
            let path = path.strip_prefix("rules.").unwrap_or(path);
            match self.field(rules, path) {
                Some((field, None)) => form.add_error(&field, &error.message),
                Some((field, Some(entry))) => {
                    form.add_error(&field, &format!("“{entry}” {}", error.message));
                }
                None if path.is_empty() => form.add_alert(&error.message),
                None => form.add_alert(&format!("{path} {}", error.message)),
            }
        }
        Ok(())
    }

    /// The field for a path such as `phrases[1].phrases[3]`, and the entry in it.
    fn field<'a>(&self, rules: &'a RuleSet, path: &str) -> Option<(String, Option<&'a str>)> {
        if let Some((_, field)) = SINGLE_FIELDS.iter().find(|(name, _)| *name == path) {
            return Some(((*field).to_owned(), None));
        }
        let (kind, rest) = path.split_once('[')?;
        let (index, field) = rest.split_once("].")?;
        let index: usize = index.parse().ok()?;
        let (block, entries) = match kind {
            PHRASES => (self.phrases.get(index)?, &rules.phrases.get(index)?.phrases),
            DOMAINS => (self.domains.get(index)?, &rules.domains.get(index)?.domains),
            _ => return None,
        };
        let Some((_, number)) = field.split_once('[') else {
            return Some((block.field(field), None));
        };
        let number: usize = number.trim_end_matches(']').parse().ok()?;
        Some((block.field("entries"), entries.get(number).map(String::as_str)))
    }
}

#[cfg(test)]
mod tests;
