//! Conditions, and what only bash knows.

use super::Generator;

impl Generator {
    pub(super) fn bash_statement(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("arr=({})", self.words()),
            1 => format!("arr+=({})", self.word()),
            2 => "printf '{%s}' \"${arr[@]}\" \"${#arr[@]}\"; echo".to_owned(),
            3 => format!("[[ {} ]] && echo yes", self.bash_condition()),
            4 => format!(
                "echo {}",
                self.random.pick(&[
                    "{a,b}c",
                    "x{1..3}",
                    "{a,b{1,2}}",
                    "{$a,z}",
                    "{03..1}",
                    "{a..c}",
                    "a{,b}",
                    "{x}",
                    "{a,b"
                ])
            ),
            5 => format!("(( {} )) && echo nz", self.arith(2)),
            6 => format!(
                "declare {} d={}",
                self.random.pick(&["-i", "-x", ""]),
                self.random.pick(&["3", "2+3", "x"])
            ),
            7 => format!("read -r a b <<< {}", self.word()),
            8 => format!("for ((i=0; i<{}; i++)); do echo $i; done", self.random.below(3)),
            9 => format!("a+={}", self.word()),
            10 => format!("arr[{}]={}", self.random.pick(&["0", "2", "$#", "1+1"]), self.word()),
            _ => format!(
                "echo {}",
                self.random.pick(&[
                    "${arr[0]}",
                    "${arr[-1]}",
                    "${!a}",
                    "${arr[*]}",
                    "\"${arr[@]:1}\"",
                    "${!arr[@]}",
                    "$'a\\tb'",
                    "\"${arr[@]/a/b}\""
                ])
            ),
        }
    }

    pub(super) fn bash_condition(&mut self) -> String {
        match self.random.below(7) {
            0 => format!(
                "${} == {}",
                self.name(),
                self.pattern().replace("' '", "x").replace(" *", "y*").trim().to_owned() + "z*"
            ),
            1 => format!("-n ${}", self.name()),
            2 => format!("$# -gt {} && -f f1", self.random.below(3)),
            3 => format!("! $a = \"{}\"", self.random.pick(&["a", "*"])),
            4 => "( -z $b || $c != x* )".to_owned(),
            5 => "$a < $b".to_owned(),
            _ => "-v a".to_owned(),
        }
    }

    pub(super) fn condition(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("\"${}\" = {}", self.name(), self.random.pick(&["a", "\"\"", "\"$b\"", "x"])),
            1 => format!("\"${}\" != \"{}\"", self.name(), self.random.pick(&["a", "", "1"])),
            2 => format!("-z \"${}\"", self.name()),
            3 => format!("-n \"${}\"", self.name()),
            4 => format!(
                "{} {} {}",
                self.random.pick(&["1", "$#", "3", "\"$#\""]),
                self.random.pick(&["-eq", "-ne", "-lt", "-gt", "-ge", "-le"]),
                self.random.pick(&["1", "0", "$#", "2"])
            ),
            5 => format!(
                "{} {}",
                self.random.pick(&["-f", "-d", "-e", "-s", "-r", "-x", "-L"]),
                self.random.pick(&["f1", "dir", "nofile", "\"$a\"", "f2.conf", ".", "dir/g.sh", "/dev/null"])
            ),
            6 => format!("! {} = {}", self.random.pick(&["a", "\"$a\""]), self.random.pick(&["a", "b"])),
            7 => format!("\"${}\" = a -o -n \"$b\"", self.name()),
            8 => "\"${1#-}\" != \"$1\"".to_owned(),
            9 => format!("\"$1\" = \"{}\" -a $# -gt 0", self.random.pick(&["one", "nginx"])),
            10 => format!("\"${}\"", self.name()),
            _ => "\"${E1:-}\"".to_owned(),
        }
    }
}
