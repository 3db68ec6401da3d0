//! Parses files named on the command line.
#![allow(clippy::all)]
use imgscan_model::{Origin, Text};
use imgscan_shell::{Dialect, parse};
fn main() {
    let mut bad = 0;
    let mut n = 0;
    for path in std::env::args().skip(2) {
        let Ok(s) = std::fs::read_to_string(&path) else { continue };
        let d = match std::env::args().nth(1).unwrap().as_str() {
            "bash" => Dialect::Bash,
            "ash" => Dialect::Ash,
            _ => Dialect::Dash,
        };
        let t = std::time::Instant::now();
        let text = Text::new(
            s,
            Origin::LayerFile { layer: None, path: path.as_str().into(), span: None, instruction: None },
        );
        let (_, problems) = parse(&text, d);
        n += 1;
        if t.elapsed().as_millis() > 300 {
            println!("{path}: {:?}", t.elapsed());
        }
        if !problems.is_empty() {
            bad += 1;
            for p in problems.iter().take(2) {
                println!(
                    "{path}:{:?}: {}",
                    p.origin.as_ref().and_then(|o| o.span()).map(|s| (s.line, s.column)),
                    p.message
                );
            }
        }
    }
    println!("{n} parsed, {bad} with problems");
}
