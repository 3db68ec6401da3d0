//! Loops.
//!
//! Turn after turn is followed as it stands, as long as it is known whether the loop goes on. Where a turn may or may
//! not be the last (`until nc -z db 5432`), the number of turns is not known: what the body changes is unknown from
//! there on, one turn more is followed for what it may start, and the script goes on behind the loop.
//!
//! To tell which it is, a turn is first tried without telling the host.

use std::collections::BTreeSet;

use imgscan_model::Text;

use super::{End, Flow, Interp, Path, Paths, join, settle};
use crate::arith::Num;
use crate::outcome::Status;
use crate::shell::Shell;
use crate::shell::descriptor::Description;
use crate::syntax::tree::{Arith, List, Span, Word};
use crate::{expand, texts};

/// What drives a loop.
enum Driver<'a> {
    While { until: bool, condition: &'a List },
    For { name: String, items: Vec<Text> },
    Arith { condition: &'a Arith, step: &'a Arith },
}

struct Loop<'a> {
    driver: Driver<'a>,
    body: &'a List,
    tested: bool,
}

/// Shells one beside the other, in the boxes that their paths hold them in.
#[allow(clippy::vec_box)] // Taking a shell out of its box and into another copies all of it.
type Shells = Vec<Box<Shell>>;

/// What comes of one turn.
#[derive(Default)]
struct Turn {
    /// Paths that leave the loop.
    leave: Paths,
    /// Shells that go on to the next turn.
    go_on: Shells,
    /// Whether whether it is the last turn hangs on something unknown.
    unsure: bool,
}

/// What a trial of a turn shows.
enum Trial {
    /// Nothing in it is unknown.
    Plain,
    /// Something is, but not whether the loop goes on.
    Forks,
    /// It is not known whether the loop goes on.
    Unsure,
}

/// What a body changes.
#[derive(Default, PartialEq, Clone)]
struct Changed {
    names: BTreeSet<String>,
    files: BTreeSet<String>,
    positional: bool,
    cwd: bool,
    descriptions: BTreeSet<usize>,
    /// Collected output that it adds to.
    captures: BTreeSet<usize>,
}

const REASON: &str = "it is set in a loop of which it is not known how often it turns";

