//! `os.path`

use std::rc::Rc;

use imgscan_model::{FileError, Need};

use super::native;
use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::{Kind, Level, Native, Piece, Symbolic, Type, Value};

pub(super) static FUNCTIONS: [Native; 21] = [
    native("os.path", "join", join),
    native("os.path", "dirname", dirname),
    native("os.path", "basename", basename),
    native("os.path", "split", split),
    native("os.path", "splitext", splitext),
    native("os.path", "normpath", normpath),
    native("os.path", "abspath", abspath),
    native("os.path", "realpath", realpath),
    native("os.path", "isabs", isabs),
    native("os.path", "relpath", relpath),
    native("os.path", "expanduser", expanduser),
    native("os.path", "expandvars", expandvars),
    native("os.path", "normcase", normcase),
    native("os.path", "exists", exists),
    native("os.path", "lexists", lexists),
    native("os.path", "isfile", isfile),
    native("os.path", "isdir", isdir),
    native("os.path", "islink", islink),
    native("os.path", "getsize", getsize),
    native("os.path", "commonprefix", commonprefix),
    native("os.path", "commonpath", commonpath),
];

/// The text of a path argument.
pub(super) fn text_of(interp: &mut Interp<'_>, value: &Value) -> Res<Rc<str>> {
    match &value.kind {
        Kind::Str(text) | Kind::Path(text, _) => Ok(Rc::clone(text)),
        Kind::Bytes(_) => Err(Stop::Opaque(Box::new(Value::unknown("paths of bytes are not followed")))),
        _ if interp.is_unclear(value) => Err(Stop::Opaque(Box::new(value.clone()))),
        _ => {
            let name = interp.type_name(value);
            Err(interp.type_error(format!("expected str, bytes or os.PathLike object, not {name}")))
        }
    }
}

fn one(interp: &mut Interp<'_>, name: &str, args: Args) -> Res<Rc<str>> {
    let [Some(value)] =
        interp.params(name, args, [if name == "realpath" { "filename" } else { "path" }], 1)?
    else {
        return Ok("".into());
    };
    text_of(interp, &value)
}

/// `posixpath.join`
pub(crate) fn joined(first: &str, rest: &[&str]) -> String {
    let mut path = first.to_owned();
    for part in rest {
        if part.starts_with('/') {
            path = (*part).to_owned();
        } else if path.is_empty() || path.ends_with('/') {
            path.push_str(part);
        } else {
            path.push('/');
            path.push_str(part);
        }
    }
    path
}

fn join(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if args.positional.is_empty() || !args.keywords.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    if args.positional.iter().any(|v| !v.is_known()) {
        return join_unknown(interp, &args);
    }
    let mut parts = Vec::new();
    for (at, value) in args.positional.iter().enumerate() {
        let is_path = matches!(value.kind, Kind::Str(_) | Kind::Path(..) | Kind::Bytes(_));
        if at > 0 && !is_path && !interp.is_unclear(value) {
            let name = interp.type_name(value);
            let message = format!("join() argument must be str, bytes, or os.PathLike object, not '{name}'");
            return Err(interp.type_error(message));
        }
        parts.push(text_of(interp, value)?);
    }
    let parts: Vec<&str> = parts.iter().map(|p| &**p).collect();
    match parts.split_first() {
        Some((first, rest)) => Ok(Value::str(joined(first, rest))),
        None => Ok(Value::str("")),
    }
}

