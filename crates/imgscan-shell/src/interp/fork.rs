//! Conditions that cannot be told: both ways are followed.

use std::sync::Arc;

use super::{End, Interp, Paths};
use crate::outcome::Status;
use crate::shell::{Fact, Shell};

impl Interp<'_> {
    /// Goes on by whether the last status is a success. Where that is not known both ways are followed, success
    /// first; `bails` names a way that looks as if it ended the shell: it is followed first, and where nothing comes
    /// of it the other way carries no condition.
    pub(super) fn decide(
        &mut self,
        mut shell: Box<Shell>,
        mut go: impl FnMut(&mut Self, Box<Shell>, bool) -> Paths,
        bails: Option<bool>,
    ) -> Paths {
        if let Some(holds) = shell.local.status.is_success() {
            return go(self, shell, holds);
        }
        if let Some(holds) = known_fact(&shell) {
            settle_status(&mut shell, holds);
            return go(self, shell, holds);
        }
        self.unknowns += 1;
        let Some(bails) = bails else {
            let mut other = shell.clone();
            assume(&mut shell, true);
            assume(&mut other, false);
            let mut paths = go(self, shell, true);
            paths.extend(go(self, other, false));
            return paths;
        };
        let mut ending = shell.clone();
        assume(&mut ending, bails);
        let before = self.levels.last().map_or(0, Vec::len);
        let staying = ending.world.staying.len();
        let mut others = go(self, ending, bails);
        let dead = others.is_empty() && self.ended_in_failure(before, staying);
        let condition = shell.world.condition.clone();
        assume(&mut shell, !bails);
        if dead {
            shell.world.condition = condition;
        }
        let mut paths = go(self, shell, !bails);
        paths.append(&mut others);
        paths
    }

    /// Whether all paths that ended since `before` ended with a failure and without a program that stays.
    pub(super) fn ended_in_failure(&self, before: usize, staying: usize) -> bool {
        let Some(level) = self.levels.last() else { return false };
        level.iter().skip(before).all(|ended| {
            matches!(&ended.end, End::Exit(status) if status.is_success() != Some(true))
                && ended.shell.world.staying.len() == staying
        })
    }
}

/// What an unknown status was found to be on this path already.
pub(super) fn known_fact(shell: &Shell) -> Option<bool> {
    let key = shell.local.status_key.as_ref()?;
    let (key, straight) = key.strip_prefix('!').map_or((key.as_str(), true), |key| (key, false));
    shell.world.facts.iter().find(|fact| fact.key == key).map(|fact| fact.holds == straight)
}

pub(super) fn settle_status(shell: &mut Shell, holds: bool) {
    if let Status::Unknown(what) = shell.local.status.clone() {
        shell.set_status(if holds { Status::Known(0) } else { Status::Failed(what) });
    }
}

/// Goes on as if the unknown status were a success or not, and notes the condition.
pub(super) fn assume(shell: &mut Shell, holds: bool) {
    let Status::Unknown(what) = shell.local.status.clone() else { return };
    if let Some(key) = shell.local.status_key.take() {
        let fact = match key.strip_prefix('!') {
            Some(key) => Fact { key: key.to_owned(), holds: !holds },
            None => Fact { key, holds },
        };
        shell.world.facts.push(fact);
    }
    shell.world.condition.push(Arc::from(condition(&what, holds)));
    settle_status(shell, holds);
}

/// The status that `!` makes of the last one.
pub(super) fn negate(shell: &mut Shell) {
    let key = shell.local.status_key.take();
    let status = match shell.local.status.clone() {
        Status::Known(n) => Status::Known(u8::from(n == 0)),
        Status::Failed(_) => Status::Known(0),
        Status::Unknown(what) => Status::Unknown(match what.strip_prefix("! ") {
            Some(what) => what.to_owned(),
            None => format!("! {what}"),
        }),
    };
    shell.set_status(status);
    shell.local.status_key = key.map(|key| match key.strip_prefix('!') {
        Some(key) => key.to_owned(),
        None => format!("!{key}"),
    });
}

/// A condition in words: tests hold or not, commands succeed or fail.
fn condition(what: &str, holds: bool) -> String {
    if let Some(what) = what.strip_prefix("! ") {
        return condition(what, !holds);
    }
    let is_test = what.starts_with('[') || what.starts_with("test ") || what.starts_with("((");
    match (is_test, holds) {
        (true, true) => format!("`{what}` holds"),
        (true, false) => format!("`{what}` does not hold"),
        (false, true) => format!("`{what}` succeeds"),
        (false, false) => format!("`{what}` fails"),
    }
}