impl Interp<'_> {
    pub(super) fn while_loop(
        &mut self,
        until: bool,
        condition: &List,
        body: &List,
        shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        self.looped(&Loop { driver: Driver::While { until, condition }, body, tested }, shell)
    }

    pub(super) fn for_loop(
        &mut self,
        name: Span,
        words: Option<&[Word]>,
        body: &List,
        mut shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        shell.local.command = name;
        let items = match words {
            None => shell.local.positional.clone(),
            Some(words) => match self.fields(&mut shell, words) {
                Ok(items) => items,
                Err(stop) => return self.stop(shell, stop),
            },
        };
        let name = shell.local.unit.raw(name).to_owned();
        self.looped(&Loop { driver: Driver::For { name, items }, body, tested }, shell)
    }

    pub(super) fn arith_loop(
        &mut self,
        (init, condition, step): (&Arith, &Arith, &Arith),
        body: &List,
        mut shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        if !init.parts.is_empty()
            && let Err(stop) = self.arithmetic(&mut shell, init)
        {
            return self.stop(shell, stop);
        }
        self.looped(&Loop { driver: Driver::Arith { condition, step }, body, tested }, shell)
    }

    fn looped(&mut self, looped: &Loop<'_>, mut shell: Box<Shell>) -> Paths {
        shell.local.loops += 1;
        let mut left: Paths = Vec::new();
        let mut heads = vec![shell];
        let mut tries = true;
        for turn in 0.. {
            if heads.is_empty() {
                break;
            }
            let mut next_heads = Vec::new();
            for head in heads {
                let trial = if tries { self.trial(looped, turn, &head) } else { Trial::Plain };
                match trial {
                    Trial::Unsure => {
                        left.extend(self.unknown_turns(looped, turn, head));
                        continue;
                    }
                    Trial::Plain => tries = false,
                    Trial::Forks => {}
                }
                let seen = usize::is_power_of_two(turn + 1).then(|| head.clone());
                let ended = self.levels.last().map_or(0, Vec::len);
                let Turn { leave, mut go_on, .. } = self.turn(looped, turn, head);
                left.extend(leave);
                if let Some(seen) = seen {
                    go_on.retain(|shell| !unchanged(looped, &seen, shell));
                    if go_on.is_empty() && left.is_empty() && self.levels.last().map_or(0, Vec::len) == ended
                    {
                        self.forever(seen);
                    }
                }
                next_heads.extend(go_on);
            }
            let paths = next_heads.into_iter().map(|shell| Path { shell, flow: Flow::Next }).collect();
            let paths = self.settle(paths);
            tries |= paths.len() > 1;
            heads = paths.into_iter().map(|path| path.shell).collect();
        }
        for path in &mut left {
            path.shell.local.loops = path.shell.local.loops.saturating_sub(1);
        }
        self.settle(left)
    }

    /// A loop that changes nothing and that nothing ends.
    fn forever(&mut self, shell: Box<Shell>) {
        let (origin, what) = (shell.here(), "a loop without end".to_owned());
        self.end(shell, End::Stays { origin, what });
    }

    /// One turn from this head.
    fn turn(&mut self, looped: &Loop<'_>, turn: usize, mut head: Box<Shell>) -> Turn {
        if let Err(stop) = self.step(&mut head) {
            return Turn { leave: self.stop(head, stop), ..Turn::default() };
        }
        let before = if turn == 0 { Status::Known(0) } else { head.local.status.clone() };
        let mut result = Turn::default();
        let enters = match &looped.driver {
            Driver::For { name, items } => match items.get(turn) {
                Some(item) if expand::is_open(item) => {
                    result.unsure = true;
                    self.enter_for(name, item.clone(), head)
                }
                Some(item) => self.enter_for(name, item.clone(), head),
                None => {
                    head.set_status(before);
                    result.leave.push(Path { shell: head, flow: Flow::Next });
                    Vec::new()
                }
            },
            Driver::While { until, condition } => {
                self.test_while(*until, condition, &before, head, &mut result)
            }
            Driver::Arith { condition, .. } => self.test_arith(condition, &before, head, &mut result),
        };
        for shell in enters {
            let paths = self.list(looped.body, shell, looped.tested);
            for path in paths {
                self.after_body(looped, path, &mut result);
            }
        }
        result
    }

    fn enter_for(&mut self, name: &str, item: Text, mut shell: Box<Shell>) -> Shells {
        if shell.is_readonly(name) {
            let stop = super::assign::readonly_error(&shell);
            self.stop(shell, stop);
            return Vec::new();
        }
        let origin = shell.here();
        shell.assign(name, item.through(&origin));
        vec![shell]
    }

    /// The condition of `while` or `until`: the shells that enter the body.
    fn test_while(
        &mut self,
        until: bool,
        condition: &List,
        before: &Status,
        head: Box<Shell>,
        result: &mut Turn,
    ) -> Shells {
        let mut enters = Vec::new();
        for Path { mut shell, flow } in self.list(condition, head, true) {
            if flow != Flow::Next {
                self.leave_by(Path { shell, flow }, result);
                continue;
            }
            let holds = shell.local.status.is_success().or_else(|| super::fork::known_fact(&shell));
            match holds {
                Some(holds) if holds != until => enters.push(shell),
                Some(_) => {
                    shell.set_status(before.clone());
                    result.leave.push(Path { shell, flow: Flow::Next });
                }
                None => {
                    result.unsure = true;
                    let mut leaves = shell.clone();
                    leaves.set_status(before.clone());
                    result.leave.push(Path { shell: leaves, flow: Flow::Next });
                    super::fork::assume(&mut shell, !until);
                    enters.push(shell);
                }
            }
        }
        enters
    }

    fn test_arith(
        &mut self,
        condition: &Arith,
        before: &Status,
        mut head: Box<Shell>,
        result: &mut Turn,
    ) -> Shells {
        let value = if condition.parts.is_empty() {
            Ok(Ok(Num::Known(1)))
        } else {
            self.arithmetic(&mut head, condition)
        };
        match value {
            Err(stop) => {
                result.leave.extend(self.stop(head, stop));
                Vec::new()
            }
            Ok(Ok(Num::Known(0))) => {
                head.set_status(before.clone());
                result.leave.push(Path { shell: head, flow: Flow::Next });
                Vec::new()
            }
            Ok(Ok(Num::Known(_))) => vec![head],
            Ok(_) => {
                result.unsure = true;
                result.leave.push(Path { shell: head.clone(), flow: Flow::Next });
                vec![head]
            }
        }
    }

    /// Where a path goes after the body.
    fn after_body(&mut self, looped: &Loop<'_>, path: Path, result: &mut Turn) {
        let Path { mut shell, flow } = path;
        if !matches!(flow, Flow::Next | Flow::Continue(1)) {
            return self.leave_by(Path { shell, flow }, result);
        }
        if let Driver::Arith { step, .. } = &looped.driver
            && !step.parts.is_empty()
        {
            let status = shell.local.status.clone();
            if let Err(stop) = self.arithmetic(&mut shell, step) {
                result.leave.extend(self.stop(shell, stop));
                return;
            }
            shell.set_status(status);
        }
        result.go_on.push(shell);
    }

    /// A path that leaves the loop, or goes on in an outer one.
    fn leave_by(&mut self, path: Path, result: &mut Turn) {
        let flow = match path.flow {
            Flow::Break(n) if n > 1 => Flow::Break(n - 1),
            Flow::Continue(n) if n > 1 => Flow::Continue(n - 1),
            Flow::Break(_) | Flow::Continue(_) | Flow::Next => Flow::Next,
            other => other,
        };
        result.leave.push(Path { shell: path.shell, flow });
    }

    /// Tries a turn without telling the host.
    fn trial(&mut self, looped: &Loop<'_>, turn: usize, head: &Shell) -> Trial {
        let unknowns = self.unknowns;
        let result = self.muted(|i| i.turn(looped, turn, Box::new(head.clone())));
        if result.unsure || !result.leave.is_empty() && !result.go_on.is_empty() {
            Trial::Unsure
        } else if self.unknowns != unknowns || result.go_on.len() > 1 {
            Trial::Forks
        } else {
            Trial::Plain
        }
    }

    /// Follows a subshell for what it changes only.
    pub(super) fn muted_level(&mut self, inner: impl FnOnce(&mut Self)) -> Vec<super::Ended> {
        self.mute += 1;
        self.levels.push(Vec::new());
        inner(self);
        self.mute -= 1;
        self.levels.pop().unwrap_or_default()
    }

    /// Follows something for what it changes only.
    fn muted<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.mute += 1;
        self.levels.push(Vec::new());
        let result = inner(self);
        self.levels.pop();
        self.mute -= 1;
        result
    }

    /// From here on it is not known how often the loop turns.
    fn unknown_turns(&mut self, looped: &Loop<'_>, turn: usize, mut head: Box<Shell>) -> Paths {
        let mut changed = Changed::default();
        for round in 0.. {
            let from = self.forgetful(looped, &head, &changed);
            let result = self.muted(|i| i.turn(&looped.any_turn(), turn.min(1), Box::new(from.clone())));
            let mut grown = changed.clone();
            for shell in &result.go_on {
                if !join::can_join(&from, shell) {
                    self.lose(
                        head,
                        "a loop changes more than variables and files, and how often is not known",
                    );
                    return Vec::new();
                }
                grown.add(&from, shell);
            }
            if grown == changed {
                break;
            }
            changed = grown;
            if round > 8 {
                self.lose(head, "what a loop changes could not be found out");
                return Vec::new();
            }
        }
        head = Box::new(self.forgetful(looped, &head, &changed));
        self.last_turns(looped, turn, head)
    }

    /// One turn that stands for any, and the way out of the loop.
    fn last_turns(&mut self, looped: &Loop<'_>, turn: usize, head: Box<Shell>) -> Paths {
        let conditions = head.world.condition.clone();
        let facts = head.world.facts.clone();
        let ended = self.levels.last().map_or(0, Vec::len);
        let mut out: Paths = Vec::new();
        if matches!(looped.driver, Driver::For { .. }) {
            out.push(Path { shell: head.clone(), flow: Flow::Next });
        }
        let seen = head.clone();
        let Turn { leave, .. } = self.turn(&looped.any_turn(), turn.min(1), head);
        out.extend(leave);
        if out.is_empty() && self.levels.last().map_or(0, Vec::len) == ended {
            self.forever(seen);
            return out;
        }
        for path in &mut out {
            // What a test said in one turn it need not say after it.
            path.shell.world.facts.clone_from(&facts);
        }
        let mut out = self.settle(out);
        if let [path] = out.as_mut_slice() {
            path.shell.world.condition = conditions;
        }
        out
    }

    /// The shell with what the loop changes not known.
    fn forgetful(&self, looped: &Loop<'_>, head: &Shell, changed: &Changed) -> Shell {
        let mut shell = head.clone();
        let here = shell.here();
        for name in &changed.names {
            join::forget(&mut shell, name, REASON);
        }
        if let Driver::For { name, items } = &looped.driver {
            let needs = texts::needs_of(items);
            shell.assign(name, texts::unknown("it is one of the words of a loop", needs, &here));
        }
        if changed.positional {
            shell.local.positional = vec![texts::unknown(REASON, Vec::new(), &here).unquoted()];
        }
        if changed.cwd {
            shell.local.cwd = texts::unknown(REASON, Vec::new(), &here);
        }
        for path in &changed.files {
            shell
                .world
                .files
                .doubt(path, "it is written in a loop of which it is not known how often it turns");
            shell.files_changed();
        }
        for index in &changed.descriptions {
            if let Some(description) = shell.world.descriptions.get_mut(*index) {
                *description = Description::Other(REASON.to_owned());
            }
        }
        for index in &changed.captures {
            if let Some(capture) = shell.world.captures.get_mut(*index) {
                capture.lose("it is written in a loop of which it is not known how often it turns");
            }
        }
        let what = shell.command_text();
        shell.set_status(Status::Unknown(what));
        shell
    }
}

