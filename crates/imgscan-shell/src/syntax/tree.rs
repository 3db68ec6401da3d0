//! The tree of a script. Literals are ranges of the unit's source, so that provenance is had by cutting the source.

use std::ops::Range;
use std::sync::Arc;

use imgscan_model::{Origin, Place, Text};

/// A stretch of the source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The stretch from `start` to `end`, in bytes. Sources are far below 4 GiB.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: cut(start), end: cut(end.max(start)) }
    }

    /// As a range.
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A source with the here-documents that stand in it.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub source: Text,
    pub here: Vec<HereDoc>,
}

impl Unit {
    /// The text of a span, with its origins.
    pub(crate) fn slice(&self, span: Span) -> Text {
        self.source.slice(span.range())
    }

    /// The characters of a span.
    pub(crate) fn raw(&self, span: Span) -> &str {
        self.source.raw().get(span.range()).unwrap_or("")
    }

    /// Where a span stands.
    pub(crate) fn origin(&self, span: Span) -> Origin {
        self.place(span).origin
    }

    /// Where a span stands, and what its text came through.
    pub(crate) fn place(&self, span: Span) -> Place {
        let nowhere = || Place::new(Origin::Runtime { what: "shell".into() });
        self.source.place(span.range()).unwrap_or_else(nowhere)
    }
}

/// A script as parsed: complete commands in order.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) lines: Vec<Line>,
    pub(crate) unit: Arc<Unit>,
}

/// A complete command, or what stands in its place.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    List(List),
    /// It cannot be read.
    Broken {
        span: Span,
        reason: String,
    },
}

/// Commands one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub and_or: AndOr,
    pub background: bool,
    /// Whether `;` or `&` stands behind it.
    pub ended: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connect {
    And,
    Or,
}

#[derive(Clone, Debug)]
pub(crate) struct AndOr {
    pub first: Pipeline,
    pub rest: Vec<(Connect, Pipeline)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub negated: bool,
    /// bash's `time` stands before it.
    pub timed: bool,
    /// The commands; never empty, but for a bare `!` or `time`.
    pub commands: Vec<Command>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub kind: Kind,
    pub redirects: Vec<Redirect>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Simple {
        assigns: Vec<Assign>,
        words: Vec<Word>,
    },
    Group(List),
    Subshell(List),
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    While {
        until: bool,
        condition: List,
        body: List,
    },
    For {
        name: Span,
        words: Option<Vec<Word>>,
        body: List,
    },
    ForArith {
        init: Arith,
        condition: Arith,
        step: Arith,
        body: List,
    },
    Select {
        name: Span,
        words: Option<Vec<Word>>,
        body: List,
    },
    Case {
        subject: Word,
        arms: Vec<Arm>,
    },
    Function {
        name: String,
        body: Arc<Command>,
    },
    Test(Box<Cond>),
    Arith(Arith),
    /// bash's `coproc`, which is not followed.
    Coproc,
}

/// What follows an arm of a `case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArmEnd {
    /// `;;`
    Leave,
    /// `;&`
    Fall,
    /// `;;&`
    TestNext,
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub patterns: Vec<Word>,
    pub body: List,
    pub end: ArmEnd,
}

/// An expression in `$(( ))`, `(( ))` and the like: expanded as if in double quotes, then read as arithmetic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arith {
    pub parts: Vec<Part>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Assign {
    pub name: String,
    pub index: Option<Arith>,
    pub append: bool,
    pub value: AssignValue,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum AssignValue {
    Word(Word),
    Array(Vec<Element>),
}

/// An element of an array literal.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub index: Option<Arith>,
    pub append: bool,
    pub value: Word,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    pub parts: Vec<Part>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Characters without quotes.
    Lit(Span),
    /// Characters that a quote or backslash protects; may be empty (`''`).
    Quoted(Span),
    /// `$'…'`, decoded.
    Decoded(String, Span),
    /// `"…"`
    Double(Vec<Part>),
    Param(Box<Param>),
    /// `$(…)` or backquotes.
    Command(Substitution, Span),
    Arith(Arith),
    /// `<(…)`, or `>(…)` where `out`.
    Process {
        out: bool,
        list: List,
        span: Span,
    },
    /// It cannot be told which characters these are.
    Unreadable(Span),
    /// bash's `?(…)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`
    Extended(char, Vec<Word>),
    /// An array literal behind an assignment that stands as an argument (`local a=(…)`).
    Array(Vec<Element>),
}

/// The commands of a command substitution.
#[derive(Clone, Debug)]
pub(crate) enum Substitution {
    /// `$(…)`: they stand in the same unit.
    Inline(List),
    /// Backquotes: a unit of its own, without the backslashes.
    Own(Box<Script>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Variable(String),
    Positional(usize),
    /// One of `@ * # ? - $ ! 0`; `0` counts as positional.
    Special(char),
}

#[derive(Clone, Debug)]
pub(crate) enum Index {
    /// `[@]`
    At,
    /// `[*]`
    Star,
    Of(Arith),
}

/// A parameter expansion.
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub name: Name,
    pub index: Option<Index>,
    /// `${!…}`
    pub indirect: bool,
    pub op: ParamOp,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// `-`
    Use,
    /// `=`
    Assign,
    /// `?`
    Fail,
    /// `+`
    Alternative,
}

#[derive(Clone, Debug)]
pub(crate) enum ParamOp {
    Plain,
    /// `${#x}`
    Length,
    Absent {
        what: Absent,
        colon: bool,
        word: Word,
    },
    Trim {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    Replace {
        pattern: Word,
        with: Option<Word>,
        all: bool,
        anchor: Option<char>,
    },
    Substring {
        offset: Arith,
        length: Option<Arith>,
    },
    /// `^ ^^ , ,,`
    Case {
        upper: bool,
        all: bool,
        pattern: Word,
    },
    /// `@Q` and the like.
    Transform(char),
    /// `${!prefix*}`, `${!prefix@}`
    Names {
        star: bool,
    },
    /// The shell refuses it when it comes to it.
    Bad,
}

#[derive(Clone, Debug)]
pub(crate) struct HereDoc {
    /// The body as a unit of its own (tabs of `<<-` taken out).
    pub unit: Arc<Unit>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectOp {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DupIn,
    /// `>&`
    DupOut,
    /// `&>`
    Both,
    /// `&>>`
    BothAppend,
    /// `<<<`
    HereString,
}

/// Which descriptor a redirection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fd {
    Default,
    Number(u32),
    /// bash's `{name}>`
    Variable(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    pub fd: Fd,
    pub target: Target,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Word(RedirectOp, Word),
    /// Index into the unit's here-documents.
    Here(usize),
}

/// An expression in `[[ ]]`.
#[derive(Clone, Debug)]
pub(crate) enum Cond {
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
    Unary(String, Word),
    Binary(String, Word, Word),
    /// A word alone: whether it is not empty.
    Word(Word),
}
