//! The files of a crate do not import each other, directly or through others.
//!
//! A file depends on the file that defines what it names. A re-export is followed to its definition and is no
//! dependency of its own, so that a module may re-export its children and these may use each other's items.

use super::{
    mentions::{Name, absolute, child_modules, imported},
    violation::Violation,
    workspace::{Source, Workspace, module_path},
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use syn::{Item, Visibility};

const CYCLES: &str = "the files of a crate do not import each other";

pub(super) fn files_do_not_import_each_other(workspace: &Workspace) -> Vec<Violation> {
    let members = workspace.members.iter();
    let graphs = members.map(|(member, _)| Graph::new(workspace.module(member, "").collect()));
    graphs.flat_map(|graph| graph.violations()).collect()
}

/// A module of its own file.
struct Module<'a> {
    source: &'a Source,
    path: Vec<String>,
    /// The items that it defines.
    items: BTreeSet<String>,
    /// The names that it imports, with their absolute paths, and whether for others, too.
    imports: Vec<(String, Vec<String>, bool)>,
}

/// The modules of a crate and the dependencies between them, each with the line of the first one.
struct Graph<'a> {
    modules: Vec<Module<'a>>,
    by_path: HashMap<Vec<String>, usize>,
    edges: Vec<BTreeMap<usize, usize>>,
}

impl<'a> Graph<'a> {
    fn new(sources: Vec<&'a Source>) -> Self {
        let modules: Vec<_> = sources.into_iter().filter_map(Module::new).collect();
        let by_path = modules
            .iter()
            .enumerate()
            .map(|(index, module)| (module.path.clone(), index));
        let mut graph = Self {
            by_path: by_path.collect(),
            edges: Vec::new(),
            modules,
        };
        graph.edges = graph
            .modules
            .iter()
            .enumerate()
            .map(|(index, module)| graph.edges_of(index, module))
            .collect();
        graph
    }

    fn edges_of(&self, index: usize, module: &Module<'_>) -> BTreeMap<usize, usize> {
        let mut edges = BTreeMap::new();
        for mention in &module.source.mentions {
            let Name::Path(path) = &mention.name else { continue };
            let re_export = module
                .imports
                .iter()
                .any(|(_, import, public)| *public && import == path);
            if path.first().is_none_or(|first| first != "crate") || re_export {
                continue;
            }
            if let Some(target) = self
                .definition(path, &mut Vec::new())
                .filter(|target| *target != index)
            {
                edges.entry(target).or_insert(mention.line);
            }
        }
        edges
    }

    /// The file that defines what this path names.
    fn definition(&self, path: &[String], seen: &mut Vec<Vec<String>>) -> Option<usize> {
        if seen.iter().any(|earlier| earlier == path) {
            return None;
        }
        seen.push(path.to_vec());
        let lengths = (1..=path.len()).rev();
        let (length, index) = lengths
            .into_iter()
            .find_map(|length| Some((length, *self.by_path.get(&path[..length])?)))?;
        let module = &self.modules[index];
        let Some(name) = path.get(length).filter(|name| !module.items.contains(*name)) else {
            return Some(index);
        };
        let through = module
            .imports
            .iter()
            .filter_map(|(import, target, _)| match import.as_str() {
                "*" => Some([&target[..target.len() - 1], std::slice::from_ref(name)].concat()),
                import if import == name => Some(target.clone()),
                _ => None,
            });
        let definitions: Vec<_> = through.filter_map(|path| self.definition(&path, seen)).collect();
        let defines = |index: &&usize| self.modules[**index].items.contains(name);
        let best = definitions.iter().find(defines).or(definitions.first());
        best.copied().or(Some(index))
    }

    /// One for each group of files that depend on each other: its shortest cycle.
    fn violations(&self) -> Vec<Violation> {
        let cycles = (0..self.modules.len()).filter_map(|start| self.cycle_through(start));
        let mut shortest: Vec<_> = cycles.collect();
        shortest.sort_by_key(Vec::len);
        let mut covered = BTreeSet::new();
        let mut found = Vec::new();
        for cycle in shortest {
            if cycle.iter().any(|index| covered.contains(index)) {
                continue;
            }
            covered.extend(cycle.iter().copied());
            let first = &self.modules[cycle[0]].source;
            let next = cycle.get(1).unwrap_or(&cycle[0]);
            let line = self.edges[cycle[0]].get(next).copied().unwrap_or(1);
            let names = cycle
                .iter()
                .chain(&cycle[..1])
                .map(|index| self.modules[*index].source.path.as_str());
            let names: Vec<_> = names.collect();
            found.push(first.violation(
                line,
                CYCLES,
                format!("imports {}", names[1..].join(", which imports ")),
            ));
        }
        found
    }

    fn cycle_through(&self, start: usize) -> Option<Vec<usize>> {
        let mut before = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(index) = queue.pop_front() {
            for &next in self.edges[index].keys() {
                if next == start {
                    let back = std::iter::successors(Some(index), |index| before.get(index).copied());
                    let mut cycle: Vec<_> = back.collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if next != start && !before.contains_key(&next) {
                    before.insert(next, index);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

impl<'a> Module<'a> {
    fn new(source: &'a Source) -> Option<Self> {
        let file = source.parsed.as_ref()?;
        let (path, children) = (module_path(&source.path), child_modules(file));
        let mut imports = Vec::new();
        let mut items = BTreeSet::new();
        for item in &file.items {
            let name = match item {
                Item::Struct(item) => &item.ident,
                Item::Enum(item) => &item.ident,
                Item::Fn(item) => &item.sig.ident,
                Item::Trait(item) => &item.ident,
                Item::Type(item) => &item.ident,
                Item::Const(item) => &item.ident,
                Item::Static(item) => &item.ident,
                Item::Use(item) => {
                    let public = !matches!(item.vis, Visibility::Inherited);
                    for (target, name, _) in imported(&item.tree) {
                        imports.push((name, absolute(&target, &path, &children), public));
                    }
                    continue;
                }
                _ => continue,
            };
            items.insert(name.to_string());
        }
        Some(Self {
            source,
            path,
            items,
            imports,
        })
    }
}
