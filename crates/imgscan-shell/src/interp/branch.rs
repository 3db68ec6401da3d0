//! Whether a branch looks as if it ended the shell: `exit 1`, `return 1`, a function called `die`. It decides only
//! which of two ways is followed first, so that the other one need not carry a condition.

use crate::syntax::tree::{Command, Kind, List, Part, Pipeline, Unit};

/// Commands, and usual names of functions, that end a start.
const ENDS: [&str; 13] = [
    "exit",
    "return",
    "die",
    "fail",
    "error",
    "error_exit",
    "abort",
    "fatal",
    "panic",
    "err",
    "bail",
    "fatal_error",
    "false",
];

/// Whether a list ends with a command that ends the shell.
pub(super) fn bails_out(unit: &Unit, list: &List) -> bool {
    list.items.last().is_some_and(|item| {
        let last = item.and_or.rest.last().map_or(&item.and_or.first, |(_, pipeline)| pipeline);
        bails_out_pipeline(unit, last)
    })
}

/// Whether a pipeline ends the shell.
pub(super) fn bails_out_pipeline(unit: &Unit, pipeline: &Pipeline) -> bool {
    matches!(pipeline.commands.as_slice(), [command] if bails_out_command(unit, command))
}

fn bails_out_command(unit: &Unit, command: &Command) -> bool {
    match &command.kind {
        Kind::Group(list) => bails_out(unit, list),
        Kind::Simple { words, .. } => match words.first().map(|word| word.parts.as_slice()) {
            Some([Part::Lit(span)]) => ENDS.contains(&unit.raw(*span)),
            _ => false,
        },
        _ => false,
    }
}
