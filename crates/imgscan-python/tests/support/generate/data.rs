//! What configurations do with data: loops over the environment, tables, formats, library containers.

use super::{ENV, Generator, Ty};

impl Generator {
    /// A few lines as they stand in real configurations.
    pub(super) fn idiom(&mut self) {
        let name = self.fresh();
        let variable = self.random.pick(&ENV);
        let n = self.expr(Ty::Int, 1);
        match self.random.below(14) {
            0 => {
                let prefix = self.random.pick(&["P", "WORK", "A", "DE", "XX"]);
                self.line("for key, value in os.environ.items():");
                self.line(&format!("    if key.startswith('{prefix}'):"));
                self.line("        locals()[key.lower()] = value");
            }
            1 => {
                self.line("def env_int(name, default):");
                self.line("    try:");
                self.line("        return int(os.environ.get(name, default))");
                self.line("    except (TypeError, ValueError):");
                self.line("        return default");
                self.line(&format!("{name} = env_int('{variable}', {n})"));
                self.bind(&name, Ty::Int);
            }
            2 => {
                self.line(&format!(
                    "{name} = os.getenv('{variable}', 'false').strip().lower() in {{'1', 'true', 'yes'}}"
                ));
                self.bind(&name, Ty::Bool);
            }
            3 => {
                self.line(&format!("{name} = os.environ.get('{variable}')"));
                self.line(&format!("if {name} is None or not {name}.isdigit():"));
                self.line(&format!("    {name} = {n}"));
                self.line("else:");
                self.line(&format!("    {name} = max(2, int({name}))"));
                self.bind(&name, Ty::Int);
            }
            4 => {
                self.line("table = {'production': {'workers': 4, 'timeout': 30}, 'dev': {'workers': 1}}");
                self.line(&format!(
                    "{name} = table.get(os.environ.get('APP_ENV', 'dev'), {{}}).get('timeout', {n})"
                ));
                self.bind(&name, Ty::Int);
            }
            5 => {
                self.line(&format!("if (found := os.getenv('{variable}')) and len(found) < 5:"));
                self.line(&format!("    {name} = found"));
                self.line("else:");
                self.line(&format!("    {name} = 'other'"));
                self.bind(&name, Ty::Str);
            }
            6 => {
                let pairs = self.expr(Ty::Dict, 1);
                let key =
                    self.random.pick(&["lambda kv: kv[1]", "lambda kv: (-kv[1], kv[0])", "lambda kv: kv[0]"]);
                self.line(&format!("{name} = [k for k, v in sorted(({pairs}).items(), key={key})]"));
                self.bind(&name, Ty::Strs);
            }
            7 => {
                let words = self.expr(Ty::Strs, 1);
                let kind = self.random.pick(&[
                    "collections.Counter",
                    "collections.OrderedDict.fromkeys",
                    "set",
                    "enumerate",
                ]);
                self.line(&format!("{name} = sorted({kind}({words}))"));
            }
            8 => {
                let words = self.expr(Ty::Strs, 1);
                self.line(&format!("{name} = collections.defaultdict(list)"));
                self.line(&format!("for word in {words}:"));
                self.line(&format!("    {name}[len(word)].append(word)"));
            }
            9 => {
                let (a, b) = (self.expr(Ty::Ints, 1), self.expr(Ty::Ints, 1));
                let how = self.random.pick(&["chain", "product", "zip_longest"]);
                self.line(&format!("{name} = list(itertools.{how}({a}, {b}))[:6]"));
            }
            10 => {
                self.line(&format!("{name} = functools.reduce(lambda a, b: a * 2 + b, {}, 1)", "[1, 2, 3]"));
                self.bind(&name, Ty::Int);
            }
            11 => {
                let keys = self.expr(Ty::Dict, 1);
                self.line(&format!("{name} = dict({keys})"));
                let how = self.random.pick(&[
                    "setdefault('n', 3)",
                    "pop('a', None)",
                    "update(q=1)",
                    "popitem()",
                    "pop('a')",
                ]);
                if how.ends_with("()") || how == "pop('a')" {
                    self.line(&format!("try: {name}.{how}"));
                    self.line("except KeyError: pass");
                } else {
                    self.line(&format!("{name}.{how}"));
                }
                self.bind(&name, Ty::Dict);
            }
            12 => self.aliased(&name),
            _ => {
                let level = self.random.pick(&[
                    "'info'",
                    "logging.getLevelName(30)",
                    "logging.DEBUG",
                    "str(logging.INFO)",
                ]);
                self.line(&format!("{name} = {level}"));
            }
        }
    }

