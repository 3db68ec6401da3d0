//! nginx's tokens, exactly as `ngx_conf_read_token` (`src/core/ngx_conf_file.c`) cuts them.
//!
//! What differs from folklore, and from most other readers of this language:
//!
//! - only space, tab, CR and LF are white space;
//! - inside a bare token only white space, `;` and `{` end it; `}`, `#` and quotes are ordinary there, and `{` too right
//!   after `$`;
//! - after a closing quote only white space, `;`, `{` or `)` may follow;
//! - escapes work the same in bare and quoted tokens: `\"`, `\'`, `\\`, `\t`, `\r`, `\n`; any other backslash stays;
//! - a token (a comment, too) that does not fit the 4096-byte buffer is an error.

use std::ops::Range;

/// `NGX_CONF_BUFFER`: the size in bytes of the buffer that a token has to fit into.
const BUFFER: usize = 4096;

/// One word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word after unescaping.
    pub value: String,
    /// Where it stands, in bytes of the source, quotes included.
    pub range: Range<usize>,
    /// Whether it was written in quotes.
    pub quoted: bool,
}

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}` (there are no words before it)
    Close,
    /// The end of the source (there are no words before it)
    Eof,
}

/// The words up to the next `;`, `{`, `}` or the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The words.
    pub words: Vec<Word>,
    /// What ends it.
    pub end: End,
    /// The byte after the terminator.
    pub after: usize,
    /// The line nginx names in complaints about the statement: the one on which it ends.
    pub line: u32,
}

/// A token that nginx refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LexError {
    /// nginx's own words.
    pub message: String,
    /// The line that nginx names.
    pub line: u32,
    /// The bytes of the source that are meant.
    pub range: Range<usize>,
    /// Where reading can go on after the mistake.
    pub resume: usize,
}

/// Whether the source is a file or the text of `-g`: they differ in the wording at the end, in how lines count and in
/// the limit on the length of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A file.
    File,
    /// The argument of `-g`.
    Parameter,
}

/// Reads statements one after another.
pub struct Lexer<'a> {
    source: &'a str,
    kind: SourceKind,
    at: usize,
    line: u32,
}

/// What the reader is within.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Between tokens.
    Space,
    Comment,
    Bare,
    /// Within quotes of this kind.
    Quoted(u8),
    /// Right after a closing quote.
    AfterQuote,
}

fn is_space(ch: u8) -> bool {
    matches!(ch, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'a> Lexer<'a> {
    /// A reader at the start of `source`.
    pub fn new(source: &'a str, kind: SourceKind) -> Self {
        // `ngx_conf_param` leaves the line of `-g` at 0; it is never shown.
        Lexer { source, kind, at: 0, line: u32::from(kind == SourceKind::File) }
    }

    /// The byte at which the next statement is looked for.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The current line.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Goes on at byte `at`, which is not before the present position (after a Lua block, or after a mistake).
    pub fn skip_to(&mut self, at: usize) {
        let from = self.at.min(self.source.len());
        let to = at.clamp(from, self.source.len());
        let newlines = self.source.as_bytes()[from..to].iter().filter(|b| **b == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.at = to;
    }

    /// The next statement.
    ///
    /// # Errors
    ///
    /// Where nginx refuses: an unexpected character, a token that is too long, an end amid a statement.
    pub fn statement(&mut self) -> Result<Statement, LexError> {
        Reading {
            start: self.at,
            start_line: self.line,
            mode: Mode::Space,
            escaped: false,
            variable: false,
            words: Vec::new(),
        }
        .run(self)
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        let start = self.source.floor_char_boundary(range.start);
        let end = self.source.floor_char_boundary(range.end).max(start);
        &self.source[start..end]
    }
}

/// The state of one call of `ngx_conf_read_token`.
struct Reading {
    /// First byte of the token at hand, behind an opening quote.
    start: usize,
    start_line: u32,
    mode: Mode,
    /// Whether the byte before was a backslash that protects this one.
    escaped: bool,
    /// Whether the byte before was `$` (or a `{` right after it).
    variable: bool,
    words: Vec<Word>,
}

impl Reading {
    fn run(mut self, lexer: &mut Lexer<'_>) -> Result<Statement, LexError> {
        loop {
            let at = lexer.at;
            let Some(&ch) = lexer.source.as_bytes().get(at) else { return self.finish(lexer) };
            if lexer.kind == SourceKind::File && at - self.start == BUFFER {
                return Err(self.too_long(lexer));
            }
            lexer.at += 1;
            if ch == b'\n' {
                lexer.line += 1;
                if self.mode == Mode::Comment {
                    self.mode = Mode::Space;
                }
            }
            if self.mode == Mode::Comment {
                continue;
            }
            if self.escaped {
                self.escaped = false;
                continue;
            }
            if let Some(end) = self.step(lexer, at, ch)? {
                return Ok(Statement { words: self.words, end, after: lexer.at, line: lexer.line });
            }
        }
    }

    /// One byte that is neither in a comment nor escaped.
    fn step(&mut self, lexer: &Lexer<'_>, at: usize, ch: u8) -> Result<Option<End>, LexError> {
        if self.mode == Mode::AfterQuote {
            match ch {
                b';' => return Ok(Some(End::Semicolon)),
                b'{' => return Ok(Some(End::Open)),
                b')' => self.mode = Mode::Space,
                _ if is_space(ch) => {
                    self.mode = Mode::Space;
                    return Ok(None);
                }
                _ => return Err(unexpected(lexer, at)),
            }
        }
        if self.mode == Mode::Space { self.between(lexer, at, ch) } else { Ok(self.inside(lexer, at, ch)) }
    }

    /// A byte between tokens.
    fn between(&mut self, lexer: &Lexer<'_>, at: usize, ch: u8) -> Result<Option<End>, LexError> {
        self.start = at;
        self.start_line = lexer.line;
        match ch {
            _ if is_space(ch) => {}
            b';' | b'{' if self.words.is_empty() => return Err(unexpected(lexer, at)),
            b';' => return Ok(Some(End::Semicolon)),
            b'{' => return Ok(Some(End::Open)),
            b'}' if self.words.is_empty() => return Ok(Some(End::Close)),
            b'}' => return Err(unexpected(lexer, at)),
            b'#' => self.mode = Mode::Comment,
            b'"' | b'\'' => {
                self.start = at + 1;
                self.mode = Mode::Quoted(ch);
            }
            _ => {
                self.escaped = ch == b'\\';
                self.variable |= ch == b'$';
                self.mode = Mode::Bare;
            }
        }
        Ok(None)
    }

    /// A byte within a token.
    fn inside(&mut self, lexer: &Lexer<'_>, at: usize, ch: u8) -> Option<End> {
        if ch == b'{' && self.variable {
            return None;
        }
        self.variable = ch == b'$';
        if ch == b'$' {
            return None;
        }
        if ch == b'\\' {
            self.escaped = true;
            return None;
        }
        if let Mode::Quoted(quote) = self.mode {
            if ch == quote {
                self.push(lexer, at, true);
                self.mode = Mode::AfterQuote;
            }
            return None;
        }
        if is_space(ch) || ch == b';' || ch == b'{' {
            self.push(lexer, at, false);
            self.mode = Mode::Space;
        }
        match ch {
            b';' => Some(End::Semicolon),
            b'{' => Some(End::Open),
            _ => None,
        }
    }

    fn push(&mut self, lexer: &Lexer<'_>, end: usize, quoted: bool) {
        let value = unescape(lexer.slice(self.start..end));
        let margin = usize::from(quoted);
        self.words.push(Word { value, range: self.start - margin..end + margin, quoted });
    }

    /// The source is at its end.
    fn finish(self, lexer: &Lexer<'_>) -> Result<Statement, LexError> {
        let at = lexer.source.len();
        // `last_space` is still 1 within a comment: a comment without a newline may end the file.
        if self.words.is_empty() && matches!(self.mode, Mode::Space | Mode::Comment) {
            return Ok(Statement { words: self.words, end: End::Eof, after: at, line: lexer.line });
        }
        let message = match lexer.kind {
            SourceKind::File => "unexpected end of file, expecting \";\" or \"}\"",
            SourceKind::Parameter => "unexpected end of parameter, expecting \";\"",
        };
        let start = self.words.first().map_or(self.start, |w| w.range.start);
        Err(LexError { message: message.to_owned(), line: lexer.line, range: start..at, resume: at })
    }

    fn too_long(&self, lexer: &Lexer<'_>) -> LexError {
        let message = match self.mode {
            Mode::Quoted(quote) => {
                format!(
                    "too long parameter, probably missing terminating \"{}\" character",
                    char::from(quote)
                )
            }
            _ => format!("too long parameter \"{}...\" started", lexer.slice(self.start..self.start + 10)),
        };
        let rest = &lexer.source.as_bytes()[lexer.at..];
        let resume = rest.iter().position(|b| *b == b'\n').map_or(lexer.source.len(), |i| lexer.at + i);
        LexError { message, line: self.start_line, range: self.start..lexer.at, resume }
    }
}

fn unexpected(lexer: &Lexer<'_>, at: usize) -> LexError {
    let ch = lexer.source.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\u{FFFD}');
    let end = at + ch.len_utf8();
    LexError { message: format!("unexpected \"{ch}\""), line: lexer.line, range: at..end, resume: end }
}

/// Takes the escapes out: `\"`, `\'`, `\\` lose the backslash, `\t`, `\r`, `\n` become the character, any other
/// backslash stays.
pub fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(ch) = rest.next() {
        if ch != '\\' {
            out.push(ch);
            continue;
        }
        match rest.as_str().chars().next() {
            Some(c @ ('"' | '\'' | '\\')) => out.push(c),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            _ => {
                out.push('\\');
                continue;
            }
        }
        rest.next();
    }
    out
}

