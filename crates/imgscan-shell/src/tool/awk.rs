//! `awk` over the names of the environment: `for (name in ENVIRON) print …` in `BEGIN` or `END`, as start scripts list
//! the variables that a template may use. Other programs are not followed.
//!
//! awk promises no order of the names and each implementation has its own. They are written in the environment's here:
//! what such a list is good for, the variables that `envsubst` replaces, does not hang on it.

use std::iter::Peekable;
use std::str::Chars;

use super::{Job, Ran};
use crate::regex::{Regex, Syntax};

const NOT_FOLLOWED: &str = "its program is not followed";

/// `awk PROGRAM [FILE]…`
pub(super) fn awk(job: &mut Job<'_>) -> Ran {
    let Some((program, files)) = job.args.split_first() else { return Ran::Unknown(NOT_FOLLOWED.into()) };
    let Some(program) = program.known().and_then(read) else { return Ran::Unknown(NOT_FOLLOWED.into()) };
    // `END` comes after all input was read, whatever it holds.
    if program.at_end && job.sources(files).iter().any(|source| matches!(source, super::Source::Missing)) {
        return Ran::Unknown("not all of its input can be read".into());
    }
    let mut lines = String::new();
    for variable in job.shell.environment().iter() {
        match program.print.text(&variable.name) {
            Some(text) => {
                lines.push_str(&text);
                lines.push('\n');
            }
            None => return Ran::Unknown(NOT_FOLLOWED.into()),
        }
    }
    if job.charge(1 + lines.len() as u64 / 64).is_none() {
        return Ran::Unknown("it writes too much".into());
    }
    let out = job.new_text(&lines);
    job.out(out);
    Ran::Status(0)
}

/// A program: what it prints for each name.
struct Program {
    at_end: bool,
    print: Expr,
}

/// An expression about one name.
enum Expr {
    Name,
    Literal(String),
    Matches { of: Box<Expr>, regex: Regex, negated: bool },
    Choice { test: Box<Expr>, yes: Box<Expr>, no: Box<Expr> },
}

impl Expr {
    /// The value; `None` where it is not followed.
    fn text(&self, name: &str) -> Option<String> {
        match self {
            Expr::Name => Some(name.to_owned()),
            Expr::Literal(text) => Some(text.clone()),
            Expr::Matches { of, regex, negated } => {
                let text: Vec<char> = of.text(name)?.chars().collect();
                let found = regex.find(&text, 0).ok()?.is_some();
                Some(if found != *negated { "1" } else { "0" }.to_owned())
            }
            Expr::Choice { test, yes, no } => match &**test {
                Expr::Matches { .. } => if test.text(name)? == "1" { yes } else { no }.text(name),
                // A name or a text is true where it is not empty, and a number in some cases.
                _ => None,
            },
        }
    }
}

/// Reads a program; `None` where it is not followed.
fn read(program: &str) -> Option<Program> {
    let mut words = Words { rest: program.chars().peekable() };
    let at_end = match words.word()?.as_str() {
        "BEGIN" => false,
        "END" => true,
        _ => return None,
    };
    words.sign('{')?;
    (words.word()? == "for").then_some(())?;
    words.sign('(')?;
    let name = words.word()?;
    (words.word()? == "in" && words.word()? == "ENVIRON").then_some(())?;
    words.sign(')')?;
    let print = statement(&mut words, &name)?;
    words.sign('}')?;
    words.peek().is_none().then_some(Program { at_end, print })
}

/// `print …`, in braces or not.
fn statement(words: &mut Words<'_>, name: &str) -> Option<Expr> {
    let braced = words.sign('{').is_some();
    (words.word()? == "print").then_some(())?;
    let print = choice(words, name)?;
    if words.peek() == Some(';') {
        words.sign(';')?;
    }
    if braced {
        words.sign('}')?;
    }
    Some(print)
}

fn choice(words: &mut Words<'_>, name: &str) -> Option<Expr> {
    let test = matching(words, name)?;
    if words.peek() != Some('?') {
        return Some(test);
    }
    words.sign('?')?;
    let yes = Box::new(choice(words, name)?);
    words.sign(':')?;
    let no = Box::new(choice(words, name)?);
    Some(Expr::Choice { test: Box::new(test), yes, no })
}

fn matching(words: &mut Words<'_>, name: &str) -> Option<Expr> {
    let of = primary(words, name)?;
    let negated = words.peek() == Some('!');
    if negated {
        words.sign('!')?;
    }
    if words.peek() != Some('~') {
        return (!negated).then_some(of);
    }
    words.sign('~')?;
    let regex = words.between('/')?;
    // What the implementations read differently.
    if regex.contains(['\\', '{', '}']) {
        return None;
    }
    let syntax = Syntax { extended: true, awk: true, ..Syntax::default() };
    let regex = Regex::new(&regex, syntax)?;
    Some(Expr::Matches { of: Box::new(of), regex, negated })
}

fn primary(words: &mut Words<'_>, name: &str) -> Option<Expr> {
    match words.peek()? {
        '(' => {
            words.sign('(')?;
            let inner = choice(words, name)?;
            words.sign(')')?;
            Some(inner)
        }
        '"' => {
            let text = words.between('"')?;
            (!text.contains('\\')).then_some(Expr::Literal(text))
        }
        _ => (words.word()? == name).then_some(Expr::Name),
    }
}

/// What is left of a program.
struct Words<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Words<'_> {
    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    /// A name.
    fn word(&mut self) -> Option<String> {
        self.peek()?;
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            word.push(c);
        }
        (!word.is_empty()).then_some(word)
    }

    /// Exactly this character.
    fn sign(&mut self, sign: char) -> Option<()> {
        self.peek()?;
        self.rest.next_if_eq(&sign).map(drop)
    }

    /// What stands between two of these.
    fn between(&mut self, quote: char) -> Option<String> {
        self.peek()?;
        self.rest.next_if_eq(&quote)?;
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                c if c == quote => return Some(text),
                '\n' => return None,
                c => text.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn shown(program: &str, name: &str) -> Option<String> {
        read(program)?.print.text(name)
    }

    #[test]
    fn the_names_that_a_filter_takes() {
        let program = "END { for (name in ENVIRON) print ( name ~ /^APP_/ ) ? name : \"\" }";
        assert_eq!(shown(program, "APP_PORT").as_deref(), Some("APP_PORT"));
        assert_eq!(shown(program, "PATH").as_deref(), Some(""));
        let braced = "END { for (name in ENVIRON) { print ( name ~ /^B/ ) ? name : \"\" } }";
        assert_eq!(shown(braced, "B").as_deref(), Some("B"));
        let all = "BEGIN{for(k in ENVIRON)print k;}";
        assert_eq!(shown(all, "PATH").as_deref(), Some("PATH"));
        let none = "END { for (name in ENVIRON) print ( name ~ // ) ? name : \"\" }";
        assert_eq!(shown(none, "PATH").as_deref(), Some("PATH"));
    }

    #[test]
    fn other_programs_are_not_followed() {
        for program in
            ["{ print $1 }", "END { for (n in ENVIRON) print ENVIRON[n] }", "BEGIN { print 1 }", ""]
        {
            assert!(read(program).is_none(), "{program}");
        }
    }
}
