//! `test`, `[` and busybox's `[[`: expressions over words and files.

use imgscan_model::{FileView, Node, NodeKind, Text};

use crate::dialect::Dialect;
use crate::pattern::{Pattern, Tri, Unit};
use crate::shell::Shell;
use crate::shell::disk::{self, Found, Runtime};
use crate::texts;
use crate::tool::{Flavor, Job, Ran};

/// The outcome of an expression: a truth, or a fault (status 2).
pub(crate) type Outcome = Result<Tri, Fault>;

/// Why an expression has no truth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The shell refuses it: status 2.
    Refused,
    /// Shells disagree.
    Unsure,
}

/// `test …`
pub(super) fn test(job: &mut Job<'_>) -> Ran {
    let args = job.args;
    judge(job, args, false)
}

/// `[ … ]`
pub(super) fn bracket(job: &mut Job<'_>) -> Ran {
    match job.args.split_last() {
        Some((last, args)) if last.known() == Some("]") => judge(job, args, false),
        _ => Ran::Status(2),
    }
}

/// busybox's `[[ … ]]`
pub(super) fn double_bracket(job: &mut Job<'_>) -> Ran {
    match job.args.split_last() {
        Some((last, args)) if last.known() == Some("]]") => judge(job, args, true),
        _ => Ran::Status(2),
    }
}

/// `/usr/bin/test` and `/usr/bin/[`, which know the operators of bash's but those on shells.
pub(crate) fn program(job: &mut Job<'_>) -> Ran {
    if job.name == "[" { bracket(job) } else { test(job) }
}

fn judge(job: &mut Job<'_>, args: &[Text], double: bool) -> Ran {
    if args.iter().any(crate::expand::is_open) {
        return unsure(job, args);
    }
    let bash_like = job.shell.is_bash() || job.flavor != Flavor::Builtin;
    let outcome = Expression { shell: job.shell, args, at: 0, depth: 0, double, bash_like }.whole();
    match outcome {
        Ok(Tri::Yes) => Ran::Status(0),
        Ok(Tri::No) => Ran::Status(1),
        Err(Fault::Refused) => Ran::Status(2),
        Ok(Tri::Maybe) | Err(Fault::Unsure) => unsure(job, args),
    }
}

/// The status hangs on the run time: asked again with the same words it is the same.
fn unsure(job: &mut Job<'_>, args: &[Text]) -> Ran {
    Ran::Asked(key(job.shell, args))
}

/// What an expression asks, so that the same question is known again: its words, which holes they have, and the
/// files as they are.
pub(crate) fn key(shell: &Shell, args: &[Text]) -> String {
    let mut key = format!("{}:", shell.world.epoch);
    for arg in args {
        key.push('\u{1f}');
        key.push_str(arg.raw());
        for (range, opaque) in arg.holes() {
            let _ = range;
            key.push_str(&format!("\u{1e}{:p}", std::ptr::from_ref(opaque)));
        }
    }
    key
}

struct Expression<'a> {
    shell: &'a Shell,
    args: &'a [Text],
    at: usize,
    depth: usize,
    /// busybox's `[[`: `=` takes patterns, `=~` is known, `&&` and `||` too.
    double: bool,
    bash_like: bool,
}

