//! Pathname expansion in the image's tree.

use std::sync::Arc;

use imgscan_model::{FileView, NodeKind, Text, path};

use super::split::Field;
use super::{Frag, Kind, units};
use crate::dialect::Dialect;
use crate::interp::Stop;
use crate::pattern::{Atom, Pattern, Tri, Unit};
use crate::shell::disk::{Found, Runtime};
use crate::shell::{Shell, Touch};
use crate::syntax::tree::Word;
use crate::texts;

/// Most entries looked at for one word.
const MOST: usize = 20_000;

/// Adds what a field becomes: the paths that match it, or itself.
pub(super) fn glob(shell: &mut Shell, field: Field, word: &Word, fields: &mut Vec<Text>) -> Result<(), Stop> {
    let plain = plain_text(&field);
    if shell.local.options.noglob || !is_pattern(&field) {
        fields.push(plain);
        return Ok(());
    }
    let origin = shell.origin(word.span);
    let units = units(&field);
    if units.iter().any(|u| matches!(u, Unit::Hole)) {
        let needs = plain.needs();
        let hole = texts::symbol(plain.display(), imgscan_model::Shape::Words, needs, &origin);
        fields.push(hole);
        return Ok(());
    }
    if units.iter().any(|u| matches!(u, Unit::Extended(..))) && !shell.local.shopts.extglob {
        return Err(Stop::Lost("an extended pattern stands where `extglob` is not on".into()));
    }
    if shell.local.shopts.globstar && plain.raw().contains("**") || shell.local.shopts.nocaseglob {
        return Err(Stop::Lost("`globstar` and `nocaseglob` are not followed".into()));
    }
    let mut walk = Walk {
        shell,
        components: components(&units),
        found: Vec::new(),
        unknown: None,
        looked: 0,
        listed: Vec::new(),
    };
    walk.start();
    let Walk { mut found, unknown, listed, .. } = walk;
    for (dir, pattern) in listed {
        shell.touch(&dir, Touch::Listed(pattern));
    }
    if let Some(reason) = unknown {
        fields.push(texts::unknown(reason, Vec::new(), &origin).unquoted());
        return Ok(());
    }
    found.sort_unstable();
    if found.is_empty() {
        if shell.local.shopts.failglob {
            return Err(Stop::Discard);
        }
        if !shell.local.shopts.nullglob {
            fields.push(plain);
        }
        return Ok(());
    }
    let bytewise = matches!(shell.local.dialect, Dialect::Dash | Dialect::Posix);
    if !bytewise && !collates_as_bytes(shell, &found) {
        let reason = "the order of the matching files depends on the locale";
        fields.push(texts::unknown(reason, Vec::new(), &origin).unquoted());
        return Ok(());
    }
    fields.extend(found.into_iter().map(|path| Text::derived(path, origin.clone())));
    Ok(())
}

fn plain_text(field: &[Frag]) -> Text {
    let texts: Vec<&Text> = field
        .iter()
        .filter_map(|f| match f {
            Frag::Text(text, _) | Frag::Extended(_, _, text) => Some(text),
            Frag::Break => None,
        })
        .collect();
    Text::concat(texts)
}

/// Whether a field is looked for among the files: a bracket alone, as in `[ x = y ]`, makes no pattern (bash 5.2,
/// `unquoted_glob_pattern_p`).
fn is_pattern(field: &[Frag]) -> bool {
    let mut open = false;
    for frag in field {
        let text = match frag {
            Frag::Text(text, Kind::Literal | Kind::Expanded) => text,
            Frag::Text(..) | Frag::Break => continue,
            Frag::Extended(..) => return true,
        };
        for c in text.raw().chars() {
            match c {
                '*' | '?' => return true,
                '[' => open = true,
                '/' => open = false,
                ']' if open => return true,
                _ => {}
            }
        }
    }
    false
}

/// A component of a path pattern.
enum Component {
    /// As it stands; empty where two slashes stand together.
    Literal(String),
    Pattern(Pattern),
}

fn components(units: &[Unit]) -> Vec<Component> {
    let is_slash = |u: &Unit| matches!(u, Unit::Char('/', _));
    let component = |units: &[Unit]| {
        let pattern = Pattern::of(units);
        let special = units.iter().any(|u| match u {
            Unit::Char(c, quoted) => !quoted && matches!(c, '*' | '?' | '['),
            Unit::Extended(..) => true,
            Unit::Hole => false,
        });
        match pattern.literal().filter(|_| !special || !units.iter().any(|u| matches!(u, Unit::Extended(..))))
        {
            Some(text) => Component::Literal(text),
            None => Component::Pattern(pattern),
        }
    };
    units.split(is_slash).map(component).collect()
}

struct Walk<'a> {
    shell: &'a Shell,
    components: Vec<Component>,
    found: Vec<String>,
    unknown: Option<String>,
    looked: usize,
    /// The directories whose names were matched.
    listed: Vec<(Arc<str>, Pattern)>,
}

