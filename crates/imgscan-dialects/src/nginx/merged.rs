//! The whole configuration as one text, includes followed, each line with the place it comes from: what `nginx -T`
//! prints, but in the order in which nginx reads it and with the layers.

use std::collections::{HashMap, HashSet};

use imgscan_model::{MergedConfig, MergedLine, Need, Server, Text};

use crate::nginx::config::{Block, Complaint, Config, Entry, Fate};
use crate::nginx::lexer::{Word, quote};
use crate::nginx::parser::Body;
use crate::nginx::reading::Read;

/// The merged configuration of an nginx.
///
/// # Errors
///
/// Where the command line does not tell which configuration is read: why, in words.
pub fn merged(server: &Server) -> Result<MergedConfig, String> {
    let Ok(read) = Read::of(&server.process) else {
        return Err(server.start.message.clone().unwrap_or_else(|| "its files are not known".to_owned()));
    };
    let mut writer = Writer::new(&read.config);
    writer.block(read.config.block(Config::MAIN), 0);
    let mut left: Vec<&Complaint> =
        writer.complaints.into_values().flatten().chain(writer.at_large).collect();
    // As nginx says them: by the order of reading.
    left.sort_by_key(|c| c.read_at);
    let notes = left.into_iter().map(Complaint::said).collect();
    Ok(MergedConfig { notes, lines: writer.lines })
}

/// A line of a source, which is what nginx names in its complaints.
type At = (usize, u32);

struct Writer<'a> {
    config: &'a Config,
    lines: Vec<MergedLine>,
    /// Complaints that no line carries yet.
    complaints: HashMap<At, Vec<&'a Complaint>>,
    /// Complaints that nginx makes without naming a line.
    at_large: Vec<&'a Complaint>,
    /// Lines with a statement that was not taken: what is said of them is said of that statement.
    troubled: HashSet<At>,
}

impl<'a> Writer<'a> {
    fn new(config: &'a Config) -> Self {
        let mut complaints: HashMap<At, Vec<&Complaint>> = HashMap::new();
        let mut at_large = Vec::new();
        for complaint in &config.complaints {
            match complaint.read_at {
                Some(at) => complaints.entry(at).or_default().push(complaint),
                None => at_large.push(complaint),
            }
        }
        let entries = config.blocks.iter().flat_map(|b| &b.entries);
        let troubled = entries.filter(|e| e.fate != Fate::Taken).map(at).collect();
        Writer { config, lines: Vec::new(), complaints, at_large, troubled }
    }

    fn block(&mut self, block: &'a Block, depth: usize) {
        for entry in &block.entries {
            // The directives of an included file follow their include.
            match entry.name() == "include" && entry.block.is_none() {
                true => self.push(entry, depth, "# ", ";"),
                false => self.statement(entry, depth),
            }
        }
    }

    fn statement(&mut self, entry: &'a Entry, depth: usize) {
        match (entry.block, &entry.directive.body) {
            (None, None) => self.push(entry, depth, "", ";"),
            (Some(inner), _) => {
                self.push(entry, depth, "", " {");
                self.block(self.config.block(inner), depth + 1);
                self.bare(depth, "}".to_owned(), false);
            }
            (None, Some(Body::Lua { range, .. })) => {
                self.push(entry, depth, "", " {");
                let code = self.config.sources.get(entry.source).map(|s| s.text.slice(range.clone()));
                let secret = code.as_ref().is_some_and(Text::is_secret);
                let code = code.map_or(String::new(), |c| c.display());
                let code = code.trim_matches(['\r', '\n', ' ', '\t']);
                if !code.is_empty() {
                    self.bare(depth + 1, code.to_owned(), secret);
                }
                self.bare(depth, "}".to_owned(), false);
            }
            (None, Some(Body::Block { .. })) => {
                self.push(entry, depth, "", " {");
                self.bare(depth, "}".to_owned(), false);
            }
        }
    }

    /// A line that has no place of its own.
    fn bare(&mut self, depth: usize, text: String, secret: bool) {
        self.lines.push(MergedLine { depth, text, place: None, notes: Vec::new(), secret });
    }

    /// The words of an entry between two marks, with what is to be said about it.
    fn push(&mut self, entry: &Entry, depth: usize, before: &str, after: &str) {
        let text = format!("{before}{}{after}", self.head(entry));
        let mut notes = Vec::new();
        if entry.fate != Fate::Taken || !self.troubled.contains(&at(entry)) {
            notes.extend(
                self.complaints.remove(&at(entry)).unwrap_or_default().into_iter().map(Complaint::said),
            );
        }
        notes.extend(self.waits(entry));
        let place = self.config.place(entry);
        let secret = self.config.is_secret(entry);
        self.lines.push(MergedLine { depth, text, place, notes, secret });
    }

    /// What parts of an entry that are not known hang on.
    fn waits(&self, entry: &Entry) -> Vec<String> {
        if !self.config.has_hole(entry) {
            return Vec::new();
        }
        let words: Vec<Text> =
            entry.directive.words.iter().filter_map(|word| self.source(entry, word)).collect();
        let mut notes: Vec<String> = Vec::new();
        let holes = words.iter().flat_map(Text::holes);
        notes.extend(holes.filter_map(|(_, opaque)| opaque.reason.clone()));
        let needs: HashSet<Need> = words.iter().flat_map(Text::needs).collect();
        let mut needs: Vec<String> = needs.iter().map(|need| format!("`{need}`")).collect();
        needs.sort();
        if !needs.is_empty() {
            notes.push(format!("it hangs on {}", needs.join(", ")));
        }
        notes
    }

    fn source(&self, entry: &Entry, word: &Word) -> Option<Text> {
        Some(self.config.sources.get(entry.source)?.text.slice(word.range.clone()))
    }

    /// The words of a statement as they are written, with the line breaks between them.
    fn head(&self, entry: &Entry) -> String {
        let Some(source) = self.config.sources.get(entry.source) else { return entry.name().to_owned() };
        let mut out = String::new();
        let mut end = None;
        for word in &entry.directive.words {
            let between = end.and_then(|end| source.text.raw().get(end..word.range.start));
            match between.map(|b| b.contains('\n')) {
                Some(true) => out.push('\n'),
                Some(false) => out.push(' '),
                None => {}
            }
            let written = source.text.slice(word.range.clone());
            // A line break within a word is an escape, so that a line stays one.
            match written.known() {
                Some(text) if text.contains(char::is_control) => out.push_str(&escaped(&word.value)),
                _ => out.push_str(&written.display()),
            }
            end = Some(word.range.end);
        }
        out
    }
}

/// A word in quotes, with the escapes that nginx reads for line breaks and tabs.
fn escaped(word: &str) -> String {
    quote(word).replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

fn at(entry: &Entry) -> At {
    (entry.source, entry.directive.line)
}
