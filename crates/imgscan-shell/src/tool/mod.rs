//! Utilities that are evaluated here, on the files and inputs that are known. What a utility would write is exact or
//! not known; nothing in between.

mod awk;
mod cut;
mod digest;
pub(crate) mod editor;
mod envsubst;
mod files;
mod find;
mod grep;
mod identity;
mod names;
mod numbers;
mod options;
mod package;
mod paths;
mod sed;
mod sort;
mod system;
mod text;
mod xargs;

use imgscan_model::{Need, Origin, Shape, Text};

use crate::shell::Shell;
use crate::shell::descriptor::{Description, Input};
use crate::shell::disk::{Found, ReadError};
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
const TOOLS: [(&str, Tool); 64] = [
    ("[", crate::builtin::test::program),
    ("apk", package::apk),
    ("awk", awk::awk),
    ("basename", names::basename),
    ("cat", text::cat),
    ("chgrp", files::chown),
    ("chmod", files::chmod),
    ("chown", files::chown),
    ("cp", files::cp),
    ("cut", cut::cut),
    ("date", system::date),
    ("dirname", names::dirname),
    ("dpkg-query", package::dpkg_query),
    ("echo", crate::builtin::echo::echo),
    ("egrep", grep::grep),
    ("env", system::env),
    ("envsubst", envsubst::envsubst),
    ("expr", numbers::expr),
    ("false", system::no),
    ("fgrep", grep::grep),
    ("find", find::find),
    ("getconf", identity::getconf),
    ("grep", grep::grep),
    ("head", text::head),
    ("hostname", system::hostname),
    ("id", identity::id),
    ("install", files::install),
    ("ln", files::ln),
    ("ls", paths::ls),
    ("md5sum", digest::digest),
    ("mkdir", files::mkdir),
    ("mktemp", files::mktemp),
    ("mv", files::mv),
    ("nproc", system::nproc),
    ("printenv", system::printenv),
    ("printf", crate::builtin::printf::printf),
    ("pwd", system::pwd),
    ("readlink", paths::readlink),
    ("realpath", paths::realpath),
    ("rev", text::rev),
    ("rm", files::rm),
    ("rmdir", files::rmdir),
    ("sed", sed::sed),
    ("seq", numbers::seq),
    ("sha1sum", digest::digest),
    ("sha256sum", digest::digest),
    ("sha512sum", digest::digest),
    ("sleep", system::sleep),
    ("sort", sort::sort),
    ("sync", system::yes),
    ("tac", text::tac),
    ("tail", text::tail),
    ("tee", text::tee),
    ("test", crate::builtin::test::program),
    ("touch", files::touch),
    ("tr", cut::tr),
    ("true", system::yes),
    ("truncate", files::truncate),
    ("uname", identity::uname),
    ("uniq", text::uniq),
    ("wc", text::wc),
    ("which", paths::which),
    ("whoami", identity::whoami),
    ("xargs", xargs::xargs),
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

    /// Writes a symbol, `$(command)`, and a newline.
    pub(crate) fn symbol(&mut self, shape: Shape, need: Need) -> Ran {
        let text = format!("$({})", self.shell.command_text());
        let hole = texts::symbol(text, shape, vec![need], &self.origin);
        let newline = self.new_text("\n");
        self.out(Text::concat([&hole, &newline]));
        Ran::Status(0)
    }

    /// All of the standard input.
    pub(crate) fn stdin(&mut self) -> Source {
        match self.shell.read_all(0) {
            Input::Known(text) | Input::Unknown(text) => Source::of(text),
            Input::Closed => Source::Missing,
        }
    }

    /// The content of a file, `-` being the standard input.
    pub(crate) fn source(&mut self, file: &Text) -> Source {
        if file.known() == Some("-") {
            return self.stdin();
        }
        match self.shell.read_path(file) {
            Ok(text) if !text.is_empty() && self.writes_to(file) => {
                let reason = "it is read and written at the same time";
                Source::Unknown(texts::unknown(reason, text.needs(), &self.origin))
            }
            Ok(text) => Source::of(text),
            Err(ReadError::Fails(_)) => Source::Missing,
            Err(error) => Source::Unknown(self.shell.unread(&file.display(), &error)),
        }
    }

    /// Whether the standard output goes to the file that a path leads to.
    fn writes_to(&self, file: &Text) -> bool {
        match (self.shell.description(1), self.shell.find_text(file, true)) {
            (Some(Description::File { path, writable: true, .. }), Found::Node(node)) => *path == node.path,
            _ => false,
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
    /// Known but for parts that are single words.
    Partly(Text),
    /// Not known.
    Unknown(Text),
    /// It cannot be opened.
    Missing,
}

impl Source {
    fn of(text: Text) -> Source {
        if text.known().is_some() {
            Source::Known(text)
        } else if texts::holes_are_words(&text) {
            Source::Partly(text)
        } else {
            Source::Unknown(text)
        }
    }
}
