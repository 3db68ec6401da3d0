//! `case`.

use std::sync::Arc;

use imgscan_model::Text;

use super::{Flow, Interp, Path, Paths, Stop, branch, done};
use crate::pattern::{Pattern, Tri};
use crate::shell::{Fact, Shell, shown};
use crate::syntax::tree::{Arm, ArmEnd, Span, Word};

impl Interp<'_> {
    pub(super) fn case_command(
        &mut self,
        subject: &Word,
        arms: &[Arm],
        span: Span,
        mut shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        shell.local.command = Span { start: span.start, end: subject.span.end };
        let text = match self.single(&mut shell, subject) {
            Ok(text) => text,
            Err(stop) => return self.stop(shell, stop),
        };
        let paths = self.arms(&text, subject, arms, shell, tested);
        self.settle(paths)
    }

    /// Tries the arms in order. An arm that may match forks the path.
    fn arms(&mut self, text: &Text, subject: &Word, arms: &[Arm], shell: Box<Shell>, tested: bool) -> Paths {
        let mut shell = shell;
        let mut paths = Vec::new();
        for (i, arm) in arms.iter().enumerate() {
            let matched = match self.arm_matches(text, arm, &mut shell) {
                Ok(matched) => matched,
                Err(stop) => {
                    paths.extend(self.stop(shell, stop));
                    return paths;
                }
            };
            let rest = arms.get(i..).unwrap_or(&[]);
            match matched {
                Tri::No => {}
                Tri::Yes => {
                    paths.extend(self.taken(text, subject, rest, shell, tested));
                    return paths;
                }
                Tri::Maybe => {
                    let condition = condition(&shell, subject, arm);
                    let key = format!("case {}", text.display());
                    let fact = Fact { key: format!("{key} {condition}"), holds: true };
                    let known = shell.world.facts.iter().find(|f| f.key == fact.key).map(|f| f.holds);
                    match known {
                        Some(true) => {
                            paths.extend(self.taken(text, subject, rest, shell, tested));
                            return paths;
                        }
                        Some(false) => continue,
                        None => {}
                    }
                    let before = shell.world.condition.clone();
                    let mut taken = shell.clone();
                    taken.world.condition.push(Arc::from(format!("{condition} holds")));
                    taken.world.facts.push(fact.clone());
                    let staying = taken.world.staying.len();
                    let ended = self.levels.last().map_or(0, Vec::len);
                    let bails = branch::bails_out(&shell.local.unit, &arm.body);
                    let new = self.taken(text, subject, rest, taken, tested);
                    let dead = bails && new.is_empty() && self.ended_in_failure(ended, staying);
                    paths.extend(new);
                    shell.world.facts.push(Fact { holds: false, ..fact });
                    shell.world.condition = before;
                    if !dead {
                        shell.world.condition.push(Arc::from(format!("{condition} does not hold")));
                    }
                }
            }
        }
        paths.extend(done(shell, 0));
        paths
    }

    fn arm_matches(&mut self, text: &Text, arm: &Arm, shell: &mut Shell) -> Result<Tri, Stop> {
        let mut any = Tri::No;
        for pattern in &arm.patterns {
            let pattern = self.pattern(shell, pattern)?;
            self.steps(shell, 1 + (text.len() * pattern.atoms.len() / 256) as u64)?;
            match matches_in_case(shell, &pattern, text) {
                Tri::Yes => return Ok(Tri::Yes),
                Tri::Maybe => any = Tri::Maybe,
                Tri::No => {}
            }
        }
        Ok(any)
    }

    /// Runs the first arm of `arms`, and what it falls through to.
    fn taken(&mut self, text: &Text, subject: &Word, arms: &[Arm], shell: Box<Shell>, tested: bool) -> Paths {
        let Some((arm, rest)) = arms.split_first() else { return done(shell, 0) };
        let paths =
            if arm.body.items.is_empty() { done(shell, 0) } else { self.list(&arm.body, shell, tested) };
        if arm.end == ArmEnd::Leave {
            return paths;
        }
        let mut after = Vec::new();
        for Path { shell, flow } in paths {
            match (flow, arm.end) {
                (Flow::Next, ArmEnd::Fall) if !rest.is_empty() => {
                    after.extend(self.taken(text, subject, rest, shell, tested));
                }
                (Flow::Next, ArmEnd::TestNext) => {
                    after.extend(self.nested(shell, |i, shell| i.arms(text, subject, rest, shell, tested)));
                }
                _ => after.push(Path { shell, flow }),
            }
        }
        after
    }
}

/// Whether a pattern of `case` or `[[` matches, `nocasematch` minded.
pub(crate) fn matches_in_case(shell: &Shell, pattern: &Pattern, text: &Text) -> Tri {
    let matched = pattern.matches(text);
    if shell.local.shopts.nocasematch && matched == Tri::No { Tri::Maybe } else { matched }
}

fn condition(shell: &Shell, subject: &Word, arm: &Arm) -> String {
    let unit = &shell.local.unit;
    let patterns: Vec<&str> = arm.patterns.iter().map(|p| unit.raw(p.span)).collect();
    format!("`case {} in {})`", shown(unit.raw(subject.span)), shown(&patterns.join("|")))
}
