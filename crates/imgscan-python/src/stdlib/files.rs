//! Files of the image: `open`, file objects, and what a path leads to.

use std::rc::Rc;

use imgscan_model::{FileError, Need};

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::OpenFile;
use crate::object::{Id, Kind, Native, Object, Type, Value};

pub(super) static FUNCTIONS: [Native; 1] = [native("io", "open", open)];

/// Files and directories that every container has, whatever its image.
const ALWAYS: [&str; 12] = [
    "/proc",
    "/sys",
    "/dev",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/shm",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/stderr",
];

/// Files that the container runtime makes or mounts, each by its own rules.
const RUNTIME: [&str; 6] =
    ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/mtab", "/.dockerenv", "/run/.containerenv"];

/// A path as the process means it; `None` where the working directory is not known.
pub(crate) fn absolute(interp: &Interp<'_>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    super::os::directory(interp).map(|directory| format!("{directory}/{path}"))
}

/// Whether what stands at a path is decided when the container runs: kernel file systems, secrets, what the program
/// itself has written.
pub(crate) fn is_uncertain(interp: &Interp<'_>, place: &str) -> bool {
    let plain = imgscan_model::path::join("/", place);
    if RUNTIME.contains(&plain.as_str()) {
        return true;
    }
    let under = |dir: &str| plain.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
    if under("/proc") || under("/sys") || under("/dev") || ALWAYS.contains(&plain.as_str()) {
        return true;
    }
    let written = interp.written.iter().any(|w| {
        plain == **w
            || plain.strip_prefix(&**w).is_some_and(|rest| rest.starts_with('/'))
            || w.starts_with(&plain)
    });
    if written {
        return true;
    }
    (under("/run") || under("/var/run")) && interp.world.files.exists(&plain) != Some(true)
}

/// Whether every container has something at the path.
pub(crate) fn is_always(place: &str) -> bool {
    ALWAYS.contains(&imgscan_model::path::join("/", place).as_str())
}

/// Notes that the program writes there.
pub(super) fn note_written(interp: &mut Interp<'_>, place: &str) {
    let plain = imgscan_model::path::join("/", place);
    interp.written.push(plain.into());
}

/// The exception for a path that cannot be read; unknown where it is only imgscan that cannot.
pub(super) fn os_error(interp: &mut Interp<'_>, error: &FileError, target: &Value) -> Stop {
    let (class, code, words) = match error {
        FileError::NotFound => (Type::FileNotFoundError, 2, "No such file or directory"),
        FileError::NotADirectory => (Type::NotADirectoryError, 20, "Not a directory"),
        FileError::IsADirectory => (Type::IsADirectoryError, 21, "Is a directory"),
        FileError::Loop => (Type::OsError, 40, "Too many levels of symbolic links"),
        FileError::NotAFile
        | FileError::NotLoaded
        | FileError::TooLarge(_)
        | FileError::NotText
        | FileError::Unknown(_) => {
            let shown = interp.express(target).map_or_else(|| "a file".to_owned(), |(text, _)| text);
            let path = match &target.kind {
                Kind::Str(path) | Kind::Path(path, _) => path.to_string(),
                _ => shown.clone(),
            };
            let unknown =
                crate::object::Unknown::new(format!("{shown}: {error}")).needing(Rc::new([Need::File(path)]));
            return Stop::Opaque(Box::new(Value::new(Kind::Unknown(Rc::new(unknown)))));
        }
    };
    let shown = match &target.kind {
        Kind::Path(path, _) => Value::str(Rc::clone(path)),
        _ => target.clone(),
    };
    interp.raise_with(class, vec![Value::int(code), Value::str(words), shown])
}

/// The content of a file of the image, as text with `\n` at the ends of lines.
pub(crate) fn read_text(interp: &mut Interp<'_>, target: &Value, encoding: Option<&str>) -> Res<Value> {
    let path = super::os_path::text_of(interp, target)?;
    let unknown = |reason: String, place: &str| {
        let need = Need::File(place.to_owned());
        let unknown = crate::object::Unknown::new(reason).needing(Rc::new([need]));
        Stop::Opaque(Box::new(Value::new(Kind::Unknown(Rc::new(unknown)))))
    };
    let Some(place) = absolute(interp, &path) else {
        return Err(unknown("the working directory is not known".into(), &path));
    };
    if is_uncertain(interp, &place) {
        return Err(unknown(format!("what is in `{place}` is decided when the container runs"), &place));
    }
    let text = match interp.world.files.read(&place) {
        Ok(text) => text,
        Err(error) => return Err(os_error(interp, &error, target)),
    };
    let plain = encoding.map(|e| e.to_ascii_lowercase().replace('_', "-"));
    let text = match plain.as_deref() {
        None | Some("utf-8" | "utf8") => text,
        Some("utf-8-sig") if text.raw().starts_with('\u{feff}') => text.slice(3..text.len()),
        Some("utf-8-sig") => text,
        Some(_) if text.raw().is_ascii() => text,
        Some(other) => return Err(unknown(format!("the encoding `{other}` is not followed"), &place)),
    };
    let shown = format!("open({}).read()", crate::format::repr::quoted(&path));
    let value = interp.text_value(&text, &shown, &Need::File(place));
    Ok(match &value.kind {
        Kind::Str(text) if text.contains('\r') => {
            let lines = text.replace("\r\n", "\n").replace('\r', "\n");
            Value::str(lines).traced(value.trace)
        }
        _ => value,
    })
}

