//! The directives of open source nginx, and the names of those that other modules bring.
//!
//! `data/nginx/directives.tsv` is generated (`cargo xtask nginx-directives`) from what real servers answered and from
//! nginx's own sources (`ngx_command_t` and the merge functions) of every release since 1.18.0. Its columns:
//!
//! | column | what |
//! |---|---|
//! | module | source file without `ngx_` and `_module` |
//! | name | the directive |
//! | contexts | where it may stand, see [`Contexts`] |
//! | arity | how many arguments it takes, see [`Arity`] |
//! | versions | the releases for which the row holds |
//! | repeat | `error` where a second one on the same level `is duplicate` |
//! | merge | how inner and outer levels combine, see [`Merge`] |
//! | type | what its arguments are, see [`Kind`] |
//! | default | what holds where nobody sets it, `-` for nothing; `@` is a path that the dialect knows more of |

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::nginx::version::{Version, Versions};

static DIRECTIVES: &str = include_str!("../../data/nginx/directives.tsv");
static FOREIGN: &str = include_str!("../../data/nginx/foreign.tsv");

/// A set of places where a directive may stand, or the one place at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Contexts(u16);

macro_rules! contexts {
    ($($(#[$doc:meta])* $name:ident = $bit:expr, $text:expr;)*) => {
        impl Contexts {
            $($(#[$doc])* pub const $name: Contexts = Contexts(1 << $bit);)*
            const NAMES: &'static [(&'static str, Contexts)] = &[$(($text, Contexts::$name),)*];
        }
    };
}

contexts! {
    /// Outside of every block.
    MAIN = 0, "main";
    /// `events`
    EVENTS = 1, "events";
    /// `http`
    HTTP = 2, "http";
    /// `server` in `http`
    SERVER = 3, "server";
    /// `location`
    LOCATION = 4, "location";
    /// `if` in a server
    SERVER_IF = 5, "server-if";
    /// `if` in a location
    LOCATION_IF = 6, "location-if";
    /// `limit_except`
    LIMIT_EXCEPT = 7, "limit_except";
    /// `upstream` in `http`
    UPSTREAM = 8, "upstream";
    /// `stream`
    STREAM = 9, "stream";
    /// `server` in `stream`
    STREAM_SERVER = 10, "stream-server";
    /// `upstream` in `stream`
    STREAM_UPSTREAM = 11, "stream-upstream";
    /// `mail`
    MAIL = 12, "mail";
    /// `server` in `mail`
    MAIL_SERVER = 13, "mail-server";
}

impl Contexts {
    /// Everywhere.
    pub const ANY: Contexts = Contexts(u16::MAX);
    /// The contexts of the http module.
    pub const ALL_HTTP: Contexts = Contexts(0b1_1111_1100);
    /// The contexts of the stream module.
    pub const ALL_STREAM: Contexts = Contexts(0b1110_0000_0000);

    /// Whether the two have a place in common.
    pub fn meet(self, other: Contexts) -> bool {
        self.0 & other.0 != 0
    }

    fn parse(text: &str) -> Contexts {
        let one = |name: &str| {
            Contexts::NAMES.iter().find(|(n, _)| *n == name).map_or(Contexts::ANY, |(_, context)| *context)
        };
        Contexts(text.split(',').map(|name| one(name).0).fold(0, |all, bit| all | bit))
    }
}

/// How many arguments a directive takes, and whether a block follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// `NGX_CONF_BLOCK`: a block follows.
    pub block: bool,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Any,
    AtLeast(usize),
    /// Bit `n` stands for `n` arguments.
    Some(u8),
}

impl Arity {
    /// Whether that many arguments are right.
    pub fn allows(self, args: usize) -> bool {
        match self.counts {
            Counts::Any => true,
            Counts::AtLeast(n) => args >= n,
            Counts::Some(bits) => args < 8 && bits & (1 << args) != 0,
        }
    }

    /// Whether it never takes more than one argument.
    pub fn is_single(self) -> bool {
        matches!(self.counts, Counts::Some(bits) if bits & !0b11 == 0)
    }

    fn parse(text: &str) -> Arity {
        let mut arity = Arity { block: false, counts: Counts::Some(0) };
        for word in text.split(',') {
            let bits = match word {
                "block" => {
                    arity.block = true;
                    continue;
                }
                "noargs" => 1,
                "flag" => 0b10,
                "1more" => {
                    arity.counts = Counts::AtLeast(1);
                    continue;
                }
                "2more" => {
                    arity.counts = Counts::AtLeast(2);
                    continue;
                }
                "any" => {
                    arity.counts = Counts::Any;
                    continue;
                }
                counts => counts
                    .bytes()
                    .fold(0, |bits, b| bits | 1_u8.wrapping_shl(u32::from(b.wrapping_sub(b'0')))),
            };
            if let Counts::Some(have) = &mut arity.counts {
                *have |= bits;
            }
        }
        arity
    }
}

/// What the arguments of a directive are: nginx's slot type, or a setter of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `on` or `off` in any case.
    Flag,
    /// Bytes with `k` or `m`.
    Size,
    /// Bytes with `k`, `m` or `g`.
    Offset,
    /// A whole number, perhaps within bounds.
    Num(Option<i64>, Option<i64>),
    /// Milliseconds.
    Msec,
    /// Seconds.
    Sec,
    /// Any text.
    Str,
    /// One of some words, in any case.
    Enum(Vec<&'static str>),
    /// Some of some words, in any case.
    Mask(Vec<&'static str>),
    /// A number and a size of buffers.
    Bufs,
    /// Texts that accumulate.
    Strs,
    /// Names with values that accumulate.
    Pairs,
    /// Text with variables.
    Complex,
    /// Bytes with `k` or `m`, or text with variables.
    ComplexSize,
    /// A directory with levels.
    Path,
    /// Permissions: `user:rw group:r`.
    Access,
    /// Conditions that accumulate.
    Predicates,
    /// An address to bind to, or `off`.
    Bind,
    /// MIME types that accumulate.
    Types,
    /// `name value [if_not_empty]` that accumulate.
    Params,
    /// Accepted, warned about, of no effect.
    Obsolete,
    /// A setter of its own.
    Custom,
}

impl Kind {
    fn parse(text: &'static str) -> Kind {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let words = || rest.split('|').collect();
        match name {
            "flag" => Kind::Flag,
            "size" => Kind::Size,
            "offset" => Kind::Offset,
            "num" => {
                let (low, high) = rest.split_once(':').unwrap_or_default();
                Kind::Num(low.parse().ok(), high.parse().ok())
            }
            "msec" => Kind::Msec,
            "sec" => Kind::Sec,
            "str" => Kind::Str,
            "enum" => Kind::Enum(words()),
            "mask" => Kind::Mask(words()),
            "bufs" => Kind::Bufs,
            "strs" => Kind::Strs,
            "pairs" => Kind::Pairs,
            "complex" | "complex-zero" => Kind::Complex,
            "complex-size" => Kind::ComplexSize,
            "path" => Kind::Path,
            "access" => Kind::Access,
            "predicates" => Kind::Predicates,
            "bind" => Kind::Bind,
            "types" => Kind::Types,
            "params" => Kind::Params,
            _ if rest == "http_v2_obsolete" || rest == "http_v2_spdy_deprecated" => Kind::Obsolete,
            _ => Kind::Custom,
        }
    }
}

/// How the levels of a configuration combine, as the module's merge function does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Merge {
    /// The inner level's value replaces the outer's (`ngx_conf_merge_*_value`).
    Value,
    /// What stands on one level accumulates; any on an inner level discard all of the outer one.
    List,
    /// Repeats on one level are joined; the inner level replaces the outer.
    Mask,
    /// It holds only where it stands.
    Here,
    /// It holds where it stands and in `if` and `limit_except` blocks inside that have none of their own.
    Handler,
    /// There is one for the process, for all of `http`, of `stream` or of `mail`.
    Global,
    /// `root` and `alias` are one setting.
    Root,
    /// `allow` and `deny` are one list.
    Access,
    /// As [`Merge::List`], unless `add_header_inherit` (`add_trailer_inherit`) says otherwise.
    Headers,
    /// Two values, each replaced for itself.
    Keepalive,
    /// The built-in and the shared cache, each replaced for itself.
    SessionCache,
    /// As [`Merge::List`], and `off` keeps outer ones from coming in.
    Redirect,
    /// As [`Merge::Value`], and a cache on the same level switches it off.
    Store,
    /// As [`Merge::Value`]; the default is twice the larger buffer.
    BusyBuffers,
    /// Not known.
    Unknown,
}

impl Merge {
    fn parse(text: &str) -> Merge {
        match text {
            "value" => Merge::Value,
            "list" => Merge::List,
            "mask" => Merge::Mask,
            "here" => Merge::Here,
            "handler" => Merge::Handler,
            "global" => Merge::Global,
            "root" => Merge::Root,
            "access" => Merge::Access,
            "headers" => Merge::Headers,
            "keepalive" => Merge::Keepalive,
            "session-cache" => Merge::SessionCache,
            "redirect" => Merge::Redirect,
            "store" => Merge::Store,
            "busy" | "temp-write" => Merge::BusyBuffers,
            _ => Merge::Unknown,
        }
    }
}

/// What is known about one directive in some contexts and versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index in the table.
    pub id: usize,
    /// The module, e.g. `http_core`.
    pub module: &'static str,
    /// The name.
    pub name: &'static str,
    /// Where it may stand.
    pub contexts: Contexts,
    /// How many arguments it takes.
    pub arity: Arity,
    /// For which versions the row holds.
    pub versions: Versions,
    /// Whether a second one on the same level is an error.
    pub repeat_is_error: bool,
    /// How levels combine.
    pub merge: Merge,
    /// What the arguments are.
    pub kind: Kind,
    /// The default as one would write it, where there is one.
    pub default: Option<&'static str>,
    /// Whether it comes from a module that is not part of open source nginx.
    pub foreign: bool,
}

