//! Files beside the module: imported, opened, asked for.

use super::{Generator, Ty};

/// The files that every program has beside it.
pub const SIBLINGS: [(&str, &str); 6] = [
    (
        "sibling.py",
        "import os\nLEVEL = 3\nHOSTS = ['a', 'b']\n_hidden = 1\nDEBUG = os.environ.get('DEBUG', '') == '1'\n\n\
         def scale(n, by=2):\n    return n * by + LEVEL\n\nclass Base:\n    port = 8000\n    def url(self): return f'http://{self.port}'\n",
    ),
    ("pack/__init__.py", "from .inner import VALUE, twice\n__all__ = ['VALUE']\n"),
    ("pack/inner.py", "VALUE = 11\ndef twice(x): return x * 2\n"),
    ("broken.py", "VALUE = 1\nraise RuntimeError('not here')\n"),
    (
        "settings.json",
        "{\"workers\": 4, \"bind\": [\"0.0.0.0:80\", \"[::]:80\"], \"rate\": 0.25, \"on\": true, \"none\": null}",
    ),
    ("vars.env", "# a comment\nPORT=7000\nNAME = 'x y'\n\nEMPTY=\nexport A=b=c\n"),
];

impl Generator {
    /// A statement that reads another file.
    pub(super) fn read_file(&mut self) {
        let name = self.fresh();
        match self.random.below(10) {
            0 => {
                let n = self.expr(Ty::Int, 1);
                self.line("from sibling import scale, LEVEL as level, HOSTS");
                self.line(&format!("{name} = scale({n}) - level"));
                self.bind(&name, Ty::Int);
            }
            1 => {
                self.line("import sibling");
                self.line(&format!("{name} = sibling.HOSTS + [str(sibling.DEBUG)]"));
                self.bind(&name, Ty::Strs);
            }
            2 if self.indent == 0 => {
                let module = self.random.pick(&["sibling", "pack", "pack.inner"]);
                self.line(&format!("from {module} import *"));
            }
            3 => {
                let module =
                    self.random.pick(&["missing_module", "broken", "pack.absent", "pack", "sibling"]);
                self.line("try:");
                self.line(&format!("    import {module}"));
                self.line(&format!("    {name} = 'there'"));
                let error = self.random_error();
                self.line(&format!("except {error}:"));
                self.line(&format!("    {name} = 'not there'"));
                self.bind(&name, Ty::Str);
            }
            4 => {
                self.line("with open('settings.json') as file:");
                self.line(&format!("    {name} = json.load(file)"));
                let key = self.random.pick(&["workers", "rate", "on", "none", "bind"]);
                let n = self.random.below(9);
                self.line(&format!("{name} = {name}.get('{key}') or {n}"));
            }
            5 => {
                let part = self.random.pick(&["read()", "readlines()[1]", "readline().strip()"]);
                self.line(&format!(
                    "{name} = open(os.path.join(os.path.dirname(__file__), 'vars.env')).{part}"
                ));
                self.bind(&name, Ty::Str);
            }
            6 => self.read_variables(&name),
            7 => {
                let file = self.random.pick(&["nope.txt", "vars.env", "pack", "sibling.py"]);
                let question = self.random.pick(&["exists", "isfile", "isdir"]);
                self.line(&format!("{name} = os.path.{question}('{file}')"));
                self.bind(&name, Ty::Bool);
            }
            8 => {
                let part = self.random.pick(&["name", "suffix", "stem", "parent.name"]);
                self.line(&format!("{name} = pathlib.Path(__file__).{part}"));
                self.bind(&name, Ty::Str);
            }
            _ => {
                self.line("try:");
                self.line(&format!("    {name} = pathlib.Path('nope.txt').read_text()"));
                self.line("except FileNotFoundError as error:");
                self.line(&format!("    {name} = str(error)"));
                self.bind(&name, Ty::Str);
            }
        }
    }

    fn random_error(&mut self) -> &'static str {
        self.random.pick(&["ImportError", "ModuleNotFoundError", "Exception", "(ImportError, RuntimeError)"])
    }

    fn read_variables(&mut self, name: &str) {
        self.line(&format!("{name} = {{}}"));
        self.line("for line in open('vars.env'):");
        self.line("    line = line.strip()");
        self.line("    if not line or line.startswith('#') or '=' not in line: continue");
        self.line("    key, _, value = line.partition('=')");
        let strip = self.random.pick(&["value.strip().strip(\"'\")", "value", "len(value)"]);
        self.line(&format!("    {name}[key.strip()] = {strip}"));
        if self.random.chance(50) {
            self.line(&format!("os.environ.update({{k: str(v) for k, v in {name}.items()}})"));
        }
    }
}