/// `open(file, mode='r', …)`
pub(crate) fn open(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["file", "mode", "buffering", "encoding", "errors", "newline", "closefd", "opener"];
    let [Some(file), mode, _, encoding, _, newline, _, _] = interp.params("open", args, names, 1)? else {
        return Ok(Value::none());
    };
    open_as(interp, &file, mode, encoding, newline)
}

/// Opens a file as `open` and `Path.open` do, by the arguments that both take.
pub(super) fn open_as(
    interp: &mut Interp<'_>,
    file: &Value,
    mode: Option<Value>,
    encoding: Option<Value>,
    newline: Option<Value>,
) -> Res<Value> {
    let mode = match mode {
        Some(mode) => interp.text(&mode)?,
        None => "r".into(),
    };
    let encoding = match encoding {
        Some(encoding) if !encoding.is_none() => Some(interp.text(&encoding)?),
        _ => None,
    };
    if newline.is_some_and(|n| !n.is_none()) {
        return Err(Stop::Opaque(Box::new(Value::unknown("`newline` of `open` is not followed"))));
    }
    open_file(interp, file, &mode, encoding.as_deref())
}

/// A file object.
pub(super) fn open_file(
    interp: &mut Interp<'_>,
    file: &Value,
    mode: &str,
    encoding: Option<&str>,
) -> Res<Value> {
    let path = super::os_path::text_of(interp, file)?;
    let valid = mode.chars().all(|c| "rwaxbt+".contains(c))
        && mode.chars().filter(|c| "rwax".contains(*c)).count() == 1;
    if !valid {
        return Err(interp.value_error(format!("invalid mode: '{mode}'")));
    }
    let binary = mode.contains('b');
    let writable = mode.contains(['w', 'a', 'x', '+']);
    let content = if writable {
        let shown = format!("open({}, …)", crate::format::repr::quoted(&path));
        interp.may_raise(None, &shown, &[])?;
        if let Some(place) = absolute(interp, &path) {
            note_written(interp, &place);
        }
        Err(format!("`{path}` is written to").into())
    } else {
        match read_text(interp, file, encoding) {
            Ok(value) => match (&value.kind, binary) {
                (Kind::Str(text), true) => {
                    // Text was made of lines; bytes are as they are in the file.
                    let raw = absolute(interp, &path).and_then(|p| interp.world.files.read(&p).ok());
                    let bytes = raw.map_or_else(|| text.as_bytes().to_vec(), |t| t.raw().as_bytes().to_vec());
                    Ok(Value::bytes(bytes).traced(value.trace.clone()))
                }
                (_, true) => Err("the bytes of the file are not known".into()),
                _ => Ok(value),
            },
            Err(Stop::Opaque(culprit)) => {
                let uncertain =
                    absolute(interp, &path).is_none_or(|p| is_uncertain(interp, &p) && !is_always(&p));
                if uncertain {
                    let shown = format!("open({})", crate::format::repr::quoted(&path));
                    let needs = interp.needs_of(&culprit);
                    interp.may_raise(None, &shown, &needs)?;
                }
                Err(interp.why(&culprit).into())
            }
            Err(stop) => return Err(stop),
        }
    };
    let file = OpenFile { path, content, at: 0, binary, closed: false, writable };
    Ok(Value::object(interp.heap.add(Object::File(file))))
}

/// A field of a file object.
pub(super) fn attribute(interp: &Interp<'_>, id: Id, name: &str) -> Option<Value> {
    let Object::File(file) = interp.heap.get(id) else { return None };
    match name {
        "name" => Some(Value::str(Rc::clone(&file.path))),
        "closed" => Some(Value::bool(file.closed)),
        "buffer" | "encoding" | "errors" | "newlines" | "mode" => {
            Some(Value::unknown(format!("`{name}` of a file is not modelled")))
        }
        _ => None,
    }
}