    /// Two names of one list.
    fn aliased(&mut self, name: &str) {
        let items = self.expr(Ty::Ints, 1);
        self.line(&format!("{name} = other = [9, 8] + {items}"));
        let change = self.random.pick(&[
            "other[0] = 5",
            "other += [1]",
            "other = other + [1]",
            "other[1:] = []",
            "del other[0]",
            "other.extend(other)",
            "other.insert(-1, 4)",
            "other.sort(reverse=True)",
            "other *= 2",
        ]);
        self.line(change);
        self.bind(name, Ty::Ints);
    }

    /// A string by one of the less usual ways of formatting.
    pub(super) fn formatted(&mut self) {
        let name = self.fresh();
        let (n, x, text) = (self.inside(Ty::Int, 0), self.inside(Ty::Float, 0), self.inside(Ty::Str, 0));
        let pairs = self.expr(Ty::Dict, 1);
        let value = match self.random.below(14) {
            0 => format!("f'{{{text}:>{{2 + 6}}}}|'"),
            1 => format!("f'{{{n}=}}'"),
            2 => format!("f'{{{n}!r:*^9}}'"),
            3 => format!("'%(a)s-%(b)05d' % {{'a': {text}, 'b': {n}}}"),
            4 => format!("'%*d|%-*s|' % (6, {n}, 5, {text})"),
            5 => format!(
                "format({x}, '{}')",
                self.random.pick(&["08.2f", ",.1f", "+.3e", "%", ".4", "G", "<12"])
            ),
            6 => format!("'{{0[a]}}'.format(dict({pairs}, a=1))"),
            7 => format!("'{{:{{}}d}}'.format({n}, 7)"),
            8 => format!(
                "format({n}, '{}')",
                self.random.pick(&["b", "o", "#X", "_", "012,", "c", "n", "^+9"])
            ),
            9 => format!("str({x}) + repr({x} * 3) + str({n} / 7)"),
            10 => format!("str({text}).encode().hex()"),
            11 => format!("bytes(str({text}), 'utf-8').decode()"),
            12 => format!("'{{:%}} {{!r}}'.format({x}, {text})"),
            _ => format!("'a' 'b' \"c\" rf'\\d{{{n}}}' '''x\ny'''"),
        };
        if self.random.chance(30) {
            self.line("try:");
            self.line(&format!("    {name} = {value}"));
            self.line("except (ValueError, OverflowError, TypeError) as error:");
            self.line(&format!("    {name} = type(error).__name__ + str(error)"));
        } else {
            self.line(&format!("{name} = {value}"));
        }
        self.bind(&name, Ty::Str);
    }

    /// Whole numbers by their less usual operations.
    pub(super) fn reckoned(&mut self) {
        let name = self.fresh();
        let (n, x) = (self.expr(Ty::Int, 1), self.inside(Ty::Float, 0));
        let value = match self.random.below(8) {
            0 => format!(
                "int('{}', {})",
                self.random.pick(&["ff", "0x1f", "-12", "777"]),
                self.random.pick(&["16", "0", "8", "36"])
            ),
            1 => format!("pow({n}, 3, 7)"),
            2 => format!("divmod({n}, -4)[1]"),
            3 => format!("round({n}, -1)"),
            4 => format!("({n}).bit_length()"),
            5 => format!("int.from_bytes(b'\\x01\\x02', 'big') + {n}"),
            6 => format!("hash({n}) if {n} > 5 else int(({x}).is_integer())"),
            _ => format!("sum([{n}, True, False, {n} > 2], 10)"),
        };
        self.line(&format!("try: {name} = {value}"));
        self.line("except ValueError: ");
        self.line(&format!("    {name} = -1"));
        self.bind(&name, Ty::Int);
    }
}
