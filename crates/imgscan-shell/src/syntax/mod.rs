//! From text to a tree: our own parser, since none that can be had is safe on hostile text. It reads every character
//! a bounded number of times and nests to [`limits::DEPTH`](imgscan_model::limits::DEPTH).

mod ansi;
mod commands;
mod compound;
mod cond;
mod cursor;
mod features;
mod here;
mod param;
mod parser;
pub(crate) mod tree;
mod words;

use imgscan_model::{Problem, Text, limits};

use crate::dialect::Dialect;
use cursor::Fuel;
use parser::Parser;
pub use tree::Script;
use tree::{Line, Span};

pub(crate) use ansi::decode as decode_ansi;
pub(crate) use words::{is_name_byte, is_name_start};

/// Parses a script. Never fails: a line that cannot be read is left out with a problem, and a path that comes to it
/// is lost there.
pub fn parse(text: &Text, dialect: Dialect) -> (Script, Vec<Problem>) {
    parse_at(text, dialect, 0)
}

/// [`parse`], so many levels deep already.
pub(crate) fn parse_at(text: &Text, dialect: Dialect, depth: usize) -> (Script, Vec<Problem>) {
    let script = if text.len() > limits::SOURCE_BYTES {
        let reason = format!("{} bytes are more than is read of a script", text.len());
        let lines = vec![Line::Broken { span: Span::new(0, 0), reason }];
        Script { lines, unit: std::sync::Arc::new(tree::Unit { source: text.clone(), here: Vec::new() }) }
    } else {
        Parser::new(text, dialect, Fuel::of(text.len()), depth).script()
    };
    let problem = |line: &Line| match line {
        Line::List(_) => None,
        Line::Broken { span, reason } => {
            Some(Problem::at(script.unit.origin(*span), format!("the shell cannot read this: {reason}")))
        }
    };
    let problems = script.lines.iter().filter_map(problem).collect();
    (script, problems)
}