/// The part of a file that was not read yet, as text; it counts as read.
fn rest(interp: &mut Interp<'_>, id: Id) -> Res<Value> {
    let Object::File(file) = interp.heap.get(id) else { return Ok(Value::none()) };
    let file = file.clone();
    if file.closed {
        return Err(interp.value_error("I/O operation on closed file."));
    }
    let content = match &file.content {
        Ok(content) => content.clone(),
        Err(reason) => {
            let need = Need::File(file.path.to_string());
            let class = if file.binary { Type::Bytes } else { Type::Str };
            let unknown = crate::object::Unknown::new(Rc::clone(reason)).needing(Rc::new([need]));
            let unknown = crate::object::Unknown { class: Some(class), ..unknown };
            return Err(Stop::Opaque(Box::new(Value::new(Kind::Unknown(Rc::new(unknown))))));
        }
    };
    let (cut, end) = match &content.kind {
        Kind::Str(text) => (Value::str(text.get(file.at..).unwrap_or("")), text.len()),
        Kind::Bytes(bytes) => (Value::bytes(bytes.get(file.at..).unwrap_or(&[]).to_vec()), bytes.len()),
        _ if file.at == 0 => (content.clone(), usize::MAX),
        _ => (Value::str(""), usize::MAX),
    };
    set_position(interp, id, end);
    Ok(cut.traced(content.trace))
}

fn set_position(interp: &mut Interp<'_>, id: Id, at: usize) {
    if let Some(Object::File(file)) = interp.heap.get_mut(id) {
        file.at = at;
    }
}

fn position(interp: &Interp<'_>, id: Id) -> usize {
    match interp.heap.get(id) {
        Object::File(file) => file.at,
        _ => 0,
    }
}

/// The lines that were not read yet, with their ends.
pub(crate) fn lines(interp: &mut Interp<'_>, id: Id) -> Res<Vec<Value>> {
    let rest = rest(interp, id)?;
    interp.expect_known(&rest)?;
    let trace = rest.trace.clone();
    let lines: Vec<Value> = match &rest.kind {
        Kind::Str(text) => text.split_inclusive('\n').map(|l| Value::str(l).traced(trace.clone())).collect(),
        Kind::Bytes(bytes) => bytes
            .split_inclusive(|b| *b == b'\n')
            .map(|l| Value::bytes(l.to_vec()).traced(trace.clone()))
            .collect(),
        _ => Vec::new(),
    };
    interp.check_size(lines.len())?;
    Ok(lines)
}

/// A method of a file object.
pub(super) fn call(interp: &mut Interp<'_>, id: Id, name: &str, args: Args) -> Res<Value> {
    match name {
        "read" => read(interp, id, args),
        "readline" => {
            let start = position(interp, id);
            let rest = rest(interp, id)?;
            interp.expect_known(&rest)?;
            let line = match &rest.kind {
                Kind::Str(text) => {
                    let end = text.find('\n').map_or(text.len(), |at| at + 1);
                    set_position(interp, id, start + end);
                    Value::str(text.get(..end).unwrap_or(""))
                }
                Kind::Bytes(bytes) => {
                    let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
                    set_position(interp, id, start + end);
                    Value::bytes(bytes.get(..end).unwrap_or(&[]).to_vec())
                }
                _ => Value::none(),
            };
            Ok(line.traced(rest.trace))
        }
        "readlines" if args.positional.is_empty() => {
            let lines = lines(interp, id)?;
            Ok(interp.list(lines))
        }
        "close" => {
            if let Some(Object::File(file)) = interp.heap.get_mut(id) {
                file.closed = true;
            }
            Ok(Value::none())
        }
        "write" | "writelines" => {
            let Object::File(file) = interp.heap.get(id) else { return Ok(Value::none()) };
            if !file.writable {
                let class =
                    Value::external("io", "UnsupportedOperation", crate::object::ExternalKind::Class, true);
                return Err(Stop::Opaque(Box::new(class)));
            }
            if let Some(Object::File(file)) = interp.heap.get_mut(id) {
                file.content = Err("it was written to".into());
            }
            Ok(match args.positional.first().map(|v| &v.kind) {
                Some(Kind::Str(text)) if name == "write" => Value::int(text.chars().count()),
                Some(Kind::Bytes(bytes)) if name == "write" => Value::int(bytes.len()),
                _ => Value::none(),
            })
        }
        "flush" => Ok(Value::none()),
        "seek" if args.get(0).and_then(Value::as_int) == Some(0.into()) && args.positional.len() == 1 => {
            set_position(interp, id, 0);
            Ok(Value::int(0))
        }
        "readable" => Ok(Value::bool(true)),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` of a file is not modelled"))))),
    }
}

fn read(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [size] = interp.params("read", args, ["$"], 0)?;
    let size = match size {
        Some(size) if !size.is_none() => usize::try_from(interp.count(&size)?).ok(),
        _ => None,
    };
    let start = position(interp, id);
    let rest = rest(interp, id)?;
    let Some(size) = size else { return Ok(rest) };
    interp.expect_known(&rest)?;
    let cut = match &rest.kind {
        Kind::Str(text) => {
            let end = text.char_indices().nth(size).map_or(text.len(), |(at, _)| at);
            set_position(interp, id, start + end);
            Value::str(text.get(..end).unwrap_or(""))
        }
        Kind::Bytes(bytes) => {
            let end = size.min(bytes.len());
            set_position(interp, id, start + end);
            Value::bytes(bytes.get(..end).unwrap_or(&[]).to_vec())
        }
        _ => Value::none(),
    };
    Ok(cut.traced(rest.trace))
}
