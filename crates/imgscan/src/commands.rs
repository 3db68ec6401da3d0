//! The commands.

mod assert;
mod cache;
mod diff;
mod effective;
mod explain;
mod guide;
mod inspect;
mod merged;
mod scan;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, Failure};

/// Runs the command that the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => scan::run(&cli.scan),
        Some(Command::Scan(args)) => scan::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Effective(args)) => effective::run(&args),
        Some(Command::Assert(args)) => assert::run(&args),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::Config(args)) => inspect::config(&args),
        Some(Command::Manifest(args)) => inspect::manifest(&args),
        Some(Command::History(args)) => inspect::history(&args),
        Some(Command::Ls(args)) => inspect::ls(&args),
        Some(Command::Cat(args)) => inspect::cat(&args),
        Some(Command::Rules(args)) => guide::rules(&args),
        Some(Command::Init(args)) => guide::init(&args),
        Some(Command::Cache(args)) => cache::run(&args),
        Some(Command::Completions(args)) => guide::completions(&args),
        Some(Command::Man(args)) => guide::man(&args),
    }
}
