//! Running a `sed` script over lines.

use std::ops::Range;

use imgscan_model::{Text, limits};

use super::super::{Flavor, Job};
use super::script::{Action, Address, Command, Piece, Script};
use crate::regex::Regex;
use crate::texts::{self, Builder};

/// What came out.
pub(super) struct Done {
    pub text: Text,
    /// The status with which `q` ended it.
    pub quit: Option<u8>,
}

struct Machine<'a> {
    script: &'a Script,
    lines: Vec<Text>,
    /// Whether the last line of the input has a newline.
    ended: bool,
    /// Number of the line in the pattern space, from 1.
    line: usize,
    space: Text,
    hold: Text,
    replaced: bool,
    quiet: bool,
    out: Vec<Text>,
    /// Whether a line was written without its newline.
    open_line: bool,
    size: usize,
    /// Written when the line is done.
    appended: Vec<Text>,
    /// For each command with two addresses, the line on which its range ends (or that it is open).
    ranges: Vec<Option<Open>>,
    last_regex: Option<&'a Regex>,
    newline: Text,
    left: usize,
    flavor: Flavor,
}

/// An open range of lines.
#[derive(Clone, Copy)]
enum Open {
    UntilLine(usize),
    UntilMatch,
}

/// How a cycle ends.
enum End {
    Normal,
    /// `d`: nothing is printed.
    Deleted,
    /// `D` with a newline left: the next cycle begins without reading.
    Restart,
    Quit(u8),
}

/// Runs a script over inputs, one after another as one; `None` where what it does is not known.
pub(super) fn run(script: &Script, inputs: &[Text], quiet: bool, job: &mut Job<'_>) -> Option<Done> {
    let newline = job.new_text("\n");
    let mut lines = Vec::new();
    let mut ended = true;
    for input in inputs {
        // A last line without a newline gets one if another file follows.
        let (ranges, has_newline) = texts::lines(input);
        if !ranges.is_empty() {
            ended = has_newline;
        }
        job.charge(1 + ranges.len() as u64)?;
        lines.extend(ranges.into_iter().map(|range: Range<usize>| input.slice(range)));
    }
    let empty = newline.slice(0..0);
    let mut machine = Machine {
        script,
        lines,
        ended,
        line: 0,
        space: empty.clone(),
        hold: empty,
        replaced: false,
        quiet,
        out: Vec::new(),
        open_line: false,
        size: 0,
        appended: Vec::new(),
        ranges: vec![None; script.commands.len()],
        last_regex: None,
        newline,
        left: 2_000_000,
        flavor: job.flavor,
    };
    let quit = machine.cycles(job)?;
    let text =
        if machine.out.is_empty() { machine.newline.slice(0..0) } else { Text::concat(machine.out.iter()) };
    Some(Done { text, quit })
}

impl<'a> Machine<'a> {
    fn cycles(&mut self, job: &mut Job<'_>) -> Option<Option<u8>> {
        let mut restart = false;
        loop {
            if !restart && !self.read() {
                return Some(None);
            }
            job.charge(1)?;
            let end = self.cycle()?;
            if matches!(end, End::Normal) && !self.quiet {
                self.print(self.space.clone());
            }
            self.flush();
            restart = matches!(end, End::Restart);
            if let End::Quit(code) = end {
                return Some(Some(code));
            }
            if self.size > limits::VALUE_SIZE {
                return None;
            }
        }
    }

    /// Reads the next line into the pattern space.
    fn read(&mut self) -> bool {
        match self.lines.get(self.line) {
            Some(line) => {
                self.space = line.clone();
                self.line += 1;
                self.replaced = false;
                true
            }
            None => false,
        }
    }

    /// Whether the line at hand is the last and lacks its newline.
    fn is_open_last(&self) -> bool {
        self.line == self.lines.len() && !self.ended
    }

    fn print(&mut self, text: Text) {
        self.missing_newline();
        let last = self.is_open_last();
        self.push(text);
        if last {
            self.open_line = true;
        } else {
            self.push(self.newline.clone());
        }
    }

    /// Writes text that ends with a newline.
    fn emit(&mut self, text: Text) {
        self.missing_newline();
        self.push(text);
    }

    fn push(&mut self, text: Text) {
        self.size += text.len();
        if !text.is_empty() {
            self.out.push(text);
        }
    }

    fn flush(&mut self) {
        for text in std::mem::take(&mut self.appended) {
            self.emit(text);
        }
    }

    /// What is written behind a last line without a newline stands on a line of its own.
    fn missing_newline(&mut self) {
        if std::mem::replace(&mut self.open_line, false) {
            self.push(self.newline.clone());
        }
    }