/// All rows.
pub struct Table {
    rows: Vec<Row>,
    by_name: HashMap<&'static str, Vec<usize>>,
}

impl Table {
    /// The table. Read once.
    pub fn get() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(Table::read)
    }

    fn read() -> Table {
        let lines = |text: &'static str| text.lines().filter(|l| !l.starts_with('#'));
        let mut table = Table { rows: Vec::new(), by_name: HashMap::new() };
        for row in lines(DIRECTIVES).filter_map(own_row).chain(lines(FOREIGN).filter_map(foreign_row)) {
            let id = table.rows.len();
            table.by_name.entry(row.name).or_default().push(id);
            table.rows.push(Row { id, ..row });
        }
        table
    }

    /// All rows of a directive, in the table's order.
    pub fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Row> {
        self.by_name.get(name).into_iter().flatten().filter_map(|id| self.rows.get(*id))
    }

    /// The names of all directives, each once, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }

    /// All rows of open source nginx's directives that hold for a version (for the newest one where it is not
    /// known).
    pub fn rows(&self, version: Option<Version>) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |r| !r.foreign && r.holds_for(version))
    }

    /// The row of a directive in a context, for a version (the newest one where it is not known).
    pub fn find(&self, name: &str, context: Contexts, version: Option<Version>) -> Option<&Row> {
        self.named(name).find(|r| !r.foreign && r.contexts.meet(context) && r.holds_for(version))
    }
}

