//! `os.path` for POSIX.

/// `os.path.normpath`: in text only; exactly two leading slashes stay two.
pub(crate) fn normpath(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let slashes = match path.bytes().take_while(|b| *b == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|p| !p.is_empty() && *p != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if !slashes.is_empty() => {}
            _ => parts.push(part),
        }
    }
    let joined = format!("{slashes}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// `os.path.join` of two.
pub(crate) fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else if base.is_empty() || base.ends_with('/') {
        format!("{base}{path}")
    } else {
        format!("{base}/{path}")
    }
}

/// `os.path.abspath` in the directory `cwd`.
pub(crate) fn abspath(cwd: &str, path: &str) -> String {
    normpath(&join(cwd, path))
}

/// `os.path.splitext(path)[1]`: from the last dot of the last component; dots at its start count as none.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.trim_start_matches('.');
    stem.rfind('.').map_or("", |at| &stem[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_posixpath_writes_them() {
        let cases = [
            ("", "."),
            ("a/../..", ".."),
            ("/a/../..", "/"),
            ("//a", "//a"),
            ("///a/./b//", "/a/b"),
            ("./a", "a"),
            ("../../x", "../../x"),
        ];
        for (path, expected) in cases {
            assert_eq!(normpath(path), expected, "{path}");
        }
        assert_eq!(abspath("/app", "src/../lib"), "/app/lib");
    }

    #[test]
    fn the_extension_is_of_the_last_component() {
        for (path, expected) in
            [("/a/g.conf.py", ".py"), ("/a.b/g", ""), (".py", ""), ("g.", "."), ("..a.b", ".b")]
        {
            assert_eq!(extension(path), expected, "{path}");
        }
    }
}