impl<'a> Loop<'a> {
    /// The loop with a turn that stands for any: a `for` has one word, which is not known.
    fn any_turn(&self) -> Loop<'a> {
        let driver = match &self.driver {
            Driver::While { until, condition } => Driver::While { until: *until, condition },
            Driver::Arith { condition, step } => Driver::Arith { condition, step },
            Driver::For { name, items } => {
                let here = items.first().and_then(Text::whole).map(|place| place.origin);
                let origin = here.unwrap_or(imgscan_model::Origin::Runtime { what: "loop".into() });
                let word =
                    texts::unknown("it is one of the words of a loop", texts::needs_of(items), &origin);
                Driver::For { name: name.clone(), items: vec![word.clone(), word] }
            }
        };
        Loop { driver, body: self.body, tested: self.tested }
    }
}

impl Changed {
    fn add(&mut self, before: &Shell, after: &Shell) {
        let names = before.local.variables.iter().chain(after.local.variables.iter()).map(|(name, _)| name);
        for name in names {
            let (old, new) = (before.local.variables.get(name), after.local.variables.get(name));
            if old != new {
                self.names.insert(name.to_owned());
            }
        }
        self.positional |= before.local.positional != after.local.positional;
        self.cwd |= before.local.cwd != after.local.cwd;
        if before.world.epoch != after.world.epoch {
            let files = before.world.files.changed().chain(after.world.files.changed());
            for path in files {
                if !settle::same_file(&before.world.files, &after.world.files, path) {
                    self.files.insert(path.to_owned());
                }
            }
        }
        for (index, (old, new)) in before.world.descriptions.iter().zip(&after.world.descriptions).enumerate()
        {
            if old != new {
                self.descriptions.insert(index);
            }
        }
        for (index, (old, new)) in before.world.captures.iter().zip(&after.world.captures).enumerate() {
            if old != new {
                self.captures.insert(index);
            }
        }
    }
}

/// Whether a turn left everything as it was, so that the next would do the same again.
fn unchanged(looped: &Loop<'_>, before: &Shell, after: &Shell) -> bool {
    !matches!(looped.driver, Driver::For { .. }) && settle::same(before, after)
}
