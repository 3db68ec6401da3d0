//! Random configurations: mostly right, so that nginx reads far into them, with a mistake here and there.

use imgscan_dialects::nginx::table::{Contexts, Kind, Row, Table};
use imgscan_dialects::nginx::version::Version;

use super::random::Random;
use super::real::{Files, Real};
use super::{files, statements};

/// Makes configurations.
pub(super) struct Generator<'a> {
    random: Random,
    version: Option<Version>,
    /// Whether stream is a module of its own file.
    stream_is_loadable: bool,
    /// The written statements that nginx takes.
    taken: &'a [&'static str],
}

impl<'a> Generator<'a> {
    pub(super) fn new(seed: u64, real: &Real, taken: &'a [&'static str]) -> Self {
        let version = Version::parse(&real.version);
        Generator { random: Random::new(seed), version, stream_is_loadable: real.is_debian, taken }
    }

    /// The files of one configuration.
    pub(super) fn files(&mut self) -> Files {
        let mut text = self.main();
        if self.random.chance(8) {
            text = self.damaged(&text);
        }
        let inner = if self.random.chance(50) { self.written("http") } else { "# nothing".to_owned() };
        files(&text, &inner)
    }

    fn main(&mut self) -> String {
        let mut out = String::new();
        let has_stream = self.random.chance(20);
        if has_stream && self.stream_is_loadable {
            out.push_str("load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n");
        }
        self.some("main", Contexts::MAIN, 8, &mut out);
        out.push_str("events {\n");
        self.some("events", Contexts::EVENTS, 8, &mut out);
        out.push_str("}\n");
        if !has_stream || self.random.chance(50) {
            self.http(&mut out);
        }
        if has_stream {
            out.push_str("stream {\n");
            self.some("stream", Contexts::STREAM, 50, &mut out);
            for _ in 0..self.random.below(3) {
                out.push_str("server {\n");
                self.some("stream-server", Contexts::STREAM_SERVER, 80, &mut out);
                out.push_str("}\n");
            }
            out.push_str("}\n");
        }
        out
    }

    fn http(&mut self, out: &mut String) {
        out.push_str("http {\n");
        if self.random.chance(70) {
            out.push_str(statements::REFERRED);
        }
        self.some("http", Contexts::HTTP, 50, out);
        self.some("location", Contexts::HTTP, 25, out);
        for _ in 0..self.random.below(4) {
            out.push_str("server {\n");
            self.some("server", Contexts::SERVER, 60, out);
            self.some("location", Contexts::SERVER, 20, out);
            for _ in 0..self.random.below(4) {
                self.location(0, out);
            }
            out.push_str("}\n");
        }
        self.some("http", Contexts::HTTP, 15, out);
        out.push_str("}\n");
    }

    fn location(&mut self, depth: usize, out: &mut String) {
        const HEADS: &[&str] = &[
            "/",
            "/a",
            "/a/",
            "= /a",
            "^~ /a",
            "~ ^/a",
            "~* \\.php$",
            "/a/b",
            "@named",
            "@other",
            "/b",
            "=/x",
            "~[",
            "\"/a b\"",
            "= /",
            "~ (",
            "nonsense",
            "~ \"^/\\d{2}$\"",
            "^ /a",
            "/%20",
            "'/a'",
            "\"\"",
            "~*",
            "@",
        ];
        let usual = self.random.chance(95);
        let head = if usual { self.random.pick(&HEADS[..12]) } else { self.random.pick(HEADS) };
        out.push_str(&format!("location {head} {{\n"));
        self.some("location", Contexts::LOCATION, 70, out);
        if self.random.chance(15) {
            self.some("server", Contexts::LOCATION, 60, out);
        }
        if self.random.chance(15) {
            out.push_str("if ($host = a) {\n");
            self.some("location", Contexts::LOCATION_IF, 70, out);
            out.push_str("}\n");
        }
        if depth < 2 && self.random.chance(15) {
            self.location(depth + 1, out);
        }
        out.push_str("}\n");
    }

    /// Up to three statements, each with this chance.
    fn some(&mut self, heading: &str, context: Contexts, chance: usize, out: &mut String) {
        for _ in 0..3 {
            if self.random.chance(chance) {
                let line =
                    if self.random.chance(60) { self.written(heading) } else { self.composed(context) };
                out.push_str(&line);
                out.push('\n');
            }
        }
    }

    fn written(&mut self, heading: &str) -> String {
        let mut fitting = statements::of(heading);
        if !self.random.chance(3) {
            fitting.retain(|s| self.taken.contains(s));
        }
        self.random.pick(&fitting).to_owned()
    }

    /// A statement from the table.
    fn composed(&mut self, context: Contexts) -> String {
        let anywhere = self.random.chance(1);
        let version = self.version;
        let fits = |r: &&Row| {
            (anywhere || r.contexts.meet(context))
                && !r.arity.block
                && r.kind != Kind::Custom
                && r.module != "mail"
        };
        let rows: Vec<&Row> = Table::get().rows(version).filter(fits).collect();
        let row = self.random.pick(&rows);
        let args: Vec<&str> = (0..5).filter(|n| row.arity.allows(*n)).map(|_| "").collect();
        let mut count = (1..5).find(|n| row.arity.allows(*n)).unwrap_or(args.len());
        if self.random.chance(1) {
            count = self.random.below(4);
        }
        let words: Vec<String> = (0..count).map(|i| self.argument(&row.kind, i)).collect();
        format!("{} {};", row.name, words.join(" "))
    }

    fn argument(&mut self, kind: &Kind, index: usize) -> String {
        if self.random.chance(2) {
            const BAD: &[&str] = &[
                "x",
                "-1",
                "\"\"",
                "$nosuchvariable",
                "1.5",
                "on",
                "0",
                "10mb",
                "1 2",
                "99999999999999999999",
            ];
            return self.random.pick(BAD).to_owned();
        }
        let text: &str = match kind {
            Kind::Flag => self.random.pick(&["on", "off", "ON", "Off"]),
            Kind::Size | Kind::ComplexSize => {
                self.random.pick(&["0", "1", "1k", "4k", "8K", "1m", "2M", "64k", "100"])
            }
            Kind::Offset => self.random.pick(&["0", "1", "1k", "4m", "1g", "2G"]),
            Kind::Num(low, high) => {
                let low = low.unwrap_or(0);
                let high = high.unwrap_or(low + 20);
                let span = usize::try_from((high - low).clamp(0, 100)).unwrap();
                return (low + i64::try_from(self.random.below(span + 1)).unwrap()).to_string();
            }
            Kind::Msec => self.random.pick(&["0", "1", "10s", "1m", "500ms", "1h30m", "1d", "1m30"]),
            Kind::Sec => self.random.pick(&["0", "1", "10s", "1m", "1M", "1y", "1h30m"]),
            Kind::Enum(words) | Kind::Mask(words) => self.random.pick(words),
            Kind::Bufs if index == 0 => self.random.pick(&["1", "2", "4", "8", "16"]),
            Kind::Bufs => self.random.pick(&["1k", "4k", "8k", "16k", "64k"]),
            Kind::Access => self.random.pick(&["user:rw", "group:r", "all:r", "user:x"]),
            Kind::Bind => self.random.pick(&["127.0.0.1", "off", "$remote_addr", "[::1]:80"]),
            Kind::Types => self.random.pick(&["text/plain", "*", "text/html", "application/json"]),
            Kind::Path => self.random.pick(&["/tmp/p", "/tmp/q"]),
            Kind::Predicates => self.random.pick(&["$arg_a", "$http_x", "1", "$cookie_z"]),
            _ => self.random.pick(&["a", "$uri", "/x", "\"a b\"", "${host}x", "text/plain"]),
        };
        text.to_owned()
    }

    /// The text with a character more, less or another.
    fn damaged(&mut self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let at = self.random.below(chars.len());
        let mark = self
            .random
            .pick(&["{", "}", ";", "\"", "'", "\\", "$", "#", " ", "\n", "é", "\u{a0}", "${", "\r"]);
        let skip = usize::from(self.random.chance(60));
        let insert = if self.random.chance(60) { mark } else { "" };
        let before: String = chars[..at].iter().collect();
        let after: String = chars[(at + skip).min(chars.len())..].iter().collect();
        format!("{before}{insert}{after}")
    }
}
