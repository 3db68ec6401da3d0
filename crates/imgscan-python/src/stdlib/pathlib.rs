//! `pathlib`

use std::rc::Rc;

use super::os_path::{self, joined, split_path};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Type, Value};

/// Methods of a path that do not look at files.
pub(crate) const PURE: &[&str] = &[
    "as_posix",
    "as_uri",
    "is_absolute",
    "is_reserved",
    "joinpath",
    "match",
    "relative_to",
    "with_name",
    "with_suffix",
];

/// Methods of a path that look at files.
pub(crate) const CONCRETE: &[&str] = &[
    "absolute",
    "chmod",
    "cwd",
    "exists",
    "expanduser",
    "glob",
    "group",
    "home",
    "is_block_device",
    "is_char_device",
    "is_dir",
    "is_fifo",
    "is_file",
    "is_mount",
    "is_socket",
    "is_symlink",
    "iterdir",
    "lchmod",
    "lstat",
    "mkdir",
    "open",
    "owner",
    "read_bytes",
    "read_text",
    "rename",
    "replace",
    "resolve",
    "rglob",
    "rmdir",
    "samefile",
    "stat",
    "symlink_to",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
];

/// The classes.
pub(super) fn special(name: &str) -> Option<Value> {
    match name {
        "Path" => Some(Value::new(Kind::Type(Type::Path))),
        "PosixPath" => Some(Value::new(Kind::Type(Type::PosixPath))),
        "PurePath" => Some(Value::new(Kind::Type(Type::PurePath))),
        "PurePosixPath" => Some(Value::new(Kind::Type(Type::PurePosixPath))),
        _ => None,
    }
}

