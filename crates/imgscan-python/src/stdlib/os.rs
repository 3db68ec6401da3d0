//! `os`

use std::rc::Rc;

use imgscan_model::{Need, NodeKind, path};

use super::{native, process};
use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::{Kind, Level, Native, Object, Symbolic, Type, Value};

pub(super) static FUNCTIONS: [Native; 26] = [
    native("os", "getenv", getenv),
    native("os", "getcwd", getcwd),
    native("os", "chdir", chdir),
    native("os", "cpu_count", process::cpu_count),
    native("os", "process_cpu_count", process::cpu_count),
    native("os", "sched_getaffinity", process::affinity),
    native("os", "getpid", pid),
    native("os", "getppid", pid),
    native("os", "getuid", user),
    native("os", "geteuid", user),
    native("os", "getgid", user),
    native("os", "getegid", user),
    native("os", "fspath", fspath),
    native("os", "listdir", listdir),
    native("os", "makedirs", makedirs),
    native("os", "mkdir", makedirs),
    native("os", "putenv", nothing),
    native("os", "unsetenv", nothing),
    native("os", "umask", umask),
    native("os", "getloadavg", unsure),
    native("os", "urandom", unsure),
    native("os", "access", super::os_path::access),
    native("os", "_exit", leave),
    native("os", "nice", unsure),
    native("os", "sysconf", process::sysconf),
    native("os", "uname", process::uname),
];

/// Attributes that are no functions.
pub(super) fn special(interp: &mut Interp<'_>, name: &str) -> Res<Option<Value>> {
    Ok(Some(match name {
        "environ" => Value::object(interp.environ),
        "path" => interp.modelled("os.path"),
        "error" => Value::new(Kind::Type(Type::OsError)),
        "name" => Value::str("posix"),
        "sep" => Value::str("/"),
        "linesep" => Value::str("\n"),
        "pathsep" => Value::str(":"),
        "curdir" => Value::str("."),
        "pardir" => Value::str(".."),
        "extsep" => Value::str("."),
        "devnull" => Value::str("/dev/null"),
        "defpath" => Value::str("/bin:/usr/bin"),
        "altsep" => Value::none(),
        "F_OK" => Value::int(0),
        "R_OK" => Value::int(4),
        "W_OK" => Value::int(2),
        "X_OK" => Value::int(1),
        _ => return Ok(None),
    }))
}

/// `os.getenv(key, default=None)`
fn getenv(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(key), default] = interp.params("getenv", args, ["key", "default"], 1)? else {
        return Ok(Value::none());
    };
    let default = default.unwrap_or_else(Value::none);
    let environ = interp.environ;
    if key.is_known() && key.as_str().is_none() {
        let name = interp.type_name(&key);
        return Err(interp.type_error(format!("str expected, not {name}")));
    }
    match interp.dict_get(environ, &key, Fallback::Value(&default))? {
        Some(value) => Ok(value),
        None => Ok(interp.default_read(default)),
    }
}

/// An expression over the run time.
pub(super) fn symbolic(text: &str, class: Option<Type>, need: Need) -> Value {
    Value::symbolic(Symbolic::new(text, Level::Atom, class, [need]))
}

/// The current directory, where it is known.
pub(super) fn directory(interp: &Interp<'_>) -> Option<String> {
    match interp.heap.get(interp.cwd) {
        Object::Cell(Some(Value { kind: Kind::Str(text), .. })) => Some(text.to_string()),
        _ => None,
    }
}

fn getcwd(interp: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(match directory(interp) {
        Some(directory) => Value::str(directory),
        None => symbolic("os.getcwd()", Some(Type::Str), Need::Other("the working directory".into())),
    })
}

