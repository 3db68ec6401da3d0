//! `find`: the tests that start scripts use. Its output comes in the order of the directory on disk, which is not
//! known; see [`Shell::write_unordered`](crate::shell::Shell::write_unordered).

use imgscan_model::{FileView, Node, NodeKind, Shape, Text, path};

use super::{Job, Ran};
use crate::pattern::{Pattern, Tri, Unit};
use crate::shell::disk::Found;
use crate::texts;

/// Most files looked at.
const MOST: usize = 50_000;

#[derive(Debug)]
enum Test {
    Name { pattern: Pattern, whole_path: bool, ignore_case: bool },
    Kind(char),
    May(u32),
    Empty,
    Mode(u32),
    Always(bool),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
    Print,
    Print0,
    Quit,
    Prune,
    Delete,
}

struct Query {
    roots: Vec<Text>,
    follow: bool,
    least: usize,
    most: usize,
    depth_first: bool,
    test: Test,
}

/// `find`
pub(super) fn find(job: &mut Job<'_>) -> Ran {
    let Some(query) = query(job) else {
        let runs = job.args.iter().any(|a| matches!(a.raw(), "-exec" | "-execdir" | "-ok"));
        if runs {
            let by = job.origin.clone();
            job.shell.problem(by, "what `find -exec` does to files is not followed");
        }
        return if runs {
            Ran::Host
        } else {
            Ran::Unknown("it is called in a way that is not followed".into())
        };
    };
    let mut search = Search {
        query: &query,
        printed: Vec::new(),
        removed: Vec::new(),
        quit: false,
        unsure: None,
        looked: 0,
    };
    let mut failed = false;
    for root in &query.roots {
        if search.quit {
            break;
        }
        match job.shell.find_text(root, query.follow) {
            Found::Node(node) => search.visit(job, &node, root.raw(), 0),
            Found::Missing { .. } | Found::Blocked(_) => failed = true,
            Found::Runtime(_) | Found::Unknown(_) => {
                search.unsure = Some("what the directory holds is known at run time only".into());
            }
        }
    }
    let Search { printed, removed, unsure, quit, .. } = search;
    if let Some(reason) = unsure {
        return Ran::Unknown(reason);
    }
    if failed {
        job.shell.complain();
    }
    for path in removed {
        job.shell.take_away(&path);
    }
    write(job, &query, &printed, quit);
    Ran::Status(u8::from(failed))
}

/// Writes the paths. With `-quit` the first of several that would come is written: which one is not known.
fn write(job: &mut Job<'_>, query: &Query, printed: &[String], quit: bool) {
    if printed.is_empty() {
        return;
    }
    let by = job.origin.clone();
    let of_root = |path: &str| query.roots.iter().find(|r| path.starts_with(r.raw())).cloned();
    if quit && printed.len() > 1 {
        let root = of_root(printed.first().map_or("", String::as_str)).unwrap_or_default();
        let need = vec![imgscan_model::Need::Other("which file is found first".into())];
        let text = format!("$({})", job.shell.command_text());
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"._-+@,:/".contains(&c);
        let one_word = printed.iter().all(|path| path.bytes().all(plain));
        let hole = texts::symbol(text, if one_word { Shape::Word } else { Shape::Any }, need, &by);
        let slash = if root.raw().ends_with('/') { "" } else { "/" };
        job.out(Text::concat([&root, &job.new_text(slash), &hole, &job.new_text("\n")]));
        return;
    }
    let pieces: Vec<Text> = printed
        .iter()
        .flat_map(|path| {
            let text = match of_root(path) {
                Some(root) if root.raw() == path => root,
                _ => job.new_text(path),
            };
            [text, job.new_text("\n")]
        })
        .collect();
    job.shell.write_unordered(Text::concat(pieces.iter()), &by);
}

struct Search<'a> {
    query: &'a Query,
    printed: Vec<String>,
    removed: Vec<String>,
    quit: bool,
    unsure: Option<String>,
    looked: usize,
}

/// What a file's evaluation does beside its truth.
#[derive(Default)]
struct Effects {
    prune: bool,
    quit: bool,
}

