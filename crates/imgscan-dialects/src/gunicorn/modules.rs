//! Where Python would find a module: `importlib`'s path finder over the files of the image.

use std::sync::Arc;

use imgscan_model::{FileError, FileView};

/// What the search for a module comes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// Its source file.
    Source(String),
    /// A package without a source file of its own (a namespace package).
    Namespace,
    /// It is there and has no source to read (an extension module, bytecode, part of the interpreter).
    Compiled(String),
    /// It is not there: Python's words.
    Missing(String),
    /// That cannot be told, with the reason.
    Unknown(String),
}

/// Searches the directories of `path` for the dotted `module`.
pub(crate) fn find(files: &dyn FileView, path: &[Arc<str>], module: &str) -> Found {
    if module.is_empty() {
        return Found::Missing("Empty module name".to_owned());
    }
    if module.starts_with('.') {
        let words = "the 'package' argument is required to perform a relative import for";
        return Found::Missing(format!("{words} '{module}'"));
    }
    let mut dirs: Vec<String> = path.iter().map(|dir| dir.to_string()).collect();
    let mut before = String::new();
    let mut found = Found::Missing(format!("No module named '{module}'"));
    for part in module.split('.') {
        let name = if before.is_empty() { part.to_owned() } else { format!("{before}.{part}") };
        let (next, inside) = in_dirs(files, &dirs, part, &name, before.is_empty());
        match next {
            Found::Missing(_) if dirs.is_empty() => {
                return Found::Missing(format!("No module named '{name}'; '{before}' is not a package"));
            }
            Found::Missing(_) | Found::Unknown(_) => return next,
            other => found = other,
        }
        (before, dirs) = (name, inside);
    }
    found
}

/// The first of `dirs` that has the module `part`, and the directories that its own modules stand in.
fn in_dirs(files: &dyn FileView, dirs: &[String], part: &str, name: &str, top: bool) -> (Found, Vec<String>) {
    let mut portions = Vec::new();
    for dir in dirs {
        match in_dir(files, dir, part) {
            Ok(Some((found, inside))) => return (found, inside),
            Ok(None) => {
                let package = format!("{dir}/{part}");
                if files.resolve(&package).is_ok_and(|node| node.is_dir()) {
                    portions.push(package);
                }
            }
            Err(reason) => return (Found::Unknown(reason), Vec::new()),
        }
    }
    if !portions.is_empty() {
        return (Found::Namespace, portions);
    }
    if top {
        return (beside_the_path(files, dirs, part, name), Vec::new());
    }
    (Found::Missing(format!("No module named '{name}'")), Vec::new())
}

/// In one directory: a package before an extension module before a source file before bytecode.
fn in_dir(files: &dyn FileView, dir: &str, part: &str) -> Result<Option<(Found, Vec<String>)>, String> {
    let package = format!("{dir}/{part}");
    let init = format!("{package}/__init__.py");
    if is_file(files, &init)? {
        return Ok(Some((Found::Source(init), vec![package])));
    }
    let names = match files.list(dir) {
        Ok(names) => names,
        Err(FileError::Unknown(reason)) => return Err(reason),
        Err(_) => return Ok(None),
    };
    let compiled = |name: &str| {
        name.strip_prefix(part).is_some_and(|r| r == ".so" || r.starts_with('.') && r.ends_with(".so"))
    };
    if let Some(name) = names.iter().find(|name| compiled(name)) {
        return Ok(Some((Found::Compiled(format!("{dir}/{name}")), Vec::new())));
    }
    for (ending, source) in [(".py", true), (".pyc", false)] {
        let file = format!("{dir}/{part}{ending}");
        if is_file(files, &file)? {
            let found = if source { Found::Source(file) } else { Found::Compiled(file) };
            return Ok(Some((found, Vec::new())));
        }
    }
    Ok(None)
}

fn is_file(files: &dyn FileView, path: &str) -> Result<bool, String> {
    match files.resolve(path) {
        Ok(node) => Ok(node.is_file()),
        Err(FileError::Unknown(reason)) => Err(reason),
        Err(_) => Ok(false),
    }
}