    fn cycle(&mut self) -> Option<End> {
        let mut at = 0;
        let script = self.script;
        while let Some(command) = script.commands.get(at) {
            self.left = self.left.checked_sub(1)?;
            let chosen = self.chosen(at, command)? != command.negated;
            at += 1;
            if !chosen {
                if let Action::Block(end) = command.action {
                    at = end + 1;
                }
                continue;
            }
            match self.act(at - 1, command)? {
                Step::Next => {}
                Step::Jump(Some(to)) => at = to,
                Step::Jump(None) => return Some(End::Normal),
                Step::End(end) => return Some(end),
            }
        }
        Some(End::Normal)
    }

    /// Whether the addresses of a command choose the line.
    fn chosen(&mut self, index: usize, command: &'a Command) -> Option<bool> {
        let Some(from) = &command.from else { return Some(true) };
        let Some(to) = &command.to else { return self.at(from) };
        if let Some(open) = self.ranges.get(index).copied().flatten() {
            return self.in_range(index, to, open);
        }
        // GNU's `0,/re/` looks for the end on the first line already.
        if matches!(from, Address::Zero) {
            if self.line != 1 {
                return Some(false);
            }
            return self.in_range(index, to, Open::UntilMatch);
        }
        if !self.at(from)? {
            return Some(false);
        }
        let open = match to {
            Address::Line(n) => (*n > self.line).then_some(Open::UntilLine(*n)),
            Address::Plus(n) => (*n > 0).then_some(Open::UntilLine(self.line + n)),
            Address::Last => (self.line < self.lines.len()).then_some(Open::UntilLine(self.lines.len())),
            _ => Some(Open::UntilMatch),
        };
        self.set_range(index, open);
        Some(true)
    }

    fn in_range(&mut self, index: usize, to: &'a Address, open: Open) -> Option<bool> {
        let (inside, still) = match open {
            // A range whose end was jumped over is closed, and the line is not in it.
            Open::UntilLine(n) if self.line > n => (false, false),
            Open::UntilLine(n) => (true, self.line < n),
            Open::UntilMatch => (true, !self.at(to)?),
        };
        self.set_range(index, still.then_some(open));
        if !inside {
            // GNU sed tries the first address again on such a line.
            return None;
        }
        Some(true)
    }

    fn set_range(&mut self, index: usize, open: Option<Open>) {
        if let Some(place) = self.ranges.get_mut(index) {
            *place = open;
        }
    }

    fn at(&mut self, address: &'a Address) -> Option<bool> {
        Some(match address {
            Address::Line(n) => self.line == *n,
            Address::Last => self.line == self.lines.len(),
            Address::Step(first, 0) => self.line == *first,
            Address::Step(first, step) => self.line >= *first && (self.line - first).is_multiple_of(*step),
            Address::Match(regex) => {
                let regex = self.regex(regex.as_ref())?;
                let chars: Vec<char> = self.space.raw().chars().collect();
                self.left = self.left.checked_sub(chars.len())?;
                regex.find(&chars, 0).ok()?.is_some()
            }
            Address::Plus(_) | Address::Zero => false,
        })
    }