impl Row {
    /// Whether the row holds for a version; where that is not known, for the newest.
    pub fn holds_for(&self, version: Option<Version>) -> bool {
        match version {
            Some(version) => self.versions.contain(version),
            None => self.versions.are_open(),
        }
    }
}

fn own_row(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    Some(Row {
        id: 0,
        module: next()?,
        name: next()?,
        contexts: Contexts::parse(next()?),
        arity: Arity::parse(next()?),
        versions: Versions::parse(next()?)?,
        repeat_is_error: next()? == "error",
        merge: Merge::parse(next()?),
        kind: Kind::parse(next()?),
        default: next().filter(|d| *d != "-"),
        foreign: false,
    })
}

fn foreign_row(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    Some(Row {
        id: 0,
        module: next()?,
        name: next()?,
        contexts: Contexts::parse(next()?),
        arity: Arity::parse(next()?),
        versions: Versions::parse("0-")?,
        repeat_is_error: false,
        merge: Merge::Unknown,
        kind: Kind::Custom,
        default: None,
        foreign: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = DIRECTIVES.lines().chain(FOREIGN.lines()).filter(|l| !l.starts_with('#')).count();
        assert_eq!(Table::get().rows.len(), lines);
    }

    #[test]
    fn a_directive_differs_by_context_and_version() {
        let table = Table::get();
        let http = table.find("proxy_pass", Contexts::LOCATION, None).unwrap();
        let stream = table.find("proxy_pass", Contexts::STREAM_SERVER, None).unwrap();
        assert_eq!((http.module, stream.module), ("http_proxy", "stream_proxy"));
        let old = table.find("keepalive_requests", Contexts::HTTP, Some(Version(1, 18, 0))).unwrap();
        let new = table.find("keepalive_requests", Contexts::HTTP, Some(Version(1, 22, 1))).unwrap();
        assert_eq!((old.default, new.default), (Some("100"), Some("1000")));
        assert!(table.find("add_header_inherit", Contexts::HTTP, Some(Version(1, 22, 1))).is_none());
        assert!(table.find("add_header_inherit", Contexts::HTTP, None).is_some());
    }

    #[test]
    fn arity_is_counted_as_nginx_counts() {
        let arity = |text| Arity::parse(text);
        assert!(
            arity("noargs,12").allows(0) && arity("noargs,12").allows(2) && !arity("noargs,12").allows(3)
        );
        assert!(arity("2more").allows(70) && !arity("2more").allows(1));
        assert!(arity("block,1").block && !arity("1").allows(0));
        assert!(!arity("1234").allows(8));
    }
}
