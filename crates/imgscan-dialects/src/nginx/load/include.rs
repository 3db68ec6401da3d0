//! Files: the main one and those that `include` names (`ngx_conf_parse`, `ngx_conf_include`).

use std::sync::Arc;

use imgscan_model::{FileError, Node, Place, Text, limits};

use super::{Loader, Parsed};
use crate::nginx::config::{Asked, BlockId, Config, Source, Weight};
use crate::nginx::glob;
use crate::nginx::lexer::SourceKind;
use crate::nginx::parser::{self, Directive};

impl Loader<'_> {
    /// Reads the main file.
    pub(super) fn main_file(&mut self) {
        let name = self.world.paths.conf_file.clone();
        let asked = self.world.paths.conf_asked.clone();
        let place = asked.as_ref().and_then(Text::whole);
        self.file(&name, asked.map_or(String::new(), |t| t.display()), place, Config::MAIN);
    }

    /// Follows an `include`.
    pub(super) fn include(&mut self, directive: &Directive, block: BlockId) {
        let Some(word) = directive.args().first() else { return };
        let place = self.place(directive);
        let name = self.world.paths.in_conf(&word.value);
        if !glob::is_pattern(&name) {
            self.file(&name, word.value.clone(), place, block);
            return;
        }
        match glob::expand(self.world.files, &self.world.paths.absolute(&name)) {
            Ok(found) => {
                if found.is_empty() {
                    self.asked(&word.value, None, &name, place.clone(), Some("nothing matches"));
                }
                for path in found {
                    let path = self.world.paths.as_named(&name, &path);
                    self.file(&path, word.value.clone(), place.clone(), block);
                }
            }
            Err(reason) => {
                let message = format!("what `{}` includes is not known: {reason}", word.value);
                self.complain(Weight::Unsure, &message, place.clone());
                self.state.foreign_variables = true;
                self.state.hidden = true;
                self.asked(&word.value, None, &name, place, Some(&reason));
            }
        }
    }

    /// Reads one file into a block.
    fn file(&mut self, name: &str, asked: String, place: Option<Place>, block: BlockId) {
        match self.parse(name) {
            Ok(parsed) => {
                self.asked(&asked, Some(parsed.node.clone()), name, place.clone(), None);
                self.enter(name, &parsed, place, block);
            }
            Err(error) => self.not_read(name, &asked, &error, place),
        }
    }

    fn enter(&mut self, name: &str, parsed: &Parsed, place: Option<Place>, block: BlockId) {
        let path = &parsed.node.path;
        if self.stack.iter().any(|(_, open)| open == path) {
            let message = format!("{path} includes itself: nginx follows that until it crashes");
            self.complain(Weight::Fatal, &message, place);
            return;
        }
        if self.stack.len() >= limits::INCLUDE_DEPTH {
            let message = format!("includes nested deeper than {} are not followed", limits::INCLUDE_DEPTH);
            self.complain(Weight::Unsure, &message, place);
            return;
        }
        if self.config.sources.len() >= limits::CONFIG_FILES {
            if !self.exhausted {
                let message = format!("more than {} files are not read", limits::CONFIG_FILES);
                self.complain_bare(Weight::Unsure, message, place);
            }
            self.exhausted = true;
            return;
        }
        let has_holes = parsed.text.known().is_none();
        self.config.sources.push(Source {
            name: Some(name.into()),
            node: Some(parsed.node.clone()),
            text: parsed.text.clone(),
            has_holes,
            has_secrets: parsed.text.is_secret(),
        });
        self.stack.push((self.config.sources.len() - 1, Arc::clone(path)));
        self.lines.push(1);
        self.items(&parsed.items, block);
        self.lines.pop();
        self.stack.pop();
    }

    fn parse(&mut self, name: &str) -> Result<Parsed, FileError> {
        let node = self.world.files.resolve(&self.world.paths.absolute(name))?;
        if let Some(parsed) = self.parsed.get(&node.path) {
            return Ok(parsed.clone());
        }
        let text = match node.is_dir() {
            true => return Err(FileError::IsADirectory),
            false => self.world.files.read(&node.path)?,
        };
        let items = parser::parse(text.raw(), SourceKind::File).into();
        let parsed = Parsed { node, text, items };
        self.parsed.insert(Arc::clone(&parsed.node.path), parsed.clone());
        Ok(parsed)
    }

    /// nginx's words for a file that it cannot open, or why we cannot read it.
    fn not_read(&mut self, name: &str, asked: &str, error: &FileError, place: Option<Place>) {
        let errno = match error {
            FileError::NotFound => "2: No such file or directory",
            FileError::NotADirectory => "20: Not a directory",
            FileError::Loop => "40: Too many levels of symbolic links",
            FileError::IsADirectory => {
                let message = format!("pread() \"{name}\" failed (21: Is a directory)");
                self.complain_bare(Weight::Fatal, message, place.clone());
                self.asked(asked, None, name, place, Some("is a directory"));
                return;
            }
            other => {
                let message = format!("`{name}` could not be read: {other}");
                self.complain(Weight::Unsure, &message, place.clone());
                self.state.foreign_variables = true;
                self.state.hidden = true;
                let node = self.world.files.resolve(&self.world.paths.absolute(name)).ok();
                self.asked(asked, node, name, place, Some(&other.to_string()));
                return;
            }
        };
        self.complain(Weight::Fatal, &format!("open() \"{name}\" failed ({errno})"), place.clone());
        self.asked(asked, None, name, place, Some(&error.to_string()));
    }

    fn asked(
        &mut self,
        word: &str,
        node: Option<Node>,
        name: &str,
        place: Option<Place>,
        problem: Option<&str>,
    ) {
        self.config.asked.push(Asked {
            word: word.to_owned(),
            node,
            name: name.to_owned(),
            place,
            problem: problem.map(str::to_owned),
        });
    }
}