impl Search<'_> {
    fn visit(&mut self, job: &mut Job<'_>, node: &Node, shown: &str, depth: usize) {
        self.looked += 1;
        if self.looked > MOST || job.charge(1).is_none() || depth > 100 {
            self.unsure = Some("too many files are searched".into());
        }
        // With `-quit` the order decides: all that could come first are collected.
        if self.unsure.is_some() {
            return;
        }
        let mut effects = Effects::default();
        if depth >= self.query.least && !self.query.depth_first {
            self.judge(job, node, shown, &mut effects);
        }
        if node.is_dir() && depth < self.query.most && !effects.prune {
            self.enter(job, node, shown, depth);
        }
        if depth >= self.query.least && self.query.depth_first {
            self.judge(job, node, shown, &mut effects);
        }
        self.quit |= effects.quit;
    }

    fn enter(&mut self, job: &mut Job<'_>, node: &Node, shown: &str, depth: usize) {
        if job.shell.local.who.may(node, 5) == Some(false) {
            return;
        }
        for name in job.shell.world.files.children(&node.path) {
            let path = path::join(&node.path, &name);
            if let Some(reason) = job.shell.world.files.unknown(&path) {
                self.unsure = Some(reason);
                return;
            }
            let Some(mut child) = job.shell.world.files.entry(&path) else { continue };
            if self.query.follow
                && matches!(child.kind, NodeKind::Symlink(_))
                && let Found::Node(target) = job.shell.find(&path, true)
            {
                child = target;
            }
            let shown = format!("{}/{name}", shown.trim_end_matches('/'));
            self.visit(job, &child, &shown, depth + 1);
        }
    }

    fn judge(&mut self, job: &mut Job<'_>, node: &Node, shown: &str, effects: &mut Effects) {
        let query = self.query;
        if self.holds(job, &query.test, node, shown, effects) == Tri::Maybe {
            self.unsure = Some("whether a file is meant is not known".into());
        }
    }

    fn holds(
        &mut self,
        job: &mut Job<'_>,
        test: &Test,
        node: &Node,
        shown: &str,
        effects: &mut Effects,
    ) -> Tri {
        match test {
            Test::Name { pattern, whole_path, ignore_case } => {
                let subject = if *whole_path { shown } else { name_of(shown) };
                let subject = if *ignore_case { subject.to_ascii_lowercase() } else { subject.to_owned() };
                pattern.matches_str(&subject)
            }
            Test::Kind(kind) => Tri::from(match kind {
                'f' => node.is_file(),
                'd' => node.is_dir(),
                'l' => matches!(node.kind, NodeKind::Symlink(_)),
                _ => node.kind == NodeKind::Special,
            }),
            Test::May(want) => job.shell.local.who.may(node, *want).map_or(Tri::Maybe, Tri::from),
            Test::Empty => match &node.kind {
                NodeKind::Dir => Tri::from(job.shell.world.files.children(&node.path).is_empty()),
                NodeKind::File if node.generated => match job.shell.world.files.content(&node.path) {
                    Ok(text) => texts::is_nonempty(&text).map_or(Tri::Maybe, Tri::from).not(),
                    Err(_) => Tri::Maybe,
                },
                NodeKind::File => Tri::from(node.size == 0),
                _ => Tri::No,
            },
            Test::Mode(bits) => Tri::from(node.mode & bits == *bits),
            Test::Always(is) => Tri::from(*is),
            Test::Not(inner) => self.holds(job, inner, node, shown, effects).not(),
            Test::And(tests) => {
                for test in tests {
                    match self.holds(job, test, node, shown, effects) {
                        Tri::Yes => {}
                        other => return other,
                    }
                }
                Tri::Yes
            }
            Test::Or(tests) => {
                for test in tests {
                    match self.holds(job, test, node, shown, effects) {
                        Tri::No => {}
                        other => return other,
                    }
                }
                Tri::No
            }
            Test::Print => {
                self.printed.push(shown.to_owned());
                Tri::Yes
            }
            Test::Print0 => {
                self.unsure = Some("its output is ended by zero bytes".into());
                Tri::Yes
            }
            Test::Quit => {
                effects.quit = true;
                Tri::Yes
            }
            Test::Prune => {
                effects.prune = true;
                Tri::Yes
            }
            Test::Delete => {
                self.removed.push(node.path.to_string());
                Tri::Yes
            }
        }
    }
}

/// The last component, as `-name` sees it; of `/d/` it is `d`.
fn name_of(shown: &str) -> &str {
    let trimmed = shown.trim_end_matches('/');
    if trimmed.is_empty() { shown } else { path::name(trimmed) }
}

struct Reader<'a> {
    args: &'a [Text],
    at: usize,
    query: Query,
    acts: bool,
    depth: usize,
}

