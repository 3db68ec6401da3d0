//! Paths inside an image: absolute, `/`-separated, without `.` and `..`.

/// `path` as seen from the directory `cwd`, with `.`, `..` and doubled slashes taken out in text only (no symlink
/// is followed; `..` at the root stays at the root).
pub fn join(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The directory that holds `path`; `/` for the root itself.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The last component of `path`.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_as_the_kernel_would_without_links() {
        assert_eq!(join("/app", "conf/../g.py"), "/app/g.py");
        assert_eq!(join("/app", "/etc//nginx/./x"), "/etc/nginx/x");
        assert_eq!(join("/", "../../etc"), "/etc");
        assert_eq!(join("/app", "."), "/app");
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/a/b"), "/a");
        assert_eq!(name("/a/b.py"), "b.py");
    }
}
