//! imgscan: which configuration will the server in a container image really start with, and who won?
//!
//! The binary is thin: it reads the command line ([`cli`]), hands it to a command ([`commands`]) and turns the answer
//! into an exit status ([`exit`]).

mod cli;
mod commands;
mod exit;
mod fleet;
mod inputs;
mod output;
mod policy;
mod progress;
#[cfg(test)]
mod reference;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use exit::Exit;

fn main() -> ExitCode {
    // A bug ends with the status that Rust gives a panic, 101.
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way too: to standard output, with status 0.
            let status = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return if error.print().is_ok() { status.into() } else { Exit::Unwritable.into() };
        }
    };
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure);
            failure.exit.into()
        }
    }
}