/// Writes a word so that nginx reads it back as it is: bare where that is possible, in quotes otherwise.
pub fn quote(word: &str) -> String {
    let needs_quotes = word.is_empty()
        || word.starts_with(['}', '#', '"', '\''])
        || word.contains([' ', '\t', '\r', '\n', ';', '\\', '{']);
    if !needs_quotes {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of the first statement and its end, or the complaint.
    fn first(source: &str) -> Result<(Vec<String>, End), String> {
        let read = Lexer::new(source, SourceKind::File).statement();
        read.map(|s| (s.words.into_iter().map(|w| w.value).collect(), s.end)).map_err(|e| e.message)
    }

    fn words(source: &str) -> Vec<String> {
        first(source).unwrap().0
    }

    #[test]
    fn a_brace_after_a_dollar_stays_in_the_word() {
        assert_eq!(words("x ${a} b;"), ["x", "${a}", "b"]);
        assert_eq!(words("x ${{a}};"), ["x", "${{a}}"]);
        assert_eq!(first("x $a{b"), Ok((vec!["x".into(), "$a".into()], End::Open)));
        assert_eq!(words("x ${a b};"), ["x", "${a", "b}"]);
    }

    #[test]
    fn only_four_characters_are_white_space() {
        assert_eq!(words("a\u{a0}b\u{b}c\u{c}d e;"), ["a\u{a0}b\u{b}c\u{c}d", "e"]);
        assert_eq!(words("a\r\n\tb\r\n;"), ["a", "b"]);
    }

    #[test]
    fn braces_hashes_and_quotes_inside_a_bare_word_are_ordinary() {
        assert_eq!(words("default_type a}b#c;"), ["default_type", "a}b#c"]);
        assert_eq!(words("x it's a\"b;"), ["x", "it's", "a\"b"]);
    }

    #[test]
    fn escapes_are_the_same_in_every_kind_of_word() {
        assert_eq!(
            words(r#"x a\"b\;c "d\"e\q" 'f\'\\' \#g h\ni;"#),
            ["x", r#"a"b\;c"#, r#"d"e\q"#, r"f'\", r"\#g", "h\ni"]
        );
        assert_eq!(words("x a\\\nb;"), ["x", "a\\\nb"]);
    }

    #[test]
    fn after_a_quote_only_a_few_characters_may_follow() {
        assert_eq!(first("x \"a\"b;"), Err("unexpected \"b\"".into()));
        assert_eq!(first("x \"a\"#c"), Err("unexpected \"#\"".into()));
        assert_eq!(words("if (\"a\") {"), ["if", "(\"a\")"]);
        assert_eq!(words("if ( \"a\") {"), ["if", "(", "a", ")"]);
    }

    #[test]
    fn an_end_amid_a_statement_is_said() {
        assert_eq!(first("x y"), Err("unexpected end of file, expecting \";\" or \"}\"".into()));
        assert_eq!(first("# only a comment"), Ok((vec![], End::Eof)));
        let mut param = Lexer::new("daemon off", SourceKind::Parameter);
        assert_eq!(param.statement().unwrap_err().message, "unexpected end of parameter, expecting \";\"");
    }

    #[test]
    fn a_word_has_to_fit_the_buffer() {
        let long = "a".repeat(4095);
        assert_eq!(words(&format!("{long};")), [long.as_str()]);
        let error = first(&format!("x\n{long}a;")).unwrap_err();
        assert_eq!(error, "too long parameter \"aaaaaaaaaa...\" started");
        assert!(first(&format!("#{long}\nx;")).is_err());
        // The byte after a closing quote has to fit, too.
        let quoted = "b".repeat(4094);
        assert_eq!(words(&format!("x \"{quoted}\";")), ["x", &quoted]);
        assert!(first(&format!("x \"b{quoted}\";")).is_err());
        let error = first(&format!("x 'bb{quoted}';")).unwrap_err();
        assert_eq!(error, "too long parameter, probably missing terminating \"'\" character");
    }

    #[test]
    fn lines_are_those_of_the_end_of_a_statement() {
        let mut lexer = Lexer::new("a\nb\n;\nc;", SourceKind::File);
        assert_eq!(lexer.statement().unwrap().line, 3);
        assert_eq!(lexer.statement().unwrap().line, 4);
    }

    #[test]
    fn quoting_is_read_back() {
        for word in [
            "", "a", "a b", "}", "#x", "a}b", "\"", "it's", "\\", "\\d{2}", "${x}", "a\nb", "$", "a\\n",
            "😀{",
        ] {
            assert_eq!(words(&format!("x {};", quote(word))), ["x", word], "{}", quote(word));
        }
    }
}