fn query(job: &Job<'_>) -> Option<Query> {
    let mut at = 0;
    let mut follow = false;
    while let Some(option) = job.args.get(at).and_then(|a| a.known()) {
        match option {
            "-L" => follow = true,
            "-H" | "-P" => follow = false,
            _ => break,
        }
        at += 1;
    }
    let mut roots = Vec::new();
    while let Some(arg) = job.args.get(at) {
        let known = arg.known()?;
        if known.starts_with('-') || matches!(known, "(" | ")" | "!" | ",") {
            break;
        }
        roots.push(arg.clone());
        at += 1;
    }
    if roots.is_empty() {
        roots.push(job.new_text("."));
    }
    let query =
        Query { roots, follow, least: 0, most: usize::MAX, depth_first: false, test: Test::Always(true) };
    let mut reader = Reader { args: job.args, at, query, acts: false, depth: 0 };
    let test = if at == job.args.len() { Test::Always(true) } else { reader.or()? };
    if reader.at < job.args.len() {
        return None;
    }
    let mut query = reader.query;
    query.test = if reader.acts { test } else { Test::And(vec![test, Test::Print]) };
    Some(query)
}

impl Reader<'_> {
    fn word(&self) -> Option<&str> {
        self.args.get(self.at)?.known()
    }

    fn value(&mut self) -> Option<String> {
        self.at += 1;
        let value = self.word()?.to_owned();
        self.at += 1;
        Some(value)
    }

    fn or(&mut self) -> Option<Test> {
        self.depth += 1;
        if self.depth > 50 {
            return None;
        }
        let mut tests = vec![self.and()?];
        while matches!(self.word(), Some("-o" | "-or")) {
            self.at += 1;
            tests.push(self.and()?);
        }
        self.depth -= 1;
        if tests.len() == 1 { tests.pop() } else { Some(Test::Or(tests)) }
    }

    fn and(&mut self) -> Option<Test> {
        let mut tests = Vec::new();
        loop {
            match self.word() {
                None if self.at < self.args.len() => return None,
                None | Some(")" | "-o" | "-or") => break,
                Some("-a" | "-and") => self.at += 1,
                Some(_) => tests.push(self.primary()?),
            }
        }
        if tests.is_empty() { None } else { Some(Test::And(tests)) }
    }

    fn primary(&mut self) -> Option<Test> {
        let word = self.word()?.to_owned();
        Some(match word.as_str() {
            "!" | "-not" => {
                self.at += 1;
                self.depth += 1;
                if self.depth > 50 {
                    return None;
                }
                let inner = self.primary()?;
                self.depth -= 1;
                Test::Not(Box::new(inner))
            }
            "(" => {
                self.at += 1;
                let inner = self.or()?;
                if self.word() != Some(")") {
                    return None;
                }
                self.at += 1;
                inner
            }
            "-name" | "-path" | "-wholename" | "-iname" => {
                let ignore_case = word == "-iname";
                let value = self.value()?;
                let value = if ignore_case { value.to_ascii_lowercase() } else { value };
                let units: Vec<Unit> = value.chars().map(|c| Unit::Char(c, false)).collect();
                Test::Name {
                    pattern: Pattern::of(&units),
                    whole_path: word.ends_with("path") || word == "-wholename",
                    ignore_case,
                }
            }
            "-type" => {
                let value = self.value()?;
                let mut kinds = value.chars();
                let kind = kinds.next().filter(|k| kinds.next().is_none() && "fdlpsbc".contains(*k))?;
                Test::Kind(kind)
            }
            "-maxdepth" => {
                self.query.most = self.value()?.parse().ok()?;
                Test::Always(true)
            }
            "-mindepth" => {
                self.query.least = self.value()?.parse().ok()?;
                Test::Always(true)
            }
            "-perm" => {
                let value = self.value()?;
                Test::Mode(u32::from_str_radix(value.strip_prefix('-')?, 8).ok()?)
            }
            "-follow" => {
                self.at += 1;
                self.query.follow = true;
                Test::Always(true)
            }
            "-executable" | "-readable" | "-writable" => {
                self.at += 1;
                Test::May(match word.as_str() {
                    "-executable" => 1,
                    "-readable" => 4,
                    _ => 2,
                })
            }
            "-empty" => self.simple(Test::Empty, false),
            "-true" | "-noleaf" | "-xdev" | "-mount" => self.simple(Test::Always(true), false),
            "-false" => self.simple(Test::Always(false), false),
            "-depth" => {
                self.query.depth_first = true;
                self.simple(Test::Always(true), false)
            }
            "-print" => self.simple(Test::Print, true),
            "-print0" => self.simple(Test::Print0, true),
            "-quit" => self.simple(Test::Quit, true),
            "-prune" => self.simple(Test::Prune, false),
            "-delete" => {
                self.query.depth_first = true;
                self.simple(Test::Delete, true)
            }
            _ => return None,
        })
    }

    fn simple(&mut self, test: Test, acts: bool) -> Test {
        self.at += 1;
        // `-quit` alone does not take the place of `-print`.
        self.acts |= acts && !matches!(test, Test::Quit);
        test
    }
}
