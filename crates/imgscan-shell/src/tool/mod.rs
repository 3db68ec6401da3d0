//! Utilities that are evaluated here, on the files and inputs that are known. What a utility would write is exact or
//! not known; nothing in between.

pub(crate) mod editor;
mod names;
mod system;
mod text;

use imgscan_model::{Origin, Shape, Text};

use crate::shell::Shell;
use crate::shell::descriptor::Input;
use crate::shell::disk::ReadError;
use crate::texts;

/// Which implementation of a utility runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// The shell's own builtin.
    Builtin,
    /// GNU's: coreutils, sed, grep, findutils.
    Gnu,
    /// busybox's.
    Busybox,
    /// It cannot be seen which: only what all agree on is known.
    Unseen,
}

impl Flavor {
    /// The implementation behind an executable of this name (links resolved); `None` where it is one that is not
    /// followed.
    pub(crate) fn of(resolved: &str) -> Option<Flavor> {
        match resolved {
            "busybox" | "busybox.static" | "bbsuid" => Some(Flavor::Busybox),
            "toybox" | "sbase-box" | "ubase-box" => None,
            _ => Some(Flavor::Gnu),
        }
    }
}

/// What came of a utility or builtin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ran {
    /// It ended with this status.
    Status(u8),
    /// Its status is not known; its output was written.
    Unsure,
    /// Its status is not known; asked again in this way it is the same.
    Asked(String),
    /// Neither its status nor what it writes is known, with the reason.
    Unknown(String),
    /// It is called in a way that is not followed: the host may know it.
    Host,
    /// It never ends.
    Never(String),
}

/// A utility.
pub(crate) type Tool = fn(&mut Job<'_>) -> Ran;

/// A utility under way.
pub(crate) struct Job<'a> {
    pub shell: &'a mut Shell,
    pub name: &'a str,
    pub args: &'a [Text],
    pub flavor: Flavor,
    pub origin: Origin,
}

/// The utility of this name.
pub(crate) fn find(name: &str) -> Option<Tool> {
    TOOLS.binary_search_by_key(&name, |(n, _)| n).ok().and_then(|at| TOOLS.get(at)).map(|(_, tool)| *tool)
}

/// The utilities, sorted by name.
const TOOLS: [(&str, Tool); 18] = [
    ("[", crate::builtin::test::program),
    ("basename", names::basename),
    ("cat", text::cat),
    ("date", system::date),
    ("dirname", names::dirname),
    ("echo", crate::builtin::echo::echo),
    ("env", system::env),
    ("false", system::no),
    ("hostname", system::hostname),
    ("id", system::id),
    ("nproc", system::nproc),
    ("printenv", system::printenv),
    ("printf", crate::builtin::printf::printf),
    ("pwd", system::pwd),
    ("sleep", system::sleep),
    ("test", crate::builtin::test::program),
    ("true", system::yes),
    ("whoami", system::whoami),
];

impl Job<'_> {
    /// Writes to the standard output.
    pub(crate) fn out(&mut self, text: Text) {
        if !text.is_empty() {
            let by = self.origin.clone();
            self.shell.write(1, text, &by);
        }
    }

    /// A text that the command produces.
    pub(crate) fn new_text(&self, text: &str) -> Text {
        Text::derived(text, self.origin.clone())
    }

    /// Takes steps of the budget; `None` where nothing is left.
    pub(crate) fn charge(&mut self, steps: u64) -> Option<()> {
        self.shell.budget.take(steps).then_some(())
    }

    /// What stands for the output where that is not known: `$(command)`, which waits for `from`.
    pub(crate) fn hole(&self, shape: Shape, from: &Text) -> Text {
        let text = format!("$({})", self.shell.command_text());
        texts::symbol(text, shape, from.needs(), &self.origin)
    }

    /// All of the standard input.
    pub(crate) fn stdin(&mut self) -> Source {
        match self.shell.read_all(0) {
            Input::Known(text) => Source::Known(text),
            Input::Unknown(text) => Source::Unknown(text),
            Input::Closed => Source::Missing,
        }
    }

    /// The content of a file, `-` being the standard input.
    pub(crate) fn source(&mut self, file: &Text) -> Source {
        if file.known() == Some("-") {
            return self.stdin();
        }
        match self.shell.read_path(file) {
            Ok(text) if text.known().is_some() => Source::Known(text),
            Ok(text) => Source::Unknown(text),
            Err(ReadError::Fails(_)) => Source::Missing,
            Err(error) => Source::Unknown(self.shell.unread(&file.display(), &error)),
        }
    }

    /// The contents of the files, or of the standard input where there are none.
    pub(crate) fn sources(&mut self, files: &[Text]) -> Vec<Source> {
        if files.is_empty() {
            return vec![self.stdin()];
        }
        files.iter().map(|file| self.source(file)).collect()
    }
}

/// Input of a utility.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Known(Text),
    /// Its content, parts of which are not known.
    Unknown(Text),
    /// It cannot be opened.
    Missing,
}
