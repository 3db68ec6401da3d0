//! A source text as a tree of directives, mistakes kept in their places.
//!
//! The tree knows no directive but for the extent of Lua blocks: what nginx makes of it is decided by the loader, which
//! walks the tree in the order in which nginx reads. Reading goes on after a mistake, so that a report can still tell
//! what stands in the rest.

use std::ops::Range;
use std::sync::Arc;

use imgscan_model::limits;

use crate::nginx::lexer::{End, LexError, Lexer, SourceKind, Statement, Word, quote};
use crate::nginx::lua;

/// What stands in a source or in a block, in order.
pub type Items = Vec<Item>;

/// A directive, or a mistake between directives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A directive.
    Directive(Arc<Directive>),
    /// Something nginx refuses.
    Mistake(LexError),
}

/// A directive with its words and its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The name and the arguments. There is at least one word.
    pub words: Vec<Word>,
    /// The block, where it has one.
    pub body: Option<Body>,
    /// The line that nginx names in complaints about it: the one on which the statement (the head, if it has a block)
    /// ends.
    pub line: u32,
    /// From the first word to the terminator of the statement (the `{`, if it has a block).
    pub range: Range<usize>,
}

/// What stands between braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Directives.
    Block {
        /// The directives.
        items: Items,
        /// The line of the closing brace.
        end_line: u32,
    },
    /// Lua code.
    Lua {
        /// The bytes between the braces.
        range: Range<usize>,
        /// The line of the closing brace.
        end_line: u32,
    },
}

impl Directive {
    /// The name.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |w| &w.value)
    }

    /// The words after the name.
    pub fn args(&self) -> &[Word] {
        self.words.get(1..).unwrap_or(&[])
    }
}

/// An open block.
struct Open {
    directive: Directive,
    items: Items,
}

/// Reads a whole source.
pub fn parse(source: &str, kind: SourceKind) -> Items {
    let mut lexer = Lexer::new(source, kind);
    let mut open: Vec<Open> = Vec::new();
    let mut items: Items = Vec::new();
    loop {
        let from = lexer.position();
        match lexer.statement() {
            Err(mistake) => {
                lexer.skip_to(mistake.resume);
                items.push(Item::Mistake(mistake));
                // A mistake at the end of the source leaves nothing to be read; any other moves on.
                if lexer.position() <= from {
                    lexer.skip_to(from + 1);
                }
            }
            Ok(statement) => match statement.end {
                End::Semicolon => items.push(Item::Directive(Arc::new(directive(statement)))),
                End::Open => {
                    if lua::is_lua_block(statement.words.first().map_or("", |w| &w.value)) {
                        items.push(lua_block(&mut lexer, source, statement));
                    } else if open.len() >= limits::BLOCK_DEPTH {
                        items.push(too_deep(&statement));
                        lexer.skip_to(source.len());
                    } else {
                        open.push(Open {
                            directive: directive(statement),
                            items: std::mem::take(&mut items),
                        });
                    }
                }
                End::Close => match open.pop() {
                    Some(block) => items = close(block, items, statement.line),
                    None => items.push(mistake("unexpected \"}\"", &statement)),
                },
                End::Eof => {
                    let unclosed = !open.is_empty();
                    if unclosed {
                        items.push(mistake("unexpected end of file, expecting \"}\"", &statement));
                    }
                    while let Some(block) = open.pop() {
                        items = close(block, items, statement.line);
                    }
                    return items;
                }
            },
        }
    }
}

fn directive(statement: Statement) -> Directive {
    let start = statement.words.first().map_or(statement.after, |w| w.range.start);
    Directive { range: start..statement.after, words: statement.words, body: None, line: statement.line }
}

fn close(block: Open, items: Items, end_line: u32) -> Items {
    let Open { mut directive, items: mut outer } = block;
    directive.body = Some(Body::Block { items, end_line });
    outer.push(Item::Directive(Arc::new(directive)));
    outer
}

fn lua_block(lexer: &mut Lexer<'_>, source: &str, statement: Statement) -> Item {
    let start = statement.after;
    match lua::block_end(source, start) {
        Ok(end) => {
            lexer.skip_to(end + 1);
            let mut directive = directive(statement);
            directive.body = Some(Body::Lua { range: start..end, end_line: lexer.line() });
            Item::Directive(Arc::new(directive))
        }
        Err(_) => {
            lexer.skip_to(source.len());
            let message =
                "unexpected end of file, expecting terminating characters for lua code block".to_owned();
            Item::Mistake(LexError {
                message,
                line: lexer.line(),
                range: start..source.len(),
                resume: source.len(),
            })
        }
    }
}

