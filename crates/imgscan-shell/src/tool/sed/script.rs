//! What a `sed` script is made of.

use imgscan_model::Text;

use super::read::Reader;
use crate::regex::Regex;

/// A place in the input.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Line(usize),
    Last,
    /// `None` is the last expression used.
    Match(Option<Regex>),
    /// GNU's `first~step`.
    Step(usize, usize),
    /// GNU's `addr,+n`.
    Plus(usize),
    /// GNU's `0,/re/`.
    Zero,
}

/// A piece of a replacement.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Text),
    /// `&` (0) or `\1` and so on.
    Group(usize),
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Block(usize),
    EndBlock,
    Label,
    Branch(Option<usize>),
    BranchIfReplaced { to: Option<usize>, wanted: bool },
    Substitute { regex: Option<Regex>, with: Vec<Piece>, all: bool, number: usize, print: bool },
    Append(Text),
    Insert(Text),
    Change(Text),
    Delete,
    DeleteFirst,
    Print,
    PrintFirst,
    Next,
    AddNext,
    Hold(bool),
    Get(bool),
    Exchange,
    Quit { code: u8, print: bool },
    LineNumber,
    Translate(Vec<(char, char)>),
}

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub from: Option<Address>,
    pub to: Option<Address>,
    pub negated: bool,
    pub action: Action,
}

/// A script as read.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub commands: Vec<Command>,
}

impl Script {
    /// Reads a script; `None` where it is refused or not followed.
    pub(super) fn read(text: &Text, extended: bool, gnu: bool) -> Option<Script> {
        let mut reader = Reader::new(text, extended, gnu);
        reader.script()?;
        for (command, label) in &reader.jumps {
            let target = if label.is_empty() {
                None
            } else {
                Some(reader.labels.iter().find(|(name, _)| name == label)?.1)
            };
            match &mut reader.commands.get_mut(*command)?.action {
                Action::Branch(to) | Action::BranchIfReplaced { to, .. } => *to = target,
                _ => {}
            }
        }
        reader.blocks.is_empty().then_some(Script { commands: reader.commands })
    }

    /// Whether it could end with another status than 0.
    pub(super) fn may_fail(&self) -> bool {
        self.commands.iter().any(|c| matches!(c.action, Action::Quit { code, .. } if code != 0))
    }

    /// Whether nothing is in it.
    pub(super) fn is_harmless(&self) -> bool {
        self.commands.is_empty()
    }
}