    fn regex(&mut self, regex: Option<&'a Regex>) -> Option<&'a Regex> {
        if let Some(regex) = regex {
            self.last_regex = Some(regex);
        }
        self.last_regex
    }

    fn act(&mut self, index: usize, command: &'a Command) -> Option<Step> {
        match &command.action {
            Action::Block(_) | Action::EndBlock | Action::Label => {}
            Action::Branch(to) => return Some(Step::Jump(*to)),
            Action::BranchIfReplaced { to, wanted } => {
                let replaced = std::mem::replace(&mut self.replaced, false);
                if replaced == *wanted {
                    return Some(Step::Jump(*to));
                }
            }
            Action::Substitute { regex, with, all, number, print } => {
                if self.substitute(regex.as_ref(), with, *all, *number)? && *print {
                    self.print(self.space.clone());
                }
            }
            Action::Append(text) => self.appended.push(text.clone()),
            Action::Insert(text) => self.emit(text.clone()),
            Action::Change(text) => {
                let whole_range = command.to.is_some() && !command.negated;
                if !whole_range || self.ranges.get(index).copied().flatten().is_none() {
                    self.emit(text.clone());
                }
                return Some(Step::End(End::Deleted));
            }
            Action::Delete => return Some(Step::End(End::Deleted)),
            Action::DeleteFirst => {
                return Some(Step::End(match self.space.raw().find('\n') {
                    None => End::Deleted,
                    Some(at) => {
                        self.space = self.space.slice(at + 1..self.space.len());
                        End::Restart
                    }
                }));
            }
            Action::Print if self.is_open_last() && self.flavor != Flavor::Gnu => {
                // busybox adds the newline where it is asked to print, and only there.
                if self.flavor != Flavor::Busybox {
                    return None;
                }
                self.missing_newline();
                self.push(self.space.clone());
                self.push(self.newline.clone());
            }
            Action::Print => self.print(self.space.clone()),
            Action::PrintFirst => {
                let end = self.space.raw().find('\n').unwrap_or(self.space.len());
                let first = self.space.slice(0..end);
                self.missing_newline();
                self.push(first);
                self.push(self.newline.clone());
            }
            Action::Next => {
                if self.line == self.lines.len() {
                    // GNU prints the pattern space and ends; POSIX would not print.
                    return Some(Step::End(End::Normal));
                }
                if !self.quiet {
                    self.print(self.space.clone());
                }
                self.flush();
                let replaced = self.replaced;
                self.read();
                self.replaced = replaced;
            }
            Action::AddNext => match self.lines.get(self.line) {
                None => return Some(Step::End(End::Normal)),
                Some(line) => {
                    self.space = Text::concat([&self.space, &self.newline, line]);
                    self.line += 1;
                    self.flush();
                }
            },
            Action::Hold(add) => {
                self.hold = self.added(&self.hold, &self.space, *add);
            }
            // The buffers carry along whether a newline is missing, and the implementations differ in that.
            Action::Get(_) | Action::Exchange if self.is_open_last() => return None,
            Action::Get(add) => {
                self.space = self.added(&self.space, &self.hold, *add);
            }
            Action::Exchange => std::mem::swap(&mut self.space, &mut self.hold),
            Action::Quit { code, print } => {
                if *print && !self.quiet {
                    self.print(self.space.clone());
                }
                self.flush();
                return Some(Step::End(End::Quit(*code)));
            }
            Action::LineNumber => {
                let number = self.newline.respelled(format!("{}\n", self.line));
                self.emit(number);
            }
            Action::Translate(pairs) => {
                let known = self.space.known()?;
                let change = |c: char| pairs.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to);
                let changed: String = known.chars().map(change).collect();
                if changed != known {
                    self.space = self.space.respelled(changed);
                }
            }
        }
        if self.space.len() > limits::VALUE_SIZE || self.hold.len() > limits::VALUE_SIZE {
            return None;
        }
        Some(Step::Next)
    }

    fn added(&self, to: &Text, text: &Text, add: bool) -> Text {
        if add { Text::concat([to, &self.newline, text]) } else { text.clone() }
    }

    /// `s`: whether something was replaced.
    fn substitute(
        &mut self,
        regex: Option<&'a Regex>,
        with: &[Piece],
        all: bool,
        number: usize,
    ) -> Option<bool> {
        let regex = self.regex(regex)?;
        let raw = self.space.raw().to_owned();
        let chars: Vec<char> = raw.chars().collect();
        self.left = self.left.checked_sub(chars.len())?;
        let offsets: Vec<usize> = raw.char_indices().map(|(at, _)| at).chain([raw.len()]).collect();
        let wanted: Vec<usize> =
            with.iter().filter_map(|p| if let Piece::Group(n) = p { Some(*n) } else { None }).collect();
        let space = self.space.clone();
        let mut out = Builder::new(&space);
        let (mut kept, mut from, mut count) = (0, 0, 0);
        let mut replaced = false;
        let mut last_end = None;
        while from <= chars.len() {
            self.left = self.left.checked_sub(1 + chars.len() / 16)?;
            let Some((start, end)) = regex.find(&chars, from).ok()? else { break };
            // An empty match right behind another does not count.
            if start == end && last_end == Some(start) {
                from = start + 1;
                continue;
            }
            count += 1;
            last_end = Some(end);
            if count >= number {
                let groups = regex.captures(&chars, (start, end), &wanted).ok()?;
                out.keep(*offsets.get(kept)?..*offsets.get(start)?);
                for piece in with {
                    match piece {
                        Piece::Text(text) => out.add(text.clone()),
                        Piece::Group(0) => out.keep(*offsets.get(start)?..*offsets.get(end)?),
                        Piece::Group(n) => {
                            if let Some((a, b)) = groups.get(n - 1).copied().flatten() {
                                out.keep(*offsets.get(a)?..*offsets.get(b)?);
                            }
                        }
                    }
                }
                kept = end;
                replaced = true;
                if !all {
                    break;
                }
            }
            from = if end == start { end + 1 } else { end };
        }
        if replaced {
            out.keep(*offsets.get(kept)?..raw.len());
            self.space = out.finish();
            self.replaced = true;
        }
        Some(replaced)
    }
}

/// Where a script goes on.
enum Step {
    Next,
    Jump(Option<usize>),
    End(End),
}
