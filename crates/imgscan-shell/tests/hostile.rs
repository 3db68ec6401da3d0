//! Hostile texts: parsed in bounded time, without overflow or panic.

use std::time::{Duration, Instant};

use imgscan_model::{Origin, Text};
use imgscan_shell::{Dialect, parse};

const SHAPES: &[&str] = &[
    "(",
    "((",
    "(((",
    "(( ",
    "$(",
    "$((",
    "$(( ",
    "${",
    "${x:-",
    "${x#",
    "${x/",
    "`",
    "\\`",
    "\"",
    "'",
    "$'",
    "\"$(",
    "\"${x:-",
    "if ",
    "if true; then ",
    "while ",
    "for ((",
    "for x in ",
    "case x in ",
    "case x in (a) ",
    "{ ",
    "f() { ",
    "f() ",
    "function f ",
    "[[ ",
    "[[ ! ",
    "[[ ( ",
    "! ",
    "a && ",
    "a | ",
    "a;",
    "a&",
    "<<A ",
    "<<A\n",
    "cat <<A\n$(",
    "cat <<-A\n\t",
    "a=(",
    "a[",
    "a[$(",
    "@(",
    "[[ x == @(",
    "<(",
    "{a,",
    "${!",
    "${x[",
    "x=$(case a in a) ",
    "\\\n",
    "\\",
    "#",
    "\n",
    ")",
    "}",
    ";;",
    "é",
    "{\u{10FFFF}",
    "$[",
    "((a)",
    "$((a) ",
    "time ",
    "coproc ",
    "a\\\nb",
    "$(<",
    "&>",
    "{x}>",
    "2>&1 ",
    "=",
    "a=",
    "esac ",
    "fi\n",
    "if\n",
    "$(( $(",
    "\"`",
    "`\"",
    "\"\\`",
    "$(\n",
    "<<A;\n",
    "a <<'A'\n",
];

fn text(source: String) -> Text {
    Text::new(source, Origin::LayerFile { layer: None, path: "/x.sh".into(), span: None, instruction: None })
}

#[test]
fn hostile_texts_are_parsed_in_linear_time() {
    for shape in SHAPES {
        for dialect in [Dialect::Bash, Dialect::Dash, Dialect::Ash] {
            let begin = Instant::now();
            let source = text(shape.repeat(8_000.min(60_000 / shape.len())));
            let _ = parse(&source, dialect);
            let took = begin.elapsed();
            assert!(took < Duration::from_secs(5), "{shape:?} in {dialect:?} took {took:?}");
        }
    }
}