impl Expression<'_> {
    fn whole(mut self) -> Outcome {
        if self.double {
            return self.grammar();
        }
        // POSIX: up to four words are judged by their number.
        match self.args.len() {
            0 => Ok(Tri::No),
            1 => Ok(self.nonempty(0)),
            2 => self.two(0),
            3 => self.three(0),
            4 => self.four(),
            _ => self.grammar(),
        }
    }

    fn word(&self, at: usize) -> &str {
        match self.args.get(at) {
            Some(text) if text.known().is_some() => text.raw(),
            // A word that is not known is no operator: a script that counts on that would be broken by any value.
            _ => "",
        }
    }

    fn text(&self, at: usize) -> Text {
        self.args.get(at).cloned().unwrap_or_default()
    }

    fn nonempty(&self, at: usize) -> Tri {
        texts::is_nonempty(&self.text(at)).map_or(Tri::Maybe, Tri::from)
    }

    fn two(&self, at: usize) -> Outcome {
        if self.word(at) == "!" {
            return Ok(self.nonempty(at + 1).not());
        }
        if self.is_unary(at) {
            return self.unary(at);
        }
        Err(Fault::Refused)
    }

    fn three(&mut self, at: usize) -> Outcome {
        if self.is_binary(at + 1) {
            return self.binary(at);
        }
        if matches!(self.word(at + 1), "-a" | "-o") && self.bash_like {
            let (left, right) = (self.nonempty(at), self.nonempty(at + 2));
            return Ok(if self.word(at + 1) == "-a" { and(left, right) } else { or(left, right) });
        }
        if self.word(at) == "!" {
            return self.two(at + 1).map(Tri::not);
        }
        if self.word(at) == "(" && self.word(at + 2) == ")" {
            return Ok(self.nonempty(at + 1));
        }
        if self.bash_like { Err(Fault::Refused) } else { self.grammar() }
    }

    fn four(&mut self) -> Outcome {
        if self.word(0) == "!" {
            return self.three(1).map(Tri::not);
        }
        if self.word(0) == "(" && self.word(3) == ")" && self.bash_like {
            return self.two(1);
        }
        self.grammar()
    }

    /// The grammar for more words: `-o` binds loosest, then `-a`, then `!`.
    fn grammar(&mut self) -> Outcome {
        let value = self.disjunction()?;
        if self.at < self.args.len() { Err(Fault::Refused) } else { Ok(value) }
    }

    fn disjunction(&mut self) -> Outcome {
        let mut value = self.conjunction()?;
        while self.word(self.at) == "-o" || self.double && self.word(self.at) == "||" {
            self.at += 1;
            value = or(value, self.conjunction()?);
        }
        Ok(value)
    }

    fn conjunction(&mut self) -> Outcome {
        let mut value = self.negation()?;
        while self.word(self.at) == "-a" || self.double && self.word(self.at) == "&&" {
            self.at += 1;
            value = and(value, self.negation()?);
        }
        Ok(value)
    }

    fn negation(&mut self) -> Outcome {
        self.depth += 1;
        if self.depth > imgscan_model::limits::DEPTH {
            return Err(Fault::Unsure);
        }
        let value = self.primary_or_not();
        self.depth -= 1;
        value
    }

    fn primary_or_not(&mut self) -> Outcome {
        let left = self.args.len().saturating_sub(self.at);
        if left == 0 {
            return Err(if self.bash_like { Fault::Refused } else { Fault::Unsure });
        }
        let binary_next = left >= 3 && self.is_binary(self.at + 1);
        if self.word(self.at) == "!" && !binary_next {
            self.at += 1;
            return self.negation().map(Tri::not);
        }
        if self.word(self.at) == "(" && !binary_next {
            self.at += 1;
            let value = self.disjunction()?;
            if self.word(self.at) != ")" {
                return Err(Fault::Refused);
            }
            self.at += 1;
            return Ok(value);
        }
        if binary_next {
            let value = self.binary(self.at)?;
            self.at += 3;
            return Ok(value);
        }
        let connects = self.bash_like && matches!(self.word(self.at + 1), "-a" | "-o") && left >= 3;
        let operand_next = left >= 2 && !connects;
        if self.is_unary(self.at) && operand_next {
            let value = self.unary(self.at)?;
            self.at += 2;
            return Ok(value);
        }
        let value = self.nonempty(self.at);
        self.at += 1;
        Ok(value)
    }

    fn is_unary(&self, at: usize) -> bool {
        let op = self.word(at);
        let posix = [
            "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-L", "-n", "-p", "-r", "-s", "-S", "-t", "-u",
            "-w", "-x", "-z", "-O", "-G",
        ];
        posix.contains(&op) || self.bash_like && matches!(op, "-a" | "-N" | "-v" | "-o" | "-R")
    }

    fn is_binary(&self, at: usize) -> bool {
        let op = self.word(at);
        let posix = ["=", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];
        posix.contains(&op)
            || op == "==" && (self.bash_like || self.shell.local.dialect != Dialect::Dash)
            || op == "=~" && self.double
    }

    fn unary(&self, at: usize) -> Outcome {
        let operand = self.text(at + 1);
        match self.word(at) {
            "-n" => Ok(texts::is_nonempty(&operand).map_or(Tri::Maybe, Tri::from)),
            "-z" => Ok(texts::is_nonempty(&operand).map_or(Tri::Maybe, Tri::from).not()),
            op => unary(self.shell, op, &operand),
        }
    }

    fn binary(&self, at: usize) -> Outcome {
        let (left, op, right) = (self.text(at), self.word(at + 1), self.text(at + 2));
        if op == "==" && self.shell.local.dialect == Dialect::Posix && !self.bash_like {
            return Err(Fault::Unsure);
        }
        if self.double && matches!(op, "=" | "==" | "!=") {
            let units: Vec<Unit> = right.raw().chars().map(|c| Unit::Char(c, false)).collect();
            let matched =
                if right.known().is_some() { Pattern::of(&units).matches(&left) } else { Tri::Maybe };
            return Ok(if op == "!=" { matched.not() } else { matched });
        }
        if op == "=~" {
            return Ok(Tri::Maybe);
        }
        binary(self.shell, &left, op, &right)
    }
}