fn chdir(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let target = interp.only("chdir", args)?;
    let text = match &target.kind {
        Kind::Str(text) | Kind::Path(text, _) => Some(Rc::clone(text)),
        _ if interp.is_unclear(&target) => None,
        _ => return Err(interp.raise_unclear(Type::TypeError)),
    };
    let new = match (text, directory(interp)) {
        (Some(text), before) if text.starts_with('/') || before.is_some() => {
            let place = path::join(&before.unwrap_or_else(|| "/".to_owned()), &text);
            match interp.world.files.resolve(&place) {
                Ok(node) if node.is_dir() => Some(Value::str(&*node.path)),
                Ok(_) => {
                    let args = vec![Value::int(20), Value::str("Not a directory"), target];
                    return Err(interp.raise_with(Type::NotADirectoryError, args));
                }
                Err(_) if super::files::is_uncertain(interp, &place) => {
                    interp.may_raise(None, "os.chdir(…)", &[])?;
                    None
                }
                Err(_) => {
                    let args = vec![Value::int(2), Value::str("No such file or directory"), target];
                    return Err(interp.raise_with(Type::FileNotFoundError, args));
                }
            }
        }
        _ => {
            interp.may_raise(None, "os.chdir(…)", &[])?;
            None
        }
    };
    let cell = interp.cwd;
    if let Some(slot) = interp.heap.get_mut(cell) {
        *slot = Object::Cell(new);
    }
    Ok(Value::none())
}

fn pid(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("os.getpid()", Some(Type::Int), Need::Pid))
}

fn user(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("os.getuid()", Some(Type::Int), Need::Other("the user".into())))
}

fn umask(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("os.umask(…)", Some(Type::Int), Need::Other("the file mode mask".into())))
}

fn nothing(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::none())
}

fn unsure(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::unknown("only the run time knows it"))
}

fn leave(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let code = args.positional.first().cloned().unwrap_or_else(|| Value::int(0));
    Err(interp.raise_with(Type::SystemExit, vec![code]))
}

fn fspath(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("fspath", args)?;
    match &value.kind {
        Kind::Str(_) | Kind::Bytes(_) => Ok(value),
        Kind::Path(text, _) => Ok(Value::str(Rc::clone(text))),
        _ if interp.is_unclear(&value) => Err(Stop::Opaque(Box::new(value))),
        _ => {
            let name = interp.type_name(&value);
            Err(interp.type_error(format!("expected str, bytes or os.PathLike object, not {name}")))
        }
    }
}

/// `os.listdir(path)`: the order is the file system's.
fn listdir(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [target] = interp.params("listdir", args, ["path"], 0)?;
    let target = target.unwrap_or_else(|| Value::str("."));
    let shown = super::os_path::text_of(interp, &target)?;
    let Some(place) = super::files::absolute(interp, &shown) else {
        return Err(Stop::Opaque(Box::new(Value::unknown("the working directory is not known"))));
    };
    if super::files::is_uncertain(interp, &place) {
        let words = format!("what is in `{place}` is not known");
        return Err(Stop::Opaque(Box::new(Value::unknown(words))));
    }
    match interp.world.files.list(&place) {
        Ok(names) if names.len() <= 1 => {
            let names = names.iter().map(|n| Value::str(&**n)).collect();
            Ok(interp.list(names))
        }
        Ok(_) => Err(Stop::Opaque(Box::new(Value::unknown("the order of a directory is not known")))),
        Err(error) => Err(super::files::os_error(interp, &error, &target)),
    }
}

/// `os.makedirs(path, exist_ok=False)`
fn makedirs(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(target), _, exist_ok] = interp.params("makedirs", args, ["name", "mode", "exist_ok"], 1)?
    else {
        return Ok(Value::none());
    };
    let exist_ok = interp.flag(exist_ok.as_ref(), false)?;
    let shown = super::os_path::text_of(interp, &target)?;
    let Some(place) = super::files::absolute(interp, &shown) else {
        return interp.may_raise(None, "os.makedirs(…)", &[]).map(|()| Value::none());
    };
    let there = interp.world.files.resolve(&place);
    match there {
        Ok(node) if exist_ok && node.kind == NodeKind::Dir => {}
        Ok(_) => {
            let args = vec![Value::int(17), Value::str("File exists"), Value::str(shown)];
            return Err(interp.raise_with(Type::FileExistsError, args));
        }
        // Whether the user may write there is not looked at.
        Err(_) => interp.may_raise(None, "os.makedirs(…)", &[])?,
    }
    super::files::note_written(interp, &place);
    Ok(Value::none())
}