/// A path of which parts are not known, where they certainly do not begin at the root.
fn join_unknown(interp: &mut Interp<'_>, args: &Args) -> Res<Value> {
    let unknown = args.positional.iter().find(|v| !v.is_known()).cloned().unwrap_or_else(Value::none);
    let opaque = || Stop::Opaque(Box::new(unknown.clone()));
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, value) in args.positional.iter().enumerate() {
        let mut part = match &value.kind {
            Kind::Str(text) | Kind::Path(text, _) => vec![Piece::Text(Rc::clone(text))],
            Kind::Symbolic(symbolic) if symbolic.class == Some(Type::Str) && symbolic.choice.is_none() => {
                symbolic.to_pieces()
            }
            _ => return Err(opaque()),
        };
        if at > 0 {
            match part.first() {
                Some(Piece::Text(text)) if text.starts_with('/') => pieces.clear(),
                Some(Piece::Text(_) | Piece::Hole { shape: imgscan_model::Shape::Number, .. }) => {}
                _ => return Err(opaque()),
            }
            match pieces.last() {
                None => {}
                Some(Piece::Text(text)) if text.ends_with('/') => {}
                Some(Piece::Text(text)) if !text.is_empty() => pieces.push(Piece::Text("/".into())),
                Some(Piece::Hole { shape: imgscan_model::Shape::Number, .. }) => {
                    pieces.push(Piece::Text("/".into()))
                }
                _ => return Err(opaque()),
            }
        }
        pieces.append(&mut part);
    }
    interp.of_pieces(pieces)
}

