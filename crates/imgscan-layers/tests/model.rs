//! Random layer stacks against a model that applies them the slow, obvious way: each layer into a tree of its own, the
//! trees one after another, all paths looked at after each.
//!
//! `IMGSCAN_MODEL_STACKS=10000` tries more of them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use imgscan_model::{FileView, NodeKind};
use proptest::prelude::*;
use support::{Tar, view};

const NAMES: [&str; 3] = ["a.conf", "b.conf", "c.conf"];

#[derive(Clone, Debug)]
enum Op {
    File(String),
    Dir(String),
    Symlink(String, String),
    HardLink(String, String),
    Whiteout(String),
    Opaque(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Thing {
    File(String),
    Dir,
    /// A directory that is only there because something in it is.
    Implied,
    Symlink(String),
}

impl Thing {
    fn is_dir(&self) -> bool {
        matches!(self, Thing::Dir | Thing::Implied)
    }
}

type Tree = BTreeMap<String, Thing>;

/// One layer in a tree of its own, with the paths that it takes away and the directories that it makes opaque.
#[derive(Default)]
struct Layer {
    tree: Tree,
    whiteouts: BTreeSet<String>,
    opaque: BTreeSet<String>,
}

fn is_below(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

impl Layer {
    /// Where the directory `path` is, every link followed; made where it is missing. `None` behind a file or a loop.
    fn directory(&mut self, path: &str) -> Option<String> {
        let mut pending: Vec<String> = path.split('/').filter(|n| !n.is_empty()).map(str::to_owned).collect();
        let (mut here, mut links) = (String::new(), 0);
        while !pending.is_empty() {
            let name = pending.remove(0);
            if name == ".." {
                here = parent(&here).to_owned();
                continue;
            }
            let next = format!("{here}/{name}");
            match self.tree.get(&next).cloned() {
                Some(Thing::Symlink(target)) => {
                    links += 1;
                    if links > 40 {
                        return None;
                    }
                    if target.starts_with('/') {
                        here.clear();
                    }
                    let names = target.split('/').filter(|n| !n.is_empty()).map(str::to_owned);
                    pending = names.chain(pending).collect();
                }
                Some(Thing::File(_)) => return None,
                Some(_) => here = next,
                None => {
                    self.tree.insert(next.clone(), Thing::Implied);
                    here = next;
                }
            }
        }
        Some(here)
    }

    fn place(&mut self, path: &str) -> Option<String> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        Some(format!("{}/{name}", self.directory(dir)?))
    }

    /// Puts something in its place; what is no directory on either side makes way with all it holds.
    fn put(&mut self, path: String, thing: Thing) {
        let stays = self.tree.get(&path).is_some_and(|t| t.is_dir() && thing == Thing::Dir);
        if !stays {
            self.tree.retain(|p, _| !is_below(p, &path));
            self.opaque.retain(|p| *p != path && !is_below(p, &path));
            self.whiteouts.retain(|p| !is_below(p, &path));
        }
        self.tree.insert(path, thing);
    }

    /// Applies an entry; answers whether a tar may hold it (a hard link needs its target).
    fn apply(&mut self, op: &Op, content: &str) -> bool {
        match op {
            Op::File(path) => self.place(path).map(|p| self.put(p, Thing::File(content.to_owned()))),
            Op::Dir(path) => self.place(path).map(|p| self.put(p, Thing::Dir)),
            Op::Symlink(path, target) => {
                self.place(path).map(|p| self.put(p, Thing::Symlink(target.clone())))
            }
            Op::Whiteout(path) => self.place(path).map(|p| {
                self.whiteouts.insert(p);
            }),
            Op::Opaque(path) => self.directory(path).map(|p| {
                self.opaque.insert(p);
            }),
            Op::HardLink(path, target) => {
                let Some(found) = self.existing(target) else { return false };
                self.place(path).map(|p| self.put(p, found))
            }
        };
        true
    }

    /// What a hard link can point to.
    fn existing(&mut self, path: &str) -> Option<Thing> {
        let before = self.tree.clone();
        let place = self.place(path);
        self.tree = before;
        self.tree.get(&place?).filter(|t| !t.is_dir()).cloned()
    }

    /// Applies the layer to the tree below it.
    fn apply_to(&self, below: &Tree) -> Tree {
        let mut tree = below.clone();
        tree.retain(|path, _| {
            let gone = |w: &String| path == w || is_below(path, w);
            !self.whiteouts.iter().any(gone) && !self.opaque.iter().any(|dir| is_below(path, dir))
        });
        for (path, thing) in &self.tree {
            let was_dir = tree.get(path).is_some_and(Thing::is_dir);
            match thing {
                Thing::Implied if was_dir => {}
                Thing::Dir if was_dir => drop(tree.insert(path.clone(), Thing::Dir)),
                _ => {
                    tree.retain(|p, _| !is_below(p, path));
                    tree.insert(path.clone(), thing.clone());
                }
            }
        }
        tree
    }
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&NAMES[..]), 1..=3).prop_map(|names| names.join("/"))
}

fn target() -> impl Strategy<Value = String> {
    (prop::sample::select(&["", "/", "../"][..]), path()).prop_map(|(start, path)| format!("{start}{path}"))
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => path().prop_map(Op::File),
        3 => path().prop_map(Op::Dir),
        2 => (path(), target()).prop_map(|(path, target)| Op::Symlink(path, target)),
        2 => (path(), path()).prop_map(|(path, target)| Op::HardLink(path, target)),
        3 => path().prop_map(Op::Whiteout),
        1 => path().prop_map(Op::Opaque),
    ]
}

