//! The rules as one plain form: each list a block of fields, its entries a text of one per line, and after the last
//! list an empty block for another one.

use crate::{
    api::{
        Trouble,
        rules::{
            Action, CapitalsRule, DomainList, FirstCommentRule, LinkRule, PhraseList, RepeatRule, RuleSet,
        },
    },
    failure::Failure,
    forms::Form,
};

/// More blocks than the rules may have lists of a kind: one too many is told by the service.
const MAX_BLOCKS: usize = 60;

/// The kinds of lists, as their fields' names begin.
pub const PHRASES: &str = "phrases";
pub const DOMAINS: &str = "domains";

/// Fields that are alone, as the service names them and as the form does.
const SINGLE: [(&str, &str); 7] = [
    ("links.max", "links-max"),
    ("repeated_text.max", "repeated-max"),
    ("repeated_text.min_length", "repeated-length"),
    ("first_comment.account_age_hours", "first-hours"),
    ("capitals.min_length", "capitals-length"),
    ("report_threshold", "report-threshold"),
    ("note", "note"),
];

/// A block of fields: one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    kind: &'static str,
    index: usize,
}

impl Block {
    /// The name of one of its fields.
    pub fn field(&self, field: &str) -> String {
        format!("{}-{}-{field}", self.kind, self.index)
    }

    /// What stands above it.
    pub fn title(&self, form: &Form) -> String {
        match form.given(&self.field("name")) {
            Some(name) => name.to_owned(),
            None => "New list".to_owned(),
        }
    }

    /// Whether something stands in it.
    pub fn is_filled(&self, form: &Form) -> bool {
        form.given(&self.field("name")).is_some() || form.given(&self.field("entries")).is_some()
    }
}

/// The blocks of a kind that the form has; the last one is empty, for another list.
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

/// The form that shows `rules`, to be sent for `version`.
pub fn filled(rules: &RuleSet, version: u64) -> Form {
    let mut form = Form::new().with("version", version.to_string());
    for (index, list) in rules.phrases.iter().enumerate() {
        let block = Block { kind: PHRASES, index };
        form = with_list(
            form,
            &block,
            (&list.name, list.action, &list.reason),
            &list.phrases,
        );
    }
    for (index, list) in rules.domains.iter().enumerate() {
        let block = Block { kind: DOMAINS, index };
        form = with_list(
            form,
            &block,
            (&list.name, list.action, &list.reason),
            &list.domains,
        );
    }
    let numbers = [
        ("links-max", rules.links.max),
        ("repeated-max", rules.repeated_text.max),
        ("repeated-length", rules.repeated_text.min_length),
        ("first-hours", rules.first_comment.account_age_hours),
        ("capitals-length", rules.capitals.min_length),
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
    ];
    actions
        .into_iter()
        .fold(form, |form, (name, action)| form.with(name, action.as_str()))
}

fn with_list(
    form: Form,
    block: &Block,
    (name, action, reason): (&str, Action, &Option<String>),
    entries: &[String],
) -> Form {
    form.with(&block.field("name"), name)
        .with(&block.field("action"), action.as_str())
        .with(&block.field("reason"), reason.as_deref().unwrap_or_default())
        .with(&block.field("entries"), entries.join("\n"))
}

/// The rules that a form says, and which of its blocks each list came from.
#[derive(Debug)]
pub struct Read {
    pub rules: RuleSet,
    phrases: Vec<Block>,
    domains: Vec<Block>,
}

/// What the form says; `None` if a number or a choice in it is none, which is then told beside it.
pub fn read(form: &mut Form) -> Option<Read> {
    let (phrases, phrase_lists) = lists(form, PHRASES);
    let (domains, domain_lists) = lists(form, DOMAINS);
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
        report_threshold: number(form, "report-threshold"),
    };
    (!form.is_refused()).then_some(Read {
        rules,
        phrases,
        domains,
    })
}

struct List {
    name: String,
    action: Action,
    reason: Option<String>,
    entries: Vec<String>,
}

/// The lists of a kind, without the blocks that are empty or to be taken away.
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

/// Zero where it is none; nobody sees that, since the form is refused then.
fn number(form: &mut Form, name: &str) -> u32 {
    if let Some(number) = form.given(name).and_then(|text| text.parse().ok()) {
        return number;
    }
    form.refuse_field(name, "enter a whole number, 0 or greater");
    0
}

fn action(form: &mut Form, name: &str) -> Action {
    if let Some(action) = Action::named(form.value(name)) {
        return action;
    }
    form.refuse_field(name, "select an action");
    Action::Off
}

impl Read {
    /// Takes over why the rules were refused: each message beside the field that it is about.
    ///
    /// # Errors
    /// What no correction of the form would help.
    pub fn refuse(&self, form: &mut Form, trouble: Trouble) -> Result<(), Failure> {
        let problem = match trouble {
            Trouble::Problem(problem, _) if problem.status == 422 && !problem.errors.is_empty() => problem,
            other => return form.take(other, &["note"]),
        };
        for error in &problem.errors {
            let path = error.field.as_deref().unwrap_or_default();
            let path = path.strip_prefix("rules.").unwrap_or(path);
            match self.place(path) {
                Some((field, None)) => form.refuse_field(&field, &error.message),
                Some((field, Some(entry))) => {
                    form.refuse_field(&field, &format!("“{entry}” {}", error.message));
                }
                None if path.is_empty() => form.refuse(&error.message),
                None => form.refuse(&format!("{path} {}", error.message)),
            }
        }
        Ok(())
    }

    /// The field of the form for a path such as `phrases[1].phrases[3]`, and the entry of it.
    fn place(&self, path: &str) -> Option<(String, Option<&str>)> {
        if let Some((_, field)) = SINGLE.iter().find(|(name, _)| *name == path) {
            return Some(((*field).to_owned(), None));
        }
        let (kind, rest) = path.split_once('[')?;
        let (index, field) = rest.split_once("].")?;
        let index: usize = index.parse().ok()?;
        let (block, entries) = match kind {
            PHRASES => (self.phrases.get(index)?, &self.rules.phrases.get(index)?.phrases),
            DOMAINS => (self.domains.get(index)?, &self.rules.domains.get(index)?.domains),
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
