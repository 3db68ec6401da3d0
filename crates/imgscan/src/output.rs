//! Where reports and complaints go: standard output carries the report alone, everything else standard error.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};

use crate::cli::Color;
use crate::exit::{Exit, Failure};

/// Widest a text report is laid out, and the width where there is no terminal.
const WIDTH: usize = 110;

/// Columns of standard output.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok());
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(w, _)| usize::from(w.0));
    columns.or_else(terminal).unwrap_or(WIDTH).clamp(40, 200)
}

/// Whether standard output is coloured.
pub(crate) fn coloured(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            AutoStream::choice(&io::stdout()) != ColorChoice::Never && io::stdout().is_terminal() || forced()
        }
    }
}

/// `CLICOLOR_FORCE` colours a pipe as well, unless `NO_COLOR` speaks against it.
fn forced() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
    set("CLICOLOR_FORCE") && !set("NO_COLOR")
}

/// Standard output as a writer, for what is not held in memory.
pub(crate) struct Pipe;

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}

/// Writes to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// How writing to standard output went. A reader that closes the pipe early is no error.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(unwritable(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a whole file.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    File::create(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|e| unwritable(format!("cannot write `{}`: {e}", path.display())))
}

fn unwritable(message: String) -> Failure {
    Failure { exit: Exit::Unwritable, message, help: None }
}

/// Says on standard error why there is no answer.
pub(crate) fn complain(failure: &Failure) {
    let mut text = format!("error: {}\n", failure.message);
    if let Some(help) = &failure.help {
        text.push_str(&format!("help: {help}\n"));
    }
    // Where standard error is closed there is nobody to tell.
    drop(io::stderr().write_all(text.as_bytes()));
}
