//! File descriptors: what they are open on, and what is written and read through them.

use std::sync::Arc;

use imgscan_model::{Need, Origin, Shape, Text, limits};

use super::disk::{self, ReadError};
use super::{Shell, Touch};
use crate::host::Stream;
use crate::texts;

/// What a descriptor is open on. Descriptors that were made of one another share it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Description {
    /// The container's own stream.
    Inherited(u32),
    Null,
    /// Input with this content, read up to byte `at`. Where it is `unordered` the order of its lines is not known.
    Input {
        content: Text,
        at: usize,
        unordered: bool,
    },
    /// A file of the tree. `at` is the offset; `None` once it is not known.
    File {
        path: Arc<str>,
        at: Option<usize>,
        append: bool,
        readable: bool,
        writable: bool,
    },
    /// Output that a command substitution or the next program of a pipeline takes.
    Capture(usize),
    /// Something else, with a word on what.
    Other(String),
}

impl Description {
    /// Input with this content.
    pub(crate) fn input(content: Text) -> Self {
        Description::Input { content, at: 0, unordered: false }
    }

    /// The file that it leads to.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Description::File { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// Collected output.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Capture {
    pieces: Vec<Text>,
    size: usize,
    /// Whether the order of its lines is not known.
    unordered: bool,
    /// Why it is not known, where it is not.
    lost: Option<String>,
}

impl Capture {
    fn push(&mut self, text: Text) {
        if self.lost.is_some() {
            return;
        }
        self.size += text.len();
        if self.size > limits::VALUE_SIZE {
            self.pieces.clear();
            self.lost.get_or_insert_with(|| "the output is too long to be kept".into());
        }
        if self.lost.is_none() {
            self.pieces.push(text);
        }
    }

    /// Whether the order of its lines is not known, and there are several.
    pub(crate) fn is_unordered(&self) -> bool {
        self.unordered && self.pieces.iter().map(|t| t.raw().matches('\n').count()).sum::<usize>() > 1
    }

    /// From here on it is not known what it holds.
    pub(crate) fn lose(&mut self, reason: &str) {
        self.pieces.clear();
        self.lost.get_or_insert_with(|| reason.to_owned());
    }

    /// What was collected; the reason where it is not known.
    pub(crate) fn text(&self, origin: &Origin) -> Result<Text, String> {
        match &self.lost {
            Some(reason) => Err(reason.clone()),
            None if self.pieces.is_empty() => Ok(Text::derived("", origin.clone())),
            None => Ok(Text::concat(self.pieces.iter())),
        }
    }
}

/// The streams that a shell starts with: standard input, output (which is collected) and error.
pub(super) fn initial(stdin: &Stream) -> (Vec<Description>, Vec<Capture>) {
    let input = match stdin {
        Stream::Null => Description::Null,
        Stream::Content(text) => Description::input(text.clone()),
        _ => Description::Inherited(0),
    };
    (vec![input, Description::Inherited(1), Description::Inherited(2)], vec![Capture::default()])
}

/// What a capture collected.
pub(crate) struct Captured {
    /// The text; the reason where it is not known.
    pub text: Result<Text, String>,
    /// Whether the order of its lines is not known.
    pub unordered: bool,
}

/// Input as a utility finds it.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Known(Text),
    /// Not known: a hole with an expression, or the reason.
    Unknown(Text),
    /// The descriptor is closed.
    Closed,
}

impl Shell {
    /// What a descriptor is open on.
    pub(crate) fn description(&self, fd: u32) -> Option<&Description> {
        self.world.descriptions.get(*self.local.descriptors.get(&fd)?)
    }

    /// Opens a descriptor on something.
    pub(crate) fn open(&mut self, fd: u32, description: Description) {
        self.world.descriptions.push(description);
        self.local.descriptors.insert(fd, self.world.descriptions.len() - 1);
    }

    /// Starts to collect what is written to `fd`; the answer is the capture's number.
    pub(crate) fn capture(&mut self, fd: u32) -> usize {
        self.world.captures.push(Capture::default());
        let number = self.world.captures.len() - 1;
        self.open(fd, Description::Capture(number));
        number
    }

    /// Writes to a descriptor. `false` where that fails (it is closed or not open for writing).
    pub(crate) fn write(&mut self, fd: u32, text: Text, by: &Origin) -> bool {
        self.budget.spend(text.len() as u64 / crate::expand::BYTES_OF_A_STEP);
        let Some(index) = self.local.descriptors.get(&fd).copied() else { return false };
        let Some(description) = self.world.descriptions.get(index).cloned() else { return false };
        match description {
            Description::Inherited(1) => self.collect(0, text),
            Description::Inherited(_) | Description::Null | Description::Other(_) => {}
            Description::Capture(number) => self.collect(number, text),
            Description::Input { .. } => return false,
            Description::File { writable: false, .. } => return false,
            Description::File { path, at, append, .. } => {
                let end = self.write_file_at(&path, at, append, text, by);
                if let Some(Description::File { at, .. }) = self.world.descriptions.get_mut(index) {
                    *at = end;
                }
            }
        }
        true
    }

    fn collect(&mut self, number: usize, text: Text) {
        if let Some(capture) = self.world.captures.get_mut(number) {
            capture.push(text);
        }
    }

