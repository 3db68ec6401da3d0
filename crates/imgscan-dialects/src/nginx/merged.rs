//! The whole configuration as one text, includes followed, each line with the place it comes from: what `nginx -T`
//! prints, but for the order of files and for the layers.

use imgscan_model::{Origin, Server};

use crate::nginx::config::{Block, BlockId, Config, Entry, Fate};
use crate::nginx::parser::Body;
use crate::nginx::reading::Read;

/// A line of the merged configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// How many blocks it stands in.
    pub depth: usize,
    /// A statement with its `;` or `{`, or a lone `}`. nginx reads the lines together as the same configuration.
    pub text: String,
    /// Where the statement stands; none for a `}`.
    pub origin: Option<Origin>,
    /// What is to be said about it: that nginx refuses it, or that parts are not known.
    pub note: Option<&'static str>,
    /// Whether its words look like credentials.
    pub secret: bool,
}

/// The merged configuration of an nginx. `Err`: why there is none, in words.
///
/// # Errors
///
/// Where the command line does not tell which configuration is read.
pub fn merged(server: &Server) -> Result<Vec<Line>, String> {
    match Read::of(&server.process) {
        Ok(read) => {
            let mut lines = Vec::new();
            block(&read.config, read.config.block(Config::MAIN), 0, &mut lines);
            Ok(lines)
        }
        Err(_) => Err(server.start.message.clone().unwrap_or_else(|| "its files are not known".to_owned())),
    }
}

fn block(config: &Config, block: &Block, depth: usize, lines: &mut Vec<Line>) {
    for entry in &block.entries {
        // The directives of an included file follow their include.
        match entry.name() == "include" && entry.block.is_none() {
            true => {
                lines.push(Line { text: format!("# {}", head(config, entry)), ..line(config, entry, depth) })
            }
            false => statement(config, entry, depth, lines),
        }
    }
}

fn statement(config: &Config, entry: &Entry, depth: usize, lines: &mut Vec<Line>) {
    let close = || Line { depth, text: "}".to_owned(), origin: None, note: None, secret: false };
    let head = head(config, entry);
    let opens = Line { text: format!("{head} {{"), ..line(config, entry, depth) };
    match (entry.block, &entry.directive.body) {
        (Some(inner), _) => {
            lines.push(opens);
            inside(config, inner, depth, lines);
            lines.push(close());
        }
        (None, Some(Body::Lua { range, .. })) => {
            let code = config.sources.get(entry.source).map(|s| s.text.slice(range.clone()));
            let code = code.map_or(String::new(), |c| c.display());
            lines.push(opens);
            let code = code.lines().map(str::trim_end).filter(|l| !l.trim().is_empty());
            lines.extend(code.map(|l| Line {
                depth: 0,
                text: l.to_owned(),
                origin: None,
                note: None,
                secret: false,
            }));
            lines.push(close());
        }
        (None, Some(Body::Block { .. })) => {
            lines.push(opens);
            lines.push(close());
        }
        (None, None) => lines.push(Line { text: format!("{head};"), ..line(config, entry, depth) }),
    }
}

fn inside(config: &Config, id: BlockId, depth: usize, lines: &mut Vec<Line>) {
    block(config, config.block(id), depth + 1, lines);
}

/// A line about an entry, without its text.
fn line(config: &Config, entry: &Entry, depth: usize) -> Line {
    let note = match entry.fate {
        Fate::Taken => None,
        Fate::Refused => Some("nginx refuses it"),
        Fate::Unsure => Some("not all known"),
    };
    let origin = config.place(entry).map(|p| p.origin);
    Line { depth, text: String::new(), origin, note, secret: config.is_secret(entry) }
}

/// The words of a statement as they are written, with a space between two.
fn head(config: &Config, entry: &Entry) -> String {
    let Some(source) = config.sources.get(entry.source) else { return entry.name().to_owned() };
    let words = entry.directive.words.iter().map(|word| source.text.slice(word.range.clone()).display());
    words.collect::<Vec<_>>().join(" ")
}
