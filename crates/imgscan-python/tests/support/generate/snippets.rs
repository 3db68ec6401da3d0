//! Pieces of programs that stand in a file, filled with expressions.

use super::{ENV, Generator, Ty};

const SNIPPETS: &str = include_str!("snippets.txt");

/// A piece and the type of the name that it binds.
struct Snippet {
    ty: Option<Ty>,
    text: &'static str,
}

fn snippets() -> Vec<Snippet> {
    let pieces = SNIPPETS.split("\n--- ").skip(1);
    pieces
        .map(|piece| {
            let (ty, text) = piece.split_once('\n').expect("a piece has lines");
            Snippet { ty: typed(ty), text: text.trim_end_matches('\n') }
        })
        .collect()
}

fn typed(name: &str) -> Option<Ty> {
    Some(match name {
        "Int" => Ty::Int,
        "Float" => Ty::Float,
        "Str" => Ty::Str,
        "Bool" => Ty::Bool,
        "Ints" => Ty::Ints,
        "Strs" => Ty::Strs,
        "Dict" => Ty::Dict,
        _ => return None,
    })
}

impl Generator {
    /// One of the pieces.
    pub(super) fn snippet(&mut self) {
        let all = snippets();
        let snippet = &all[self.random.below(all.len())];
        self.next += 1;
        let (id, name) = (self.next.to_string(), self.fresh());
        for line in snippet.text.lines() {
            let line = self.filled(line, &id, &name);
            self.line(&line);
        }
        if let Some(ty) = snippet.ty {
            self.bind(&name, ty);
        }
    }

    /// A line with what stands for its placeholders; `$$` is a `$`.
    fn filled(&mut self, line: &str, id: &str, name: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let end = after.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(after.len());
            let (word, more) = after.split_at(end);
            rest = more;
            match word {
                "ID" => out.push_str(id),
                "NAME" => out.push_str(name),
                "ENV" => out.push_str(self.random.pick(&ENV)),
                // Inside of an f-string no quotes of the outer kind may stand.
                "INT" | "BOOL" if line.contains("f'{$") => {
                    out.push_str(&self.inside(if word == "INT" { Ty::Int } else { Ty::Bool }, 0));
                }
                "" if more.starts_with('$') => {
                    out.push('$');
                    rest = &more[1..];
                }
                other => {
                    let ty = [
                        ("INT", Ty::Int),
                        ("STR", Ty::Str),
                        ("BOOL", Ty::Bool),
                        ("FLOAT", Ty::Float),
                        ("INTS", Ty::Ints),
                        ("STRS", Ty::Strs),
                        ("DICT", Ty::Dict),
                    ]
                    .into_iter()
                    .find(|(word, _)| *word == other);
                    match ty {
                        Some((_, ty)) => {
                            let value = self.expr(ty, 1);
                            out.push_str(&format!("({value})"));
                        }
                        None => {
                            out.push('$');
                            out.push_str(other);
                        }
                    }
                }
            }
        }
        out.push_str(rest);
        out
    }
}