/// `posixpath.split`
pub(crate) fn split_path(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (head, tail) = path.split_at(at);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

fn dirname(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("dirname", args, ["p"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    Ok(Value::str(split_path(&path).0))
}

fn basename(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("basename", args, ["p"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    Ok(Value::str(split_path(&path).1))
}

fn split(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("split", args, ["p"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    let (head, tail) = split_path(&path);
    Ok(Value::tuple(vec![Value::str(head), Value::str(tail)]))
}

/// `genericpath._splitext`
pub(crate) fn split_extension(path: &str) -> (&str, &str) {
    let name_at = path.rfind('/').map_or(0, |at| at + 1);
    let name = path.get(name_at..).unwrap_or("");
    match name.rfind('.') {
        Some(dot) if name.get(..dot).is_some_and(|before| before.chars().any(|c| c != '.')) => {
            path.split_at(name_at + dot)
        }
        _ => (path, ""),
    }
}

fn splitext(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("splitext", args, ["p"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    let (root, extension) = split_extension(&path);
    Ok(Value::tuple(vec![Value::str(root), Value::str(extension)]))
}

/// `posixpath.normpath`
pub(crate) fn normal(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let slashes = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() && !slashes.is_empty() => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = format!("{slashes}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

fn normpath(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let path = one(interp, "normpath", args)?;
    Ok(Value::str(normal(&path)))
}

fn normcase(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("normcase", args, ["s"], 1)? else { return Ok(Value::none()) };
    text_of(interp, &value).map(Value::str)
}

/// A path made absolute; symbolic where the working directory is not known.
fn from_directory(interp: &Interp<'_>, path: &str) -> Result<String, Value> {
    if path.starts_with('/') {
        return Ok(normal(path));
    }
    match super::os::directory(interp) {
        Some(directory) => Ok(normal(&joined(&directory, &[path]))),
        None => {
            let text = format!("os.path.abspath({})", crate::format::repr::quoted(path));
            let need = Need::Other("the working directory".into());
            Err(Value::symbolic(Symbolic::new(text, Level::Atom, Some(Type::Str), [need])))
        }
    }
}

fn abspath(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let path = one(interp, "abspath", args)?;
    Ok(match from_directory(interp, &path) {
        Ok(path) => Value::str(path),
        Err(symbolic) => symbolic,
    })
}

fn realpath(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let path = one(interp, "realpath", args)?;
    let absolute = if path.starts_with('/') { Ok(path.to_string()) } else { from_directory(interp, &path) };
    Ok(match absolute {
        Err(symbolic) => symbolic,
        Ok(path) => match real(interp, &path) {
            Some(path) => Value::str(path),
            None => {
                return Err(Stop::Opaque(Box::new(Value::unknown(format!(
                    "what stands at `{path}` is not known"
                )))));
            }
        },
    })
}

/// A path with its links followed as far as they lead; `None` where that is not known.
pub(crate) fn real(interp: &Interp<'_>, path: &str) -> Option<String> {
    let mut real = String::new();
    let mut rest = path.split('/').filter(|p| !p.is_empty() && *p != ".");
    while let Some(part) = rest.next() {
        if part == ".." {
            real.truncate(real.rfind('/').unwrap_or(0));
            continue;
        }
        let next = format!("{real}/{part}");
        match interp.world.files.resolve(&next) {
            Ok(node) => real = if &*node.path == "/" { String::new() } else { node.path.to_string() },
            Err(FileError::NotFound | FileError::NotADirectory) => {
                let dangling = interp.world.files.lookup(&next).is_ok();
                if dangling || super::files::is_uncertain(interp, &next) {
                    return None;
                }
                // Nothing is there: the rest stays as it is written.
                real = next;
                for part in rest.by_ref() {
                    if part == ".." {
                        real.truncate(real.rfind('/').unwrap_or(0));
                    } else {
                        real = format!("{real}/{part}");
                    }
                }
            }
            Err(_) => return None,
        }
    }
    Some(if real.is_empty() { "/".to_owned() } else { real })
}

fn isabs(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("isabs", args, ["s"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    Ok(Value::bool(path.starts_with('/')))
}

fn relpath(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), start] = interp.params("relpath", args, ["path", "start"], 1)? else {
        return Ok(Value::none());
    };
    let path = text_of(interp, &value)?;
    if path.is_empty() {
        return Err(interp.value_error("no path specified"));
    }
    let start = match start {
        Some(start) if !start.is_none() => text_of(interp, &start)?,
        _ => ".".into(),
    };
    let (path, start) = match (from_directory(interp, &path), from_directory(interp, &start)) {
        (Ok(path), Ok(start)) => (path, start),
        (Err(symbolic), _) | (_, Err(symbolic)) => return Err(Stop::Opaque(Box::new(symbolic))),
    };
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - common);
    let relative: Vec<String> = up.chain(path.into_iter().skip(common)).collect();
    Ok(Value::str(if relative.is_empty() { ".".to_owned() } else { relative.join("/") }))
}

fn expanduser(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let path = one(interp, "expanduser", args)?;
    expand_user(interp, &path)
}

/// `~` at the front of a path.
pub(crate) fn expand_user(interp: &mut Interp<'_>, path: &str) -> Res<Value> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(Value::str(path)) };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !user.is_empty() {
        return Err(Stop::Opaque(Box::new(Value::unknown(format!("the home of `{user}` is not looked up")))));
    }
    let environ = interp.environ;
    let home = match interp.read_environ(environ, &"HOME".into(), Fallback::None)? {
        Some(home) => home,
        None => return Err(Stop::Opaque(Box::new(Value::unknown("the home of the user is not looked up")))),
    };
    let trace = home.trace.clone();
    let home = interp.text(&home)?;
    let joined = format!("{}{tail}", home.trim_end_matches('/'));
    Ok(Value::str(if joined.is_empty() { "/".to_owned() } else { joined }).traced(trace))
}

/// `$name` and `${name}`; names that are not set stay.
fn expandvars(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let path = one(interp, "expandvars", args)?;
    let mut pieces: Vec<Piece> = Vec::new();
    let mut trace = crate::object::Trace::default();
    let mut rest: &str = &path;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        pieces.push(Piece::Text(before.into()));
        let after = from.get(1..).unwrap_or("");
        let (name, length) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (inner.get(..end).unwrap_or(""), end + 3),
                None => ("", 0),
            },
            None => {
                let end =
                    after.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(after.len());
                (after.get(..end).unwrap_or(""), end + 1)
            }
        };
        if length <= 1 {
            pieces.push(Piece::Text("$".into()));
            rest = after;
            continue;
        }
        let environ = interp.environ;
        match interp.read_environ(environ, &name.into(), Fallback::None)? {
            Some(value) => {
                trace = trace.merge(&value.trace);
                pieces.extend(interp.pieces_of(&value)?);
            }
            None => {
                let unset = interp.default_read(Value::none());
                trace = trace.merge(&unset.trace);
                pieces.push(Piece::Text(from.get(..length).unwrap_or("").into()));
            }
        }
        rest = from.get(length..).unwrap_or("");
    }
    pieces.push(Piece::Text(rest.into()));
    let value = match interp.plain_pieces(&pieces) {
        Ok(text) => Value::str(text),
        Err(_) => interp.of_pieces(pieces)?,
    };
    Ok(value.traced(trace))
}

/// What a question about a path comes to.
fn asked(interp: &mut Interp<'_>, name: &str, args: Args) -> Res<Value> {
    let value = interp.only(name, args)?;
    let path = text_of(interp, &value)?;
    question(interp, name, &path)
}

/// `exists`, `isfile`, `isdir`, `islink`, `lexists` of a path.
pub(crate) fn question(interp: &mut Interp<'_>, name: &str, path: &str) -> Res<Value> {
    let text = format!("os.path.{name}({})", crate::format::repr::quoted(path));
    let unsure = |need: &str| {
        Value::symbolic(Symbolic::new(
            text.clone(),
            Level::Atom,
            Some(Type::Bool),
            [Need::File(need.to_owned())],
        ))
    };
    if path.is_empty() || path.contains('\0') {
        return Ok(Value::bool(false));
    }
    let Some(place) = super::files::absolute(interp, path) else { return Ok(unsure(path)) };
    if super::files::is_uncertain(interp, &place) {
        return Ok(unsure(&place));
    }
    let files = interp.world.files;
    let found = match name {
        "islink" | "lexists" => files.lookup(&place),
        _ => files.resolve(&place),
    };
    Ok(match found {
        Ok(node) => Value::bool(match name {
            "isfile" => node.is_file(),
            "isdir" => node.is_dir(),
            "islink" => matches!(node.kind, imgscan_model::NodeKind::Symlink(_)),
            _ => true,
        }),
        Err(FileError::Unknown(_)) => unsure(&place),
        Err(_) => Value::bool(false),
    })
}

fn exists(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    asked(interp, "exists", args)
}

fn lexists(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    asked(interp, "lexists", args)
}

fn isfile(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    asked(interp, "isfile", args)
}

fn isdir(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    asked(interp, "isdir", args)
}

fn islink(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    asked(interp, "islink", args)
}

/// `os.access`: whether something is there is known, what the user may do is not looked at.
pub(super) fn access(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(mode), ..] =
        interp.params("access", args, ["path", "mode", "dir_fd", "effective_ids"], 2)?
    else {
        return Ok(Value::none());
    };
    let path = text_of(interp, &value)?;
    let there = question(interp, "exists", &path)?;
    match (there.kind.clone(), mode.as_int()) {
        (Kind::Bool(true), Some(n)) if n == 0.into() => Ok(there),
        (Kind::Bool(false), _) => Ok(there),
        _ => Err(Stop::Opaque(Box::new(Value::unknown("what the user may do with a file is not looked at")))),
    }
}

fn getsize(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("getsize", args, ["filename"], 1)? else { return Ok(Value::none()) };
    let path = text_of(interp, &value)?;
    let Some(place) = super::files::absolute(interp, &path) else {
        return Err(Stop::Opaque(Box::new(Value::unknown("the working directory is not known"))));
    };
    if super::files::is_uncertain(interp, &place) {
        return Err(Stop::Opaque(Box::new(Value::unknown(format!("what stands at `{place}` is not known")))));
    }
    match interp.world.files.resolve(&place) {
        Ok(node) if node.is_file() && !node.generated => Ok(Value::int(node.size)),
        Ok(_) => Err(Stop::Opaque(Box::new(Value::unknown("the size is not known")))),
        Err(error) => Err(super::files::os_error(interp, &error, &value)),
    }
}

fn commonprefix(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(list)] = interp.params("commonprefix", args, ["m"], 1)? else { return Ok(Value::none()) };
    let items = interp.collect(&list)?;
    let texts = items.iter().map(|v| text_of(interp, v)).collect::<Res<Vec<_>>>()?;
    let Some(first) = texts.first() else { return Ok(Value::str("")) };
    let mut length = first.len();
    for other in &texts {
        let same = first.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).last();
        length = length.min(same.map_or(0, |((at, c), _)| at + c.len_utf8()));
    }
    Ok(Value::str(first.get(..length).unwrap_or("")))
}

fn commonpath(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("`os.path.commonpath` is not modelled"))))
}
