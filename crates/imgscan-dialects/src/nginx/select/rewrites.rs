//! The directives of the rewrite module, played in their order.

use super::Step;
use super::decisions::Decisions;
use super::play::Play;
use crate::nginx::check::regex::Pattern;
use crate::nginx::check::rewrite::{Condition, condition, is_elsewhere};
use crate::nginx::config::{BlockId, Entry, Fate};
use crate::nginx::units;

/// How the directives of a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// They ran to the end, or to a `break`.
    On,
    /// The URI has changed: a location is looked for again.
    Again,
    /// nginx answers itself; `true` where error pages may replace the answer.
    Status(u16, bool),
}

/// How one directive ended.
enum One {
    Next,
    Stop,
    Status(u16, bool),
}

impl Play<'_> {
    /// Plays the directives of a server or a location.
    pub(super) fn rewrites(&mut self, block: BlockId, decisions: &mut Decisions) -> Flow {
        self.uri_changed = false;
        match self.directives(block, decisions) {
            One::Status(status, pages) => Flow::Status(status, pages),
            One::Next | One::Stop if self.uri_changed => Flow::Again,
            One::Next | One::Stop => Flow::On,
        }
    }

    fn directives(&mut self, block: BlockId, decisions: &mut Decisions) -> One {
        let read = self.read;
        for entry in &read.config.block(block).entries {
            if entry.fate == Fate::Refused || entry.row.is_none_or(|r| r.foreign) {
                continue;
            }
            let one = match entry.name() {
                "set" => self.set(entry),
                "rewrite" => self.rewrite(entry, decisions),
                "return" => self.return_(entry),
                "break" => {
                    self.uri_changed = false;
                    One::Stop
                }
                "if" => self.if_(entry, decisions),
                _ => One::Next,
            };
            match one {
                One::Next => {}
                stop => return stop,
            }
        }
        One::Next
    }

    fn set(&mut self, entry: &Entry) -> One {
        let args: Vec<&str> = entry.args().collect();
        if let [name, value] = args.as_slice() {
            let known = if self.read.config.has_hole(entry) { None } else { self.expand(value) };
            let name = name.trim_start_matches('$').to_ascii_lowercase();
            if name == "args" {
                self.args = known.clone();
            }
            self.variables.insert(name, known);
        }
        One::Next
    }

    fn return_(&mut self, entry: &Entry) -> One {
        let args: Vec<&str> = entry.args().collect();
        let code = args.first().copied().unwrap_or_default();
        match units::number(code).and_then(|n| u16::try_from(n).ok()) {
            Some(status) => {
                let has_text = args.get(1).is_some_and(|t| !t.is_empty());
                One::Status(status, status >= 400 && !has_text)
            }
            None => One::Status(302, false),
        }
    }

    fn rewrite(&mut self, entry: &Entry, decisions: &mut Decisions) -> One {
        let args: Vec<&str> = entry.args().collect();
        let (Some(pattern), Some(replacement)) = (args.first(), args.get(1)) else { return One::Next };
        let flag = args.get(2).copied().unwrap_or_default();
        let found = match &self.uri {
            Some(uri) => Pattern::new(pattern, false).captures(uri).ok(),
            None => None,
        };
        match found {
            Some(None) => return One::Next,
            Some(Some(captures)) => self.capture(captures),
            None if !decisions.next() => return One::Next,
            None => self.captures = None,
        }
        let redirects = is_elsewhere(replacement) || matches!(flag, "redirect" | "permanent");
        if redirects {
            return One::Status(if flag == "permanent" { 301 } else { 302 }, false);
        }
        self.replace_uri(replacement);
        match flag {
            "break" => {
                self.uri_changed = false;
                One::Stop
            }
            "last" => One::Stop,
            _ => One::Next,
        }
    }

    /// The new URI: a question mark starts new arguments, the old ones follow unless it stands at the end.
    fn replace_uri(&mut self, replacement: &str) {
        self.uri_changed = true;
        let keeps = !replacement.ends_with('?');
        let text = replacement.strip_suffix('?').unwrap_or(replacement);
        let (path, args) = match text.split_once('?') {
            Some((path, args)) => (path, Some(args)),
            None => (text, None),
        };
        let new_args = args.map(|a| self.expand(a));
        let old = self.args.clone();
        self.uri = self.expand(path).map(|p| if p.starts_with('/') { p } else { format!("/{p}") });
        self.args = match (new_args, keeps) {
            (None, true) => old,
            (None, false) => Some(String::new()),
            (Some(new), false) => new,
            (Some(new), true) => match (new, old) {
                (Some(new), Some(old)) if old.is_empty() => Some(new),
                (Some(new), Some(old)) if new.is_empty() => Some(old),
                (Some(new), Some(old)) => Some(format!("{new}&{old}")),
                _ => None,
            },
        };
    }

    fn if_(&mut self, entry: &Entry, decisions: &mut Decisions) -> One {
        let Some(block) = entry.block else { return One::Next };
        let args: Vec<&str> = entry.args().collect();
        let holds = match condition(&args) {
            Ok(condition) if !self.read.config.has_hole(entry) => self.holds(&condition),
            _ => None,
        };
        let holds = match holds {
            Some(holds) => holds,
            None => {
                let holds = decisions.next();
                let word = if holds { "if" } else { "unless" };
                self.notes.push(format!("{word} {}", args.join(" ")));
                holds
            }
        };
        if !holds {
            return One::Next;
        }
        // In a server an `if` holds no configuration of its own.
        if self.read.config.location(block).is_some() {
            self.conf = block;
            self.steps.push((block, Step::If));
        }
        self.directives(block, decisions)
    }

    /// Whether a condition holds; `None` where that is not known.
    fn holds(&mut self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::IsSet(name) => self.variable(name).map(|v| !v.is_empty() && v != "0"),
            Condition::Equals { name, text, negated } => {
                Some((self.variable(name)? == self.expand(text)?) != *negated)
            }
            Condition::Matches { name, pattern, caseless, negated } => {
                let value = self.variable(name)?;
                let found = Pattern::new(pattern, *caseless).captures(&value).ok()?;
                let matches = found.is_some();
                if let Some(captures) = found {
                    self.capture(captures);
                }
                Some(matches != *negated)
            }
            Condition::File { test, text, negated } => {
                let path = self.expand(text)?;
                Some(self.file_test(*test, &path)? != *negated)
            }
        }
    }
}