impl Walk<'_> {
    fn start(&mut self) {
        let absolute = matches!(self.components.first(), Some(Component::Literal(text)) if text.is_empty());
        if absolute { self.go("/".to_owned(), 1) } else { self.go(String::new(), 0) }
    }

    /// Goes on from `prefix` (as it will be written) with the component at `at`.
    fn go(&mut self, prefix: String, at: usize) {
        if self.unknown.is_some() {
            return;
        }
        let last = at + 1 == self.components.len();
        match self.components.get(at) {
            None => self.found.push(prefix),
            Some(Component::Literal(text)) => {
                let next = format!("{prefix}{text}");
                if last {
                    self.literal_end(next, text.is_empty());
                } else {
                    self.go(format!("{next}/"), at + 1);
                }
            }
            Some(Component::Pattern(pattern)) => {
                let pattern = pattern.clone();
                for name in self.names(&prefix, &pattern) {
                    self.looked += 1;
                    if self.looked > MOST {
                        self.unknown = Some("too many files match".into());
                        return;
                    }
                    let hidden = name.starts_with('.');
                    let dot_given = pattern.atoms.first() == Some(&Atom::Char('.'));
                    if hidden && !dot_given && !self.shell.local.shopts.dotglob {
                        continue;
                    }
                    match pattern.matches_str(&name) {
                        Tri::No => {}
                        Tri::Maybe => {
                            self.unknown = Some("whether a file matches depends on the locale".into())
                        }
                        Tri::Yes if last => self.found.push(format!("{prefix}{name}")),
                        Tri::Yes => {
                            let next = format!("{prefix}{name}");
                            match self.is_dir(&next) {
                                Some(true) => self.go(format!("{next}/"), at + 1),
                                Some(false) => {}
                                None => self.unknown = Some(format!("what `{next}` is")),
                            }
                        }
                    }
                }
            }
        }
    }

    /// The last component has no pattern: the path counts if something is there.
    fn literal_end(&mut self, path: String, must_be_dir: bool) {
        let found = self.shell.find(&path, false);
        match found {
            Found::Node(node) if !must_be_dir || node.is_dir() => self.found.push(path),
            Found::Runtime(Runtime::Unsure(_)) | Found::Unknown(_) => {
                self.unknown = Some(format!("whether `{path}` is there"));
            }
            Found::Runtime(_) => self.found.push(path),
            _ => {}
        }
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        match self.shell.find(path, true) {
            Found::Node(node) => Some(node.is_dir()),
            Found::Runtime(Runtime::Directory) => Some(true),
            Found::Runtime(Runtime::Unsure(_)) | Found::Unknown(_) => None,
            _ => Some(false),
        }
    }

    /// The names in the directory that `prefix` leads to, `.` and `..` left out.
    fn names(&mut self, prefix: &str, pattern: &Pattern) -> Vec<String> {
        let dir = if prefix.is_empty() { "." } else { prefix };
        match self.shell.find(dir, true) {
            Found::Node(node) if node.kind == NodeKind::Dir => {
                if self.shell.local.who.may(&node, 4) == Some(false) {
                    return Vec::new();
                }
                self.listed.push((Arc::clone(&node.path), pattern.clone()));
                let children = self.shell.world.files.children(&node.path);
                if let Some(reason) =
                    children.iter().find_map(|c| self.shell.world.files.unknown(&path::join(&node.path, c)))
                {
                    self.unknown = Some(reason);
                }
                let names = children.iter().map(|c| c.to_string());
                // Patterns that begin with a dot match these too; not in bash since 5.2 (`globskipdots`).
                let dots = if self.shell.is_bash() { &[][..] } else { &[".", ".."][..] };
                names.chain(dots.iter().map(|d| (*d).to_owned())).collect()
            }
            Found::Runtime(_) => {
                self.unknown = Some(format!("what `{dir}` holds is known at run time only"));
                Vec::new()
            }
            Found::Unknown(reason) => {
                self.unknown = Some(reason);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether the order by bytes is the order of the locale that the environment names: that of C, or one that is not in
/// the image, or one that agrees on these names.
pub(crate) fn collates_as_bytes(shell: &Shell, sorted: &[String]) -> bool {
    if sorted.len() < 2 || !has_other_locale(shell) {
        return true;
    }
    let key = |s: &String| -> String {
        s.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let keys: Vec<String> = sorted.iter().map(key).collect();
    sorted.iter().all(|name| name.is_ascii()) && keys.windows(2).all(|w| w[0] < w[1])
}

/// Whether the environment chooses a locale other than C, and the image may hold it.
pub(crate) fn has_other_locale(shell: &Shell) -> bool {
    let chosen = ["LC_ALL", "LC_COLLATE", "LANG"]
        .iter()
        .filter_map(|name| shell.local.variables.text(name))
        .find(|text| !text.is_empty());
    let Some(chosen) = chosen else { return false };
    let Some(name) = chosen.known() else { return true };
    if matches!(name, "C" | "POSIX") || name.starts_with("C.") {
        return false;
    }
    let has = |path: &str| shell.world.files.exists(path) != Some(false);
    let short = name.split('.').next().unwrap_or(name);
    let dir = format!("/usr/lib/locale/{short}.utf8");
    shell.partial
        || has("/usr/lib/locale/locale-archive")
        || has(&dir)
        || has(&format!("/usr/lib/locale/{name}"))
}