fn and(a: Tri, b: Tri) -> Tri {
    match (a, b) {
        (Tri::No, _) | (_, Tri::No) => Tri::No,
        (Tri::Yes, Tri::Yes) => Tri::Yes,
        _ => Tri::Maybe,
    }
}

fn or(a: Tri, b: Tri) -> Tri {
    and(a.not(), b.not()).not()
}

/// Operators on one word other than `-n` and `-z`.
pub(crate) fn unary(shell: &Shell, op: &str, operand: &Text) -> Outcome {
    match op {
        "-t" => return Ok(is_terminal(shell, operand)),
        "-v" => return Ok(is_set(shell, operand)),
        "-o" => return Ok(option(shell, operand)),
        "-R" => return Err(Fault::Unsure),
        _ => {}
    }
    if operand.is_empty() {
        return Ok(Tri::No);
    }
    let follow = !matches!(op, "-h" | "-L");
    let found = shell.find_text(operand, follow);
    Ok(match (&found, op) {
        (Found::Node(node), _) => of_node(shell, node, op),
        (Found::Missing { .. } | Found::Blocked(_), _) => Tri::No,
        (Found::Unknown(_), _) => Tri::Maybe,
        (Found::Runtime(runtime), op) => of_runtime(runtime, op),
    })
}

fn of_node(shell: &Shell, node: &Node, op: &str) -> Tri {
    let bit = |bit: u32| Tri::from(node.mode & bit != 0);
    let may = |want: u32| shell.local.who.may(node, want).map_or(Tri::Maybe, Tri::from);
    match op {
        "-e" | "-a" => Tri::Yes,
        "-f" => Tri::from(node.is_file()),
        "-d" => Tri::from(node.is_dir()),
        "-h" | "-L" => Tri::from(matches!(node.kind, NodeKind::Symlink(_))),
        "-s" => match (&node.kind, node.generated) {
            (NodeKind::File, true) => match shell.world.files.content(&node.path) {
                Ok(text) => texts::is_nonempty(&text).map_or(Tri::Maybe, Tri::from),
                Err(_) => Tri::Maybe,
            },
            (NodeKind::File, false) => Tri::from(node.size > 0),
            _ => Tri::Yes,
        },
        "-r" => may(4),
        "-w" => may(2),
        "-x" => may(1),
        "-u" => bit(0o4000),
        "-g" => bit(0o2000),
        "-k" => bit(0o1000),
        "-O" => shell.local.who.uid.map_or(Tri::Maybe, |uid| Tri::from(uid == node.uid)),
        "-G" => shell.local.who.gid.map_or(Tri::Maybe, |gid| Tri::from(gid == node.gid)),
        "-b" | "-c" | "-p" | "-S" if node.kind != NodeKind::Special => Tri::No,
        _ => Tri::Maybe,
    }
}

fn of_runtime(runtime: &Runtime, op: &str) -> Tri {
    match (runtime, op) {
        (Runtime::Unsure(_), _) => Tri::Maybe,
        (_, "-e" | "-a") => Tri::Yes,
        (Runtime::Directory, "-d" | "-x" | "-r") => Tri::Yes,
        (Runtime::Directory, "-f" | "-h" | "-L") | (_, "-d") => Tri::No,
        (Runtime::File(_), "-f" | "-r") => Tri::Yes,
        (Runtime::Null, "-c" | "-r" | "-w") => Tri::Yes,
        (Runtime::Null | Runtime::Device, "-f") => Tri::No,
        _ => Tri::Maybe,
    }
}

