//! The URI of a request as locations see it (`ngx_http_parse_complex_uri`).

/// A URI in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uri {
    /// The path, decoded, without dots and doubled slashes.
    pub(super) path: String,
    /// What follows the question mark.
    pub(super) args: String,
}

impl Uri {
    /// Reads a request line's URI. `None` where nginx answers 400.
    pub(super) fn parse(text: &str, merge_slashes: bool) -> Option<Uri> {
        let text = text.split('#').next().unwrap_or_default();
        let (path, args) = text.split_once('?').unwrap_or((text, ""));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Uri { path: normalize(&decode(&path)?, merge_slashes)?, args: args.to_owned() })
    }
}

/// Takes `%XX` apart. Bytes that are no UTF-8 are replaced; a zero byte or half a code is refused.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok())?;
        let value = u8::from_str_radix(digits, 16).ok().filter(|v| *v != 0)?;
        bytes.push(value);
        rest = after.get(2..)?;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Takes `.`, `..` and doubled slashes out. `None` where `..` leads above the root.
fn normalize(path: &str, merge_slashes: bool) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            "" if merge_slashes && !last => {}
            "." | ".." => {
                if *segment == ".." {
                    parts.pop()?;
                }
                if last {
                    parts.push("");
                }
            }
            other => parts.push(other),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<String> {
        Uri::parse(text, true).map(|u| u.path)
    }

    #[test]
    fn paths_are_normalized() {
        assert_eq!(path("/a//b/../c/./d%20e?x=1#f").unwrap(), "/a/c/d e");
        assert_eq!(path("/a/").unwrap(), "/a/");
        assert_eq!(path("/a/..").unwrap(), "/");
        assert_eq!(path("/a/.").unwrap(), "/a/");
        assert_eq!(path("//").unwrap(), "/");
        assert_eq!(Uri::parse("//a//b", false).unwrap().path, "//a//b");
        assert_eq!(path("/../x"), None);
        assert_eq!(path("/%2"), None);
        assert_eq!(path("/%00"), None);
        assert_eq!(path("/%2e%2e/x"), None);
        assert_eq!(Uri::parse("/a?b?c", true).unwrap().args, "b?c");
    }
}
