//! Utilities that change files, and what changes the shell itself.

use super::Generator;

impl Generator {
    /// A change of files.
    pub(super) fn change_of_files(&mut self) -> String {
        let (from, to) = (self.path(), self.path());
        match self.random.below(16) {
            0 | 1 => format!(
                "cp {}{from} {to}",
                self.random.pick(&["", "-f ", "-r ", "-a ", "-n ", "-p ", "-R ", "-v "])
            ),
            2 | 3 => format!("mv {}{from} {to}", self.random.pick(&["", "-f ", "-n ", ""])),
            4 => format!("rm {}{from}", self.random.pick(&["", "-f ", "-r ", "-rf "])),
            5 => format!("ln {}{from} {to}", self.random.pick(&["-s ", "-sf ", "", "-sfn ", "-f "])),
            6 => format!("mkdir {}{to}", self.random.pick(&["", "-p ", "-p -m 700 "])),
            7 => format!("rmdir {from}"),
            8 => format!("touch {to}"),
            9 => format!(
                "chmod {} {from}",
                self.random.pick(&["644", "+x", "a-w", "u=rw,go=", "755", "-x", "go-rwx"])
            ),
            10 => self.sed_in_place(),
            11 => format!(
                "[ {} {from} ] && echo yes",
                self.random.pick(&["-f", "-d", "-L", "-x", "-s", "-e", "-h"])
            ),
            12 => self.find(),
            13 => format!(
                "{} {from}",
                self.random.pick(&["readlink", "readlink -f", "realpath", "ls", "ls -1", "ls -A", "cat"])
            ),
            14 => format!("install {}{from} {to}", self.random.pick(&["", "-m 600 ", "-D "])),
            _ => format!(
                "for i in {}; do echo \"<$i>\"; done",
                self.random.pick(&["*", "dir/*", "*.conf", "d*/*.sh", ".*"])
            ),
        }
    }

    fn path(&mut self) -> &'static str {
        self.random.pick(&[
            "f1",
            "f2.conf",
            "dir/g.sh",
            "dir",
            "d2",
            "d2/x",
            "dir/",
            "f9",
            "./f1",
            "dir/../f9",
            "l1",
            "d3/e/f",
            "f1 f2.conf",
            "dir/.",
            "d2/",
            "\"$a\"",
        ])
    }

    fn find(&mut self) -> String {
        let from = self.random.pick(&[".", "dir", "dir/", "./", "f1", "nodir"]);
        let test = self.random.pick(&[
            "",
            "-type f",
            "-name '*.sh'",
            "-type d",
            "-maxdepth 1 -type f",
            "-name 'f*' -print",
            "! -name '*.conf'",
            "-mindepth 1",
            "-type f -name '*.conf' -o -name '*.sh'",
            "-type l",
            "-path './dir/*'",
        ]);
        let then = self.random.pick(&[
            "| sort",
            "| sort -V",
            "| sort -r",
            "-print | sort",
            "| sort | while read -r f; do echo \"{$f}\"; done",
            "-exec basename {} \\; | sort",
            "| wc -l",
            "-follow -type f -print | sort -V",
        ]);
        format!("find {from} {test} {then}")
    }

    /// What changes the shell itself or how it goes on.
    pub(super) fn change_of_shell(&mut self) -> String {
        match self.random.below(22) {
            0 => format!(
                "trap '{}' EXIT",
                self.random.pick(&["echo bye", "echo $?", "echo \"$a\"; exit 4", "false"])
            ),
            1 => format!("( {}; exit {} ); echo $?", self.simple(), self.random.pick(&["", "0", "3", "$#"])),
            2 => format!("{} > f3 &\nwait", self.simple()),
            3 => format!("( {} ) & wait $!; echo $?", self.random.pick(&["exit 3", "true", "false", "a=1"])),
            4 => format!("exec > {}", self.random.pick(&["f10", "f1"])),
            5 => format!("exec 3> f11; {} >&3; exec 3>&-", self.simple()),
            6 => format!(
                "exec 4< {}; read -r {} <&4; exec 4<&-",
                self.random.pick(&["f1", "f2.conf"]),
                self.name()
            ),
            7 => format!(
                "set {}; {}",
                self.random.pick(&["-e", "-eu", "+e", "-u", "-eo noglob", "-o errexit"]),
                self.simple()
            ),
            8 => format!("printf '{}=1\\n' > f12; . ./f12", self.name()),
            9 => format!(
                "{{ {}; }} || {}",
                self.simple(),
                self.random.pick(&["exit 5", "echo failed", "return 2>/dev/null", ":"])
            ),
            10 => format!("set -- $({})", self.simple()),
            11 => format!("export {}; sh -c 'echo in' x", self.name()),
            12 => format!(": \"${{{}:={}}}\"", self.name(), self.random.pick(&["dflt", "$b", "x y", ""])),
            13 => format!(
                "eval {}",
                self.random.pick(&["\"echo \\$$a\" 2>/dev/null", "'echo \"$b\"'", "set -- $b", "\"$c\""])
            ),
            14 => format!("unset {}", self.random.pick(&["a", "b c", "-v a", "-f f", "nope"])),
            15 => format!("readonly r{}={}; echo $r1", self.random.below(2), self.word()),
            16 => {
                format!("cd {} && pwd && cd - >/dev/null", self.random.pick(&["dir", ".", "nodir", "dir/.."]))
            }
            17 => format!("while :; do {}; break; done", self.simple()),
            18 => format!("( set -e; {}; {} ) || echo sub", self.simple(), self.simple()),
            19 => format!("! {{ {}; }}; echo $?", self.simple()),
            20 => format!(
                "{}=$(( {} )) {} {}",
                self.name(),
                self.arith(1),
                self.random.pick(&["&&", "||", ";"]),
                self.simple()
            ),
            _ => format!("{} 2>&1 | {{ read -r {}; echo \"$?\"; }}", self.simple(), self.name()),
        }
    }
}