/// A module that no directory of the path holds: part of the standard library, added by a `.pth` file, or missing.
fn beside_the_path(files: &dyn FileView, dirs: &[String], part: &str, name: &str) -> Found {
    let missing = Found::Missing(format!("No module named '{name}'"));
    let packages: Vec<&String> = dirs.iter().filter(|d| is_packages(d)).collect();
    if packages.is_empty() {
        return Found::Unknown(format!("where `{name}` would be imported from is not known"));
    }
    for dir in packages {
        for library in libraries(files, dir) {
            for file in [format!("{library}/{part}.py"), format!("{library}/{part}/__init__.py")] {
                if files.exists(&file) != Some(false) {
                    return Found::Source(file);
                }
            }
            let dynamic = files.list(&format!("{library}/lib-dynload")).unwrap_or_default();
            if dynamic.iter().any(|n| n.strip_prefix(part).is_some_and(|r| r.starts_with('.'))) {
                return Found::Compiled(format!("{library}/lib-dynload"));
            }
        }
        let names = files.list(dir).unwrap_or_default();
        if let Some(file) = names.iter().find(|name| runs_code(files, dir, name)) {
            return Found::Unknown(format!("`{dir}/{file}` may add directories to import from"));
        }
    }
    if STANDARD.split(' ').any(|name| name == part) { Found::Compiled(part.to_owned()) } else { missing }
}

/// The modules of the standard library (`sys.stdlib_module_names`, those with a leading underscore left out, with what
/// Python 3.12 took away): they are there even where an image does not show them.
const STANDARD: &str = "\
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii \
    bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections \
    colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes \
    curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum \
    errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt \
    getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp \
    importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox \
    mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt \
    ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools \
    pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile \
    pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy \
    sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket \
    socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep \
    struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios \
    textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty \
    turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref \
    webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Whether a `.pth` file does more than name directories, which are on the path already: a line of code in it may add
/// a finder of modules (editable installs). The one that setuptools leaves does not.
fn runs_code(files: &dyn FileView, dir: &str, name: &str) -> bool {
    if !name.ends_with(".pth") || name == "distutils-precedence.pth" || name.ends_with("-nspkg.pth") {
        return false;
    }
    let Ok(text) = files.read(&format!("{dir}/{name}")) else { return true };
    text.raw().lines().any(|line| line.starts_with("import ") || line.starts_with("import\t"))
}

fn is_packages(dir: &str) -> bool {
    dir.ends_with("/site-packages") || dir.ends_with("/dist-packages")
}

/// The standard libraries that may stand beside a directory of packages. That of Debian's `python3/dist-packages` has
/// the minor version in its name.
fn libraries(files: &dyn FileView, packages: &str) -> Vec<String> {
    let lib = packages.rsplit_once('/').map_or("", |(lib, _)| lib).to_owned();
    let version = lib.rsplit('/').next().unwrap_or("").to_owned();
    let mut all = vec![lib];
    for above in ["/usr/local/lib", "/usr/lib"] {
        let names = files.list(above).unwrap_or_default();
        let fits =
            |name: &str| if version == "python3" { name.starts_with("python3.") } else { name == version };
        all.extend(names.iter().filter(|name| fits(name)).map(|name| format!("{above}/{name}")));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::testing::MemoryFiles;

    fn view() -> MemoryFiles {
        MemoryFiles::new()
            .file("/app/conf.py", "")
            .file("/app/proj/__init__.py", "")
            .file("/app/proj/g.py", "")
            .file("/app/space/x.py", "")
            .file("/lib/python3.11/json/__init__.py", "")
            .file("/lib/python3.11/site-packages/fast.cpython-311.so", "")
    }

    fn found(module: &str) -> Found {
        let path: Vec<Arc<str>> = vec!["/app".into(), "/lib/python3.11/site-packages".into()];
        find(&view(), &path, module)
    }

    #[test]
    fn modules_as_the_path_finder_finds_them() {
        assert_eq!(found("conf"), Found::Source("/app/conf.py".into()));
        assert_eq!(found("proj.g"), Found::Source("/app/proj/g.py".into()));
        assert_eq!(found("space.x"), Found::Source("/app/space/x.py".into()));
        assert_eq!(found("json"), Found::Source("/lib/python3.11/json/__init__.py".into()));
        assert!(matches!(found("fast"), Found::Compiled(_)));
    }

    #[test]
    fn what_is_missing_is_said_in_pythons_words() {
        assert_eq!(found("nomod"), Found::Missing("No module named 'nomod'".into()));
        assert_eq!(found("proj.h"), Found::Missing("No module named 'proj.h'".into()));
        assert_eq!(
            found("conf.x"),
            Found::Missing("No module named 'conf.x'; 'conf' is not a package".into())
        );
    }

    #[test]
    fn without_a_directory_of_packages_nothing_is_certainly_missing() {
        assert!(matches!(find(&view(), &["/app".into()], "nomod"), Found::Unknown(_)));
    }
}