fn add(tar: Tar, op: &Op, content: &str) -> Tar {
    match op {
        Op::File(path) => tar.file(path, content),
        Op::Dir(path) => tar.dir(path),
        Op::Symlink(path, target) => tar.symlink(path, target),
        Op::HardLink(path, target) => tar.hard_link(path, target),
        Op::Whiteout(path) => {
            let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
            tar.file(&format!("{dir}/.wh.{name}"), "")
        }
        Op::Opaque(path) => tar.file(&format!("{path}/.wh..wh..opq"), ""),
    }
}

fn check(stack: &[Vec<Op>]) -> Result<(), TestCaseError> {
    let (mut tars, mut trees) = (Vec::new(), vec![Tree::new()]);
    let mut versions: BTreeMap<String, Vec<(u32, Option<Thing>)>> = BTreeMap::new();
    for (number, ops) in stack.iter().enumerate() {
        let (mut layer, mut tar) = (Layer::default(), Tar::new());
        for (index, op) in ops.iter().enumerate() {
            let content = format!("layer {number} entry {index}");
            if layer.apply(op, &content) {
                tar = add(tar, op, &content);
            }
        }
        let below = trees.last().unwrap();
        let tree = layer.apply_to(below);
        let all: BTreeSet<&String> = below.keys().chain(tree.keys()).collect();
        for path in all {
            let taken = layer.whiteouts.iter().any(|w| path == w || is_below(path, w))
                || layer.opaque.iter().any(|dir| is_below(path, dir));
            let did = match (layer.tree.get(path), below.get(path), tree.get(path)) {
                (Some(Thing::Implied), Some(was), _) if was.is_dir() && !taken => continue,
                (Some(thing), _, _) => Some(thing.clone()),
                (None, Some(_), None) => None,
                _ => continue,
            };
            versions.entry(path.clone()).or_default().push((number as u32, did));
        }
        trees.push(tree);
        tars.push(tar);
    }
    let view = view(&tars);
    let mut seen: BTreeMap<String, Thing> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    view.for_each(&mut |node| {
        order.push(node.path.to_string());
        let thing = match &node.kind {
            NodeKind::File => Thing::File(view.content(&node.path).unwrap().raw().to_owned()),
            NodeKind::Dir => Thing::Dir,
            NodeKind::Symlink(target) => Thing::Symlink(target.to_string()),
            NodeKind::Special => panic!("{}", node.path),
        };
        assert_eq!(view.entry(&node.path).as_ref(), Some(node));
        seen.insert(node.path.to_string(), thing);
    });
    let plain = |thing: &Thing| if thing.is_dir() { Thing::Dir } else { thing.clone() };
    let expected: BTreeMap<String, Thing> =
        trees.last().unwrap().iter().map(|(path, thing)| (path.clone(), plain(thing))).collect();
    prop_assert_eq!(&seen, &expected);
    prop_assert_eq!(&order, &expected.keys().cloned().collect::<Vec<_>>());
    check_children(&view, &expected)?;
    check_walks(&view, &order)?;
    for (path, expected) in versions {
        let found: Vec<(u32, Option<bool>)> =
            view.versions(&path).iter().map(|v| (v.layer, v.node.as_ref().map(|n| n.is_dir()))).collect();
        let expected: Vec<(u32, Option<bool>)> =
            expected.into_iter().map(|(layer, thing)| (layer, thing.map(|t| t.is_dir()))).collect();
        prop_assert_eq!(found, expected, "versions of {}", path);
    }
    Ok(())
}

fn check_children(
    view: &imgscan_layers::MergedView,
    tree: &BTreeMap<String, Thing>,
) -> Result<(), TestCaseError> {
    for dir in tree.keys().map(String::as_str).chain([""]) {
        let names: Vec<String> =
            tree.keys().filter(|p| parent(p) == dir).map(|p| p[dir.len() + 1..].to_owned()).collect();
        let found: Vec<String> =
            view.children(if dir.is_empty() { "/" } else { dir }).iter().map(|n| n.to_string()).collect();
        prop_assert_eq!(found, names, "children of {}", dir);
    }
    Ok(())
}

/// Walks over a part of the tree visit that part of all, in the same order.
fn check_walks(view: &imgscan_layers::MergedView, all: &[String]) -> Result<(), TestCaseError> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    let names: BTreeSet<String> = all.iter().map(|path| name(path)).collect();
    for wanted in names {
        let mut found = Vec::new();
        view.for_each_named(&|name| name == wanted, &mut |node| found.push(node.path.to_string()));
        let expected: Vec<String> = all.iter().filter(|path| name(path) == wanted).cloned().collect();
        prop_assert_eq!(found, expected, "named {}", wanted);
    }
    for dir in all.iter().map(String::as_str).chain(["", "/no"]) {
        let mut found = Vec::new();
        view.for_each_below(dir, &mut |node| found.push(node.path.to_string()));
        let expected: Vec<String> = all.iter().filter(|path| is_below(path, dir)).cloned().collect();
        prop_assert_eq!(found, expected, "below {}", dir);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("IMGSCAN_MODEL_STACKS").ok().and_then(|n| n.parse().ok()).unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn stacks_are_what_the_slow_way_makes_of_them(
        stack in prop::collection::vec(prop::collection::vec(op(), 0..9), 1..6),
    ) {
        check(&stack)?;
    }
}