fn mistake(message: &str, statement: &Statement) -> Item {
    let range = statement.after.saturating_sub(1)..statement.after;
    Item::Mistake(LexError {
        message: message.to_owned(),
        line: statement.line,
        range,
        resume: statement.after,
    })
}

fn too_deep(statement: &Statement) -> Item {
    mistake(&format!("blocks nested deeper than {} are not read", limits::BLOCK_DEPTH), statement)
}

/// Writes directives so that nginx reads the same words back. `source` is the text they were parsed from (Lua blocks
/// stand in it). Mistakes are left out.
pub fn to_text(items: &[Item], source: &str) -> String {
    let mut out = String::new();
    write_items(items, source, 0, &mut out);
    out
}

fn write_items(items: &[Item], source: &str, depth: usize, out: &mut String) {
    for item in items {
        let Item::Directive(directive) = item else { continue };
        out.push_str(&"    ".repeat(depth));
        let words: Vec<String> = directive.words.iter().map(|w| quote(&w.value)).collect();
        out.push_str(&words.join(" "));
        match &directive.body {
            None => out.push_str(";\n"),
            Some(Body::Lua { range, .. }) => {
                out.push_str(" {");
                out.push_str(source.get(range.clone()).unwrap_or_default());
                out.push_str("}\n");
            }
            Some(Body::Block { items, .. }) => {
                out.push_str(" {\n");
                write_items(items, source, depth + 1, out);
                out.push_str(&"    ".repeat(depth));
                out.push_str("}\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as a person would sketch it.
    fn sketch(items: &[Item]) -> String {
        let one = |item: &Item| match item {
            Item::Mistake(m) => format!("!{}:{}", m.message, m.line),
            Item::Directive(d) => {
                let words: Vec<&str> = d.words.iter().map(|w| w.value.as_str()).collect();
                let body = match &d.body {
                    None => String::new(),
                    Some(Body::Lua { .. }) => "{lua}".to_owned(),
                    Some(Body::Block { items, .. }) => format!("{{{}}}", sketch(items)),
                };
                format!("{}:{}{body}", words.join(" "), d.line)
            }
        };
        items.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    fn read(source: &str) -> String {
        sketch(&parse(source, SourceKind::File))
    }

    #[test]
    fn blocks_nest() {
        assert_eq!(read("events {}\nhttp {\n a b;\n}\n"), "events:1{} | http:2{a b:3}");
    }

    #[test]
    fn reading_goes_on_after_a_mistake() {
        assert_eq!(read("a \"b\"c;\nd e;"), "!unexpected \"c\":1 | !unexpected \";\":1 | d e:2");
        assert_eq!(read("a;\n}\nb;"), "a:1 | !unexpected \"}\":2 | b:3");
    }

    #[test]
    fn an_open_block_at_the_end_is_a_mistake_in_it() {
        assert_eq!(read("a {\n b;\n"), "a:1{b:2 | !unexpected end of file, expecting \"}\":3}");
        assert_eq!(
            read("a {\n b"),
            "a:1{!unexpected end of file, expecting \";\" or \"}\":2 | !unexpected end of file, expecting \"}\":2}"
        );
    }

    #[test]
    fn lua_is_left_alone() {
        assert_eq!(read("content_by_lua_block {\n x = '}' -- }\n}\nb;"), "content_by_lua_block:1{lua} | b:4");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let source = "http {\n  log_format x '$a \"b\"';\n  location ~ \"^/\\d{2}$\" { init_by_lua_block { a = {} } }\n # c\n}\n";
        let items = parse(source, SourceKind::File);
        let text = to_text(&items, source);
        let again = parse(&text, SourceKind::File);
        assert_eq!(to_text(&again, &text), text);
        let words = |s: &str| s.split(':').next().map(str::to_owned);
        assert_eq!(words(&sketch(&again)), words(&sketch(&items)));
    }

    #[test]
    fn a_hundred_thousand_open_braces_are_no_stack_overflow() {
        let items = parse(&"a{".repeat(100_000), SourceKind::File);
        assert!(read_depth(&items) <= limits::BLOCK_DEPTH + 1);
    }

    fn read_depth(items: &[Item]) -> usize {
        let mut depth = 0;
        let mut level: &[Item] = items;
        while let Some(Item::Directive(directive)) = level.first()
            && let Some(Body::Block { items, .. }) = &directive.body
        {
            depth += 1;
            level = items;
        }
        depth
    }
}