    /// Writes lines to the standard output whose order is not known.
    pub(crate) fn write_unordered(&mut self, text: Text, by: &Origin) {
        let several = text.raw().matches('\n').count() > 1;
        match self.description(1).cloned() {
            Some(Description::Capture(number)) if several => {
                self.collect(number, text);
                if let Some(capture) = self.world.captures.get_mut(number) {
                    capture.unordered = true;
                }
            }
            _ if several => {
                let hole = texts::unknown("the order of its lines is not known", text.needs(), by);
                self.write_unknown(1, &hole, by);
            }
            _ => {
                self.write(1, text, by);
            }
        }
    }

    /// Whether the order of the lines of the standard input is not known.
    pub(crate) fn reads_unordered(&self) -> bool {
        matches!(self.description(0), Some(Description::Input { unordered: true, .. }))
    }

    /// Something of which nothing is known may be written to a descriptor. `hole` stands for it.
    pub(crate) fn write_unknown(&mut self, fd: u32, hole: &Text, by: &Origin) {
        match self.description(fd).cloned() {
            Some(Description::File { path, writable: true, .. }) => {
                let name = hole.display();
                self.spoil(&path, format!("what `{name}` writes to it is not known"), by);
            }
            Some(_) => {
                self.write(fd, hole.clone(), by);
            }
            None => {}
        }
    }

    /// Something is written to the standard error in words of the program's own: where that stream is collected or
    /// goes to a file, what stands there is not known.
    pub(crate) fn complain(&mut self) {
        if matches!(self.description(2), Some(Description::File { .. } | Description::Capture(_)))
            || matches!(self.description(2), Some(Description::Inherited(1)))
        {
            let here = self.here();
            let hole = texts::unknown("a message whose words are not known", Vec::new(), &here);
            self.write_unknown(2, &hole, &here);
        }
    }

    /// All that is left to be read from a descriptor, which is then at its end.
    pub(crate) fn read_all(&mut self, fd: u32) -> Input {
        let here = self.here();
        let Some(index) = self.local.descriptors.get(&fd).copied() else { return Input::Closed };
        match self.world.descriptions.get_mut(index) {
            None => Input::Closed,
            Some(Description::Null) => Input::Known(Text::derived("", here)),
            Some(Description::Input { content, at, .. }) => {
                let rest = content.slice(*at..content.len());
                *at = content.len();
                known_or_not(rest)
            }
            Some(Description::File { path, at, readable: true, .. }) => {
                let (path, from) = (Arc::clone(path), at.unwrap_or(0));
                let whole = self.file_content(&path);
                if let (Ok(text), Some(Description::File { at, .. })) =
                    (&whole, self.world.descriptions.get_mut(index))
                {
                    *at = Some(text.len());
                }
                match whole {
                    Ok(text) => known_or_not(text.slice(from.min(text.len())..text.len())),
                    Err(error) => Input::Unknown(self.unread(&path, &error)),
                }
            }
            Some(Description::Inherited(_)) => Input::Unknown(texts::symbol(
                "standard input",
                Shape::Any,
                vec![Need::Other("standard input".into())],
                &here,
            )),
            Some(Description::Other(what)) => {
                let what = what.clone();
                Input::Unknown(texts::unknown(what, Vec::new(), &here))
            }
            Some(_) => Input::Closed,
        }
    }

    /// The content of a file of the tree at exactly this path.
    fn file_content(&mut self, path: &Arc<str>) -> Result<Text, ReadError> {
        self.touch(path, Touch::Read);
        let found = self.find(path, true);
        disk::content(&self.world.files, &found, &self.local.who)
    }

    /// A hole for the content of a file that is not known.
    pub(crate) fn unread(&self, path: &str, error: &ReadError) -> Text {
        let need = vec![Need::File(path.to_owned())];
        match error {
            ReadError::Unknown(reason) if reason.starts_with('/') => {
                texts::symbol(format!("$(cat {path})"), Shape::Any, need, &self.here())
            }
            ReadError::Unknown(reason) => texts::unknown(reason.clone(), need, &self.here()),
            ReadError::Fails(reason) => texts::unknown(*reason, need, &self.here()),
        }
    }

    /// Input from a redirection, as the host sees it.
    pub(crate) fn stream(&self, fd: u32) -> Stream {
        match self.description(fd) {
            Some(Description::Inherited(_)) => Stream::Inherited,
            Some(Description::Null) => Stream::Null,
            Some(Description::Input { content, at, .. }) => {
                Stream::Content(content.slice(*at..content.len()))
            }
            Some(Description::File { path, .. }) => Stream::File(path.to_string()),
            Some(Description::Capture(_)) => Stream::Pipe,
            Some(Description::Other(_)) | None => Stream::Other,
        }
    }

    /// What a capture collected; taken out where it is the last.
    pub(crate) fn end_capture(&mut self, number: usize) -> Captured {
        let here = self.here();
        let capture = self.world.captures.get(number);
        let text = capture.map_or_else(|| Ok(Text::default()), |c| c.text(&here));
        let unordered = capture.is_some_and(Capture::is_unordered);
        self.world.captures.truncate(number);
        Captured { text, unordered }
    }
}

fn known_or_not(text: Text) -> Input {
    if text.known().is_some() { Input::Known(text) } else { Input::Unknown(text) }
}
