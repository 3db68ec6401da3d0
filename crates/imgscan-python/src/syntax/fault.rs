//! Why a source could not be made into a tree, in CPython's words where it would refuse the source too.

use std::rc::Rc;

use imgscan_model::limits;
use ruff_python_parser::{
    LexicalErrorType, ParseError, ParseErrorType, UnsupportedSyntaxError, UnsupportedSyntaxErrorKind,
};
use ruff_text_size::TextSize;

/// Why there is no tree.
#[derive(Debug)]
pub(crate) enum Fault {
    /// CPython raises this exception (`SyntaxError`, `IndentationError`, `TabError`) at the byte.
    Syntax { class: &'static str, message: Rc<str>, at: u32 },
    /// It is not followed, with the reason.
    Unclear(Rc<str>),
}

impl Fault {
    pub(super) fn syntax(class: &'static str, message: impl Into<Rc<str>>, at: TextSize) -> Fault {
        Fault::Syntax { class, message: message.into(), at: at.into() }
    }
}

/// f-strings inside f-strings take the parser more than linear time; CPython 3.12 gives up at 150 and older ones
/// cannot nest quotes at all.
const NESTED_FSTRINGS: usize = 150;

/// Refuses a source that would take the parser too long.
pub(super) fn screen(code: &str) -> Result<(), Fault> {
    if code.len() > limits::SOURCE_BYTES {
        let words = format!("the source is larger than the {} bytes that are followed", limits::SOURCE_BYTES);
        return Err(Fault::Unclear(words.into()));
    }
    if code.contains('\0') {
        let at = code.find('\0').unwrap_or(0);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        return Err(Fault::syntax("SyntaxError", "source code string cannot contain null bytes", at.into()));
    }
    // An opening brace directly followed by another f-string's quote is how they nest.
    let bytes = code.as_bytes();
    let mut open = 0usize;
    for (i, pair) in bytes.windows(2).enumerate() {
        let starts = matches!(pair, [b'f' | b'F', b'"' | b'\''])
            && bytes.get(..i).and_then(|before| before.iter().rev().find(|b| **b != b' ')) == Some(&b'{');
        match pair.first() {
            _ if starts => open += 1,
            Some(b'}') => open = open.saturating_sub(1),
            _ => {}
        }
        if open > NESTED_FSTRINGS {
            return Err(Fault::Unclear("f-strings are nested too deeply".into()));
        }
    }
    Ok(())
}

/// Whether CPython of the version refuses what the parser only marks: some of its marks are about style of older
/// grammars that CPython accepted all the same.
pub(super) fn is_refused(error: &UnsupportedSyntaxError) -> bool {
    !matches!(error.kind, UnsupportedSyntaxErrorKind::ParenthesizedContextManager)
}

/// CPython's exception for an error of the parser.
pub(super) fn of_parse_error(code: &str, error: &ParseError, version: Option<(u8, u8)>) -> Fault {
    let at = error.location.start();
    let old = version.is_some_and(|v| v < (3, 10));
    let (class, message): (&'static str, String) = match &error.error {
        ParseErrorType::Lexical(lexical) => of_lexical(code, lexical, at, old),
        ParseErrorType::UnexpectedIndentation => ("IndentationError", "unexpected indent".into()),
        ParseErrorType::NonDefaultParamAfterDefaultParam => {
            let words = match version.is_none_or(|v| v >= (3, 12)) {
                true => "parameter without a default follows parameter with a default",
                false => "non-default argument follows default argument",
            };
            ("SyntaxError", words.into())
        }
        ParseErrorType::PositionalAfterKeywordArgument => {
            ("SyntaxError", "positional argument follows keyword argument".into())
        }
        ParseErrorType::PositionalAfterKeywordUnpacking => {
            ("SyntaxError", "positional argument follows keyword argument unpacking".into())
        }
        ParseErrorType::InvalidArgumentUnpackingOrder => {
            ("SyntaxError", "iterable argument unpacking follows keyword argument unpacking".into())
        }
        ParseErrorType::OtherError(words) if words.starts_with("Expected an indented block") => {
            ("IndentationError", words.replacen('E', "e", 1).replace('`', "'"))
        }
        ParseErrorType::ExpectedToken { .. } | ParseErrorType::ExpectedExpression if is_open(code) => {
            match unclosed(code) {
                Some(bracket) if !old => ("SyntaxError", format!("'{bracket}' was never closed")),
                _ => ("SyntaxError", "unexpected EOF while parsing".into()),
            }
        }
        _ => ("SyntaxError", "invalid syntax".into()),
    };
    Fault::syntax(class, message, at)
}

fn of_lexical(code: &str, error: &LexicalErrorType, at: TextSize, old: bool) -> (&'static str, String) {
    match error {
        LexicalErrorType::IndentationError => {
            ("IndentationError", "unindent does not match any outer indentation level".into())
        }
        LexicalErrorType::UnclosedStringError if !old => {
            let line = code.get(..at.to_usize()).map_or(1, |before| before.matches('\n').count() + 1);
            ("SyntaxError", format!("unterminated string literal (detected at line {line})"))
        }
        LexicalErrorType::UnclosedStringError => ("SyntaxError", "EOL while scanning string literal".into()),
        LexicalErrorType::Eof => match unclosed(code) {
            Some(bracket) if !old => ("SyntaxError", format!("'{bracket}' was never closed")),
            _ => ("SyntaxError", "unexpected EOF while parsing".into()),
        },
        LexicalErrorType::LineContinuationError => {
            ("SyntaxError", "unexpected character after line continuation character".into())
        }
        LexicalErrorType::InvalidByteLiteral => {
            ("SyntaxError", "bytes can only contain ASCII literal characters".into())
        }
        _ => ("SyntaxError", "invalid syntax".into()),
    }
}

/// Whether a bracket is still open at the end of the source.
fn is_open(code: &str) -> bool {
    unclosed(code).is_some()
}

/// The innermost bracket that is never closed, strings and comments left out.
fn unclosed(code: &str) -> Option<char> {
    let mut open: Vec<char> = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' => {
                open.pop();
            }
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '\'' | '"' => skip_string(&mut chars, c),
            _ => {}
        }
    }
    open.pop()
}

fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    let mut run = 1;
    while run < 3 && chars.next_if_eq(&quote).is_some() {
        run += 1;
    }
    if run == 2 {
        return;
    }
    let mut closing = 0;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
                closing = 0;
            }
            '\n' if run == 1 => return,
            c if c == quote => {
                closing += 1;
                if closing == run {
                    return;
                }
            }
            _ => closing = 0,
        }
    }
}