/// A path as `pathlib` keeps it: no `.`, no doubled slashes, `..` left alone.
pub(crate) fn normal(path: &str) -> String {
    let slashes = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let joined = format!("{slashes}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// `path / more`
pub(crate) fn join(path: &str, more: &str) -> String {
    normal(&joined(path, &[more]))
}

fn make(path: impl Into<Rc<str>>, concrete: bool) -> Value {
    Value::new(Kind::Path(path.into(), concrete))
}

/// `Path(*parts)`
pub(crate) fn construct(interp: &mut Interp<'_>, concrete: bool, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let parts = args.positional.iter().map(|v| os_path::text_of(interp, v)).collect::<Res<Vec<_>>>()?;
    let parts: Vec<&str> = parts.iter().map(|p| &**p).collect();
    let text = match parts.split_first() {
        Some((first, rest)) => normal(&joined(first, rest)),
        None => ".".to_owned(),
    };
    Ok(make(text, concrete))
}

/// `Path.cwd()` and `Path.home()`
pub(crate) fn class_call(interp: &mut Interp<'_>, name: &str, _: Args) -> Res<Value> {
    if name == "home" {
        let home = os_path::expand_user(interp, "~")?;
        let text = interp.text(&home)?;
        return Ok(make(normal(&text), true).traced(home.trace));
    }
    match super::os::directory(interp) {
        Some(directory) => Ok(make(normal(&directory), true)),
        None => Err(Stop::Opaque(Box::new(Value::unknown("the working directory is not known")))),
    }
}

fn parts(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let root = path.len() - path.trim_start_matches('/').len();
    if root > 0 {
        parts.push(path.get(..root).unwrap_or("/").to_owned());
    }
    parts.extend(path.split('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_owned));
    parts
}

fn name_of(path: &str) -> &str {
    match path {
        "." => "",
        path => split_path(path).1,
    }
}

fn parent_of(path: &str) -> String {
    let root = path.len() - path.trim_start_matches('/').len();
    if path.len() == root || path == "." {
        return path.to_owned();
    }
    match path.rfind('/') {
        None => ".".to_owned(),
        Some(at) if at < root => path.get(..root).unwrap_or("/").to_owned(),
        Some(at) => path.get(..at).unwrap_or("/").to_owned(),
    }
}

/// Name without its last suffix, and the suffix.
fn stem_and_suffix(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && at + 1 < name.len() => name.split_at(at),
        _ => (name, ""),
    }
}

/// A property of a path.
pub(crate) fn attribute(
    interp: &mut Interp<'_>,
    path: &str,
    concrete: bool,
    name: &str,
) -> Res<Option<Value>> {
    let _ = interp;
    Ok(Some(match name {
        "name" => Value::str(name_of(path)),
        "stem" => Value::str(stem_and_suffix(name_of(path)).0),
        "suffix" => Value::str(stem_and_suffix(name_of(path)).1),
        "suffixes" => {
            let name = name_of(path);
            let items = match name.ends_with('.') {
                true => Vec::new(),
                false => name
                    .trim_start_matches('.')
                    .split('.')
                    .skip(1)
                    .map(|s| Value::str(format!(".{s}")))
                    .collect(),
            };
            interp.list(items)
        }
        "parent" => make(parent_of(path), concrete),
        "parents" => {
            let mut parents = Vec::new();
            let mut at = path.to_owned();
            loop {
                let parent = parent_of(&at);
                if parent == at {
                    break;
                }
                parents.push(make(parent.as_str(), concrete));
                at = parent;
            }
            Value::tuple(parents)
        }
        "parts" => Value::tuple(parts(path).into_iter().map(Value::str).collect::<Vec<_>>()),
        "root" | "anchor" => {
            let root = path.len() - path.trim_start_matches('/').len();
            Value::str(path.get(..root).unwrap_or(""))
        }
        "drive" => Value::str(""),
        _ => return Ok(None),
    }))
}

/// The class of a method's result, where it is not known.
pub(crate) fn result_class(name: &str) -> Option<Type> {
    match name {
        "exists" | "is_file" | "is_dir" | "is_symlink" | "is_absolute" => Some(Type::Bool),
        "read_text" | "as_posix" => Some(Type::Str),
        "resolve" | "absolute" | "expanduser" => Some(Type::PosixPath),
        _ => None,
    }
}

/// A method of a path.
pub(crate) fn call(
    interp: &mut Interp<'_>,
    path: &str,
    concrete: bool,
    name: &str,
    args: Args,
) -> Res<Value> {
    interp.expect_closed(&args)?;
    let this = make(path, concrete);
    match name {
        "exists" => os_path::question(interp, "exists", path),
        "is_file" => os_path::question(interp, "isfile", path),
        "is_dir" => os_path::question(interp, "isdir", path),
        "is_symlink" => os_path::question(interp, "islink", path),
        "is_absolute" => Ok(Value::bool(path.starts_with('/'))),
        "as_posix" => Ok(Value::str(path)),
        "joinpath" => {
            let mut text = path.to_owned();
            for value in &args.positional {
                text = join(&text, &os_path::text_of(interp, value)?);
            }
            Ok(make(text, concrete))
        }
        "absolute" => match super::files::absolute(interp, path) {
            Some(absolute) => Ok(make(normal(&absolute), concrete)),
            None => Err(Stop::Opaque(Box::new(Value::unknown("the working directory is not known")))),
        },
        "resolve" => {
            let Some(absolute) = super::files::absolute(interp, path) else {
                return Err(Stop::Opaque(Box::new(Value::unknown("the working directory is not known"))));
            };
            match os_path::real(interp, &absolute) {
                Some(real) => Ok(make(real, concrete)),
                None => {
                    let words = format!("what stands at `{absolute}` is not known");
                    Err(Stop::Opaque(Box::new(Value::unknown(words))))
                }
            }
        }
        "expanduser" => {
            let expanded = os_path::expand_user(interp, path)?;
            let text = interp.text(&expanded)?;
            Ok(make(normal(&text), concrete).traced(expanded.trace))
        }
        "with_name" | "with_suffix" | "with_stem" => renamed(interp, path, concrete, name, args),
        "relative_to" => relative(interp, path, concrete, args),
        "is_relative_to" => {
            let [Some(other)] = interp.params(name, args, ["other"], 1)? else { return Ok(Value::none()) };
            let other = normal(&os_path::text_of(interp, &other)?);
            Ok(Value::bool(parts(path).starts_with(&parts(&other))))
        }
        "read_text" => {
            let [encoding, _, newline] = interp.params(name, args, ["encoding", "errors", "newline"], 0)?;
            if newline.is_some() {
                return Err(Stop::Opaque(Box::new(Value::unknown("`newline` is not followed"))));
            }
            let encoding = match encoding {
                Some(encoding) if !encoding.is_none() => Some(interp.text(&encoding)?),
                _ => None,
            };
            super::files::read_text(interp, &this, encoding.as_deref())
        }
        "open" => {
            let names = ["mode", "buffering", "encoding", "errors", "newline"];
            let [mode, _, encoding, _, newline] = interp.params(name, args, names, 0)?;
            super::files::open_as(interp, &this, mode, encoding, newline)
        }
        "mkdir" | "touch" | "write_text" | "write_bytes" | "unlink" | "rename" | "replace" | "rmdir"
        | "symlink_to" | "chmod" => {
            if let Some(place) = super::files::absolute(interp, path) {
                let there = name == "mkdir" && interp.world.files.exists(&place) == Some(true);
                let exist_ok = match args.keywords.iter().find(|(n, _)| &**n == "exist_ok") {
                    Some((_, value)) => interp.expect_truth(&value.clone())?,
                    None => false,
                };
                if !(there && exist_ok) {
                    interp.may_raise(None, &format!("Path.{name}(…)"), &[])?;
                }
                super::files::note_written(interp, &place);
            } else {
                interp.may_raise(None, &format!("Path.{name}(…)"), &[])?;
            }
            Ok(match name {
                "write_text" | "write_bytes" | "rename" | "replace" => Value::unknown("it is not modelled"),
                _ => Value::none(),
            })
        }
        "cwd" | "home" => class_call(interp, name, args),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`Path.{name}` is not modelled"))))),
    }
}

fn renamed(interp: &mut Interp<'_>, path: &str, concrete: bool, method: &str, args: Args) -> Res<Value> {
    let new = interp.only(method, args)?;
    let new = interp.text(&new)?;
    let name = name_of(path);
    if name.is_empty() {
        return Err(interp.raise_unclear(Type::ValueError));
    }
    let (stem, suffix) = stem_and_suffix(name);
    let name = match method {
        "with_name" if new.is_empty() || new.contains('/') || &*new == "." => {
            return Err(interp.value_error(format!("Invalid name {}", crate::format::repr::quoted(&new))));
        }
        "with_name" => new.to_string(),
        "with_stem" => format!("{new}{suffix}"),
        _ if new.contains('/') || !new.is_empty() && !new.starts_with('.') || &*new == "." => {
            return Err(interp.value_error(format!("Invalid suffix {}", crate::format::repr::quoted(&new))));
        }
        _ => format!("{stem}{new}"),
    };
    let parent = parent_of(path);
    Ok(make(if parent == "." { name } else { join(&parent, &name) }, concrete))
}

fn relative(interp: &mut Interp<'_>, path: &str, concrete: bool, args: Args) -> Res<Value> {
    let [Some(other)] = interp.params("relative_to", args, ["other"], 1)? else {
        return Err(Stop::Opaque(Box::new(Value::unknown("this `relative_to` is not followed"))));
    };
    let other = normal(&os_path::text_of(interp, &other)?);
    let (mine, base) = (parts(path), parts(&other));
    if !mine.starts_with(&base) {
        return Err(interp.raise_unclear(Type::ValueError));
    }
    let rest: Vec<String> = mine.into_iter().skip(base.len()).collect();
    Ok(make(if rest.is_empty() { ".".to_owned() } else { rest.join("/") }, concrete))
}