/// Whether a descriptor is a terminal: those of the container may be, files and pipes are none.
fn is_terminal(shell: &Shell, operand: &Text) -> Tri {
    use crate::shell::descriptor::Description;
    let Some(fd) = operand.known().and_then(|t| t.trim().parse::<u32>().ok()) else { return Tri::Maybe };
    match shell.description(fd) {
        Some(Description::Inherited(_) | Description::Other(_)) => Tri::Maybe,
        _ => Tri::No,
    }
}

fn is_set(shell: &Shell, operand: &Text) -> Tri {
    match operand.known() {
        Some(name) if name.bytes().all(crate::syntax::is_name_byte) && !name.is_empty() => {
            let there = shell.value(name).is_some();
            if shell.local.any_variable.is_some() { Tri::Maybe } else { Tri::from(there) }
        }
        _ => Tri::Maybe,
    }
}

fn option(shell: &Shell, operand: &Text) -> Tri {
    let options = shell.local.options;
    match operand.known() {
        Some("errexit") => Tri::from(options.errexit),
        Some("nounset") => Tri::from(options.nounset),
        Some("xtrace") => Tri::from(options.xtrace),
        Some("pipefail") => Tri::from(options.pipefail),
        Some("noglob") => Tri::from(options.noglob),
        _ => Tri::Maybe,
    }
}

/// Operators between two words.
pub(crate) fn binary(shell: &Shell, left: &Text, op: &str, right: &Text) -> Outcome {
    match op {
        "=" | "==" => Ok(equal(left, right)),
        "!=" => Ok(equal(left, right).not()),
        "<" | ">" => Ok(match (left.known(), right.known()) {
            (Some(a), Some(b)) if a.is_ascii() && b.is_ascii() && !crate::expand::has_other_locale(shell) => {
                Tri::from(if op == "<" { a < b } else { a > b })
            }
            _ => Tri::Maybe,
        }),
        "-nt" | "-ot" => {
            match (disk::exists(&shell.find_text(left, true)), disk::exists(&shell.find_text(right, true))) {
                (Some(false), Some(false)) => Ok(Tri::No),
                _ => Ok(Tri::Maybe),
            }
        }
        "-ef" => Ok(match (shell.find_text(left, true), shell.find_text(right, true)) {
            (Found::Node(a), Found::Node(b)) if a.path == b.path => Tri::Yes,
            (Found::Missing { .. }, _) | (_, Found::Missing { .. }) => Tri::No,
            _ => Tri::Maybe,
        }),
        _ => numbers(left, op, right),
    }
}

fn numbers(left: &Text, op: &str, right: &Text) -> Outcome {
    let (Some(a), Some(b)) = (number(left)?, number(right)?) else { return Ok(Tri::Maybe) };
    Ok(Tri::from(match op {
        "-eq" => a == b,
        "-ne" => a != b,
        "-lt" => a < b,
        "-le" => a <= b,
        "-gt" => a > b,
        "-ge" => a >= b,
        _ => return Err(Fault::Refused),
    }))
}

/// A number: blanks around it and a sign are allowed. `Ok(None)` where it is not known.
fn number(text: &Text) -> Result<Option<i64>, Fault> {
    let Some(known) = text.known() else { return Ok(None) };
    let trimmed = known.trim_matches([' ', '\t', '\n']);
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::Refused);
    }
    trimmed.strip_prefix('+').unwrap_or(trimmed).parse().map(Some).map_err(|_| Fault::Refused)
}

/// Whether two words are the same.
pub(crate) fn equal(left: &Text, right: &Text) -> Tri {
    match (left.known(), right.known()) {
        (Some(a), Some(b)) => Tri::from(a == b),
        (None, None) => {
            let pointers = |t: &Text| -> Vec<(usize, *const imgscan_model::Opaque)> {
                t.holes().map(|(range, o)| (range.start, std::ptr::from_ref(o))).collect()
            };
            let same = left.raw() == right.raw() && pointers(left) == pointers(right);
            if same { Tri::Yes } else { Tri::Maybe }
        }
        (Some(known), None) | (None, Some(known)) => {
            let text = if left.known().is_some() { right } else { left };
            let units: Vec<Unit> = known.chars().map(|c| Unit::Char(c, true)).collect();
            Pattern::of(&units).matches(text)
        }
    }
}
