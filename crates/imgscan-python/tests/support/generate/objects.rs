//! Functions that hold functions, and classes with more than plain methods.

use super::{Generator, Ty};

impl Generator {
    /// A closure, a decorator, a recursion, or a call with unpacked arguments.
    pub(super) fn closure(&mut self) {
        self.next += 1;
        let (f, name) = (format!("k{}", self.next), self.fresh());
        let n = self.expr(Ty::Int, 1);
        match self.random.below(7) {
            0 => {
                self.line(&format!("def {f}(start):"));
                self.line("    count = start");
                self.line("    def step(by=1):");
                self.line("        nonlocal count");
                self.line("        count += by");
                self.line("        return count");
                self.line("    return step");
                self.line(&format!("{name} = {f}({n})"));
                self.line(&format!("{name} = {name}() + {name}(5)"));
                self.bind(&name, Ty::Int);
            }
            1 => {
                self.line(&format!("def {f}(inner):"));
                self.line("    @functools.wraps(inner)");
                self.line("    def outer(*args, **kwargs):");
                self.line("        return inner(*args, **kwargs) + 1");
                self.line("    return outer");
                self.line(&format!("@{f}"));
                self.line(&format!("def {name}(a, b=2): return a * b"));
                self.line(&format!("{name} = ({name}({n}), {name}.__name__)"));
                self.bind(&name, Ty::Pair);
            }
            2 => {
                self.line(&format!("def {f}(n): return 1 if n < 2 else n * {f}(n - 1)"));
                let n = self.random.below(8);
                self.line(&format!("{name} = {f}({n})"));
                self.bind(&name, Ty::Int);
            }
            3 => {
                let (items, more) = (self.expr(Ty::Ints, 1), self.expr(Ty::Dict, 1));
                self.line(&format!(
                    "def {f}(*args, sep='-', **kw): return sep.join(map(str, args)) + str(sorted(kw))"
                ));
                let sep = self.random.pick(&["", ", sep='+'"]);
                self.line(&format!(
                    "{name} = {f}(*{items}, {n}{sep}, **{{str(k): v for k, v in ({more}).items()}})"
                ));
                self.bind(&name, Ty::Str);
            }
            4 => {
                self.line(&format!("{name} = [f(2) for f in [lambda x, i=i: x * i for i in range(3)]]"));
                self.bind(&name, Ty::Ints);
            }
            5 => {
                let way = self.random.pick(&["return 1", "raise ValueError('x')", "1 // 0", "pass"]);
                self.line(&format!("def {f}(out):"));
                self.line("    for i in range(3):");
                self.line("        try:");
                self.line("            out.append(i)");
                let at = self.random.below(4);
                self.line(&format!("            if i == {at}: {way}"));
                self.line("            continue");
                self.line("        except ValueError:");
                self.line("            break");
                self.line("        finally:");
                self.line("            out.append(-i)");
                self.line("    return len(out)");
                self.line(&format!("{name} = []"));
                self.line("try:");
                self.line(&format!("    {f}({name})"));
                self.line("except ArithmeticError as error:");
                self.line(&format!("    {name}.append(len(str(error)))"));
                self.bind(&name, Ty::Ints);
            }
            _ => {
                self.line(&format!("{f} = functools.partial(max, {n})"));
                let m = self.expr(Ty::Int, 1);
                self.line(&format!("{name} = {f}({m})"));
                self.bind(&name, Ty::Int);
            }
        }
    }

    /// A class with special methods, of a library's kind, or an exception of its own.
    pub(super) fn rich_class(&mut self) {
        self.next += 1;
        let (class, name) = (format!("R{}", self.next), self.fresh());
        let (n, text) = (self.expr(Ty::Int, 1), self.expr(Ty::Str, 1));
        match self.random.below(7) {
            0 => {
                self.line(&format!("class {class}:"));
                self.line("    def __init__(self, n): self.n = n");
                self.line(
                    "    def __add__(self, other): return type(self)(self.n + getattr(other, 'n', other))",
                );
                self.line(
                    "    def __eq__(self, other): return isinstance(other, type(self)) and self.n == other.n",
                );
                self.line("    def __len__(self): return 3");
                self.line("    def __getitem__(self, at): return (self.n, at)");
                self.line("    def __repr__(self): return f'<{self.n}>'");
                self.line("    def __contains__(self, item): return item == self.n");
                let shown = self.random.pick(&[
                    "str(x)",
                    "repr(x + 1)",
                    "f'{x!r:>6}'",
                    "str(x == x)",
                    "str(x[2])",
                    "str(len(x))",
                ]);
                self.line(&format!("x = {class}({n})"));
                self.line(&format!("{name} = {shown}"));
                self.bind(&name, Ty::Str);
            }
            1 => {
                self.line("@dataclasses.dataclass");
                self.line(&format!("class {class}:"));
                self.line("    host: str = '0.0.0.0'");
                self.line("    port: int = 80");
                self.line("    tags: list = dataclasses.field(default_factory=list)");
                let how = self.random.pick(&["dataclasses.asdict", "str", "dataclasses.astuple"]);
                self.line(&format!("{name} = {how}({class}(port={n}))"));
            }
            2 => {
                self.line(&format!("class {class}(enum.Enum):"));
                self.line("    LOW = 1");
                self.line("    HIGH = 'x'");
                let how = self.random.pick(&[
                    ".HIGH.value",
                    ".LOW.name",
                    "(1).name",
                    "['HIGH'].value",
                    "('x').value",
                ]);
                self.line(&format!("{name} = {class}{how}"));
            }
            3 => {
                self.line(&format!("class {class}(ValueError):"));
                self.line("    def __init__(self, words, code=3):");
                self.line("        super().__init__(words)");
                self.line("        self.code = code");
                self.line("try:");
                self.line("    try:");
                self.line(&format!("        raise {class}({text})"));
                self.line("    except KeyError: pass");
                self.line("except ValueError as error:");
                self.line(&format!("    {name} = (error.code, str(error))"));
                self.bind(&name, Ty::Pair);
            }
            4 => {
                self.line(&format!("{class} = collections.namedtuple('{class}', 'a b', defaults=(2,))"));
                self.line(&format!("{name} = {class}({n})._replace(b=5).a"));
                self.bind(&name, Ty::Int);
            }
            5 => {
                self.line(&format!("class {class}:"));
                self.line("    def __enter__(self): return self");
                let swallow = self.random.pick(&["True", "False", "kind is ValueError"]);
                self.line(&format!(
                    "    def __exit__(self, kind, value, trace): self.seen = kind; return {swallow}"
                ));
                let raised = self.random.pick(&["raise ValueError('v')", "{}['k']", "pass"]);
                self.line("try:");
                self.line(&format!("    with {class}() as x: {raised}"));
                self.line(&format!("    {name} = str(x.seen)"));
                self.line("except LookupError:");
                self.line(&format!("    {name} = 'lookup'"));
                self.bind(&name, Ty::Str);
            }
            _ => {
                self.line(&format!("class {class}:"));
                self.line(&format!("    workers = {n}"));
                self.line("    bind = '0.0.0.0'");
                self.line("    _private = None");
                self.line(&format!("class {class}b({class}):"));
                self.line("    workers = 9");
                self.line("    def __init__(self): super().__init__(); self.own = 1");
                let shown = self.random.pick(&["vars", "dir"]);
                self.line(&format!(
                    "{name} = {{k: getattr({class}b(), k) for k in {shown}({class}) if not k.startswith('_')}}"
                ));
            }
        }
    }
}
