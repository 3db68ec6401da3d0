//! Places as file-like names: what code scanning, annotations and code-quality reports point at.

use imgscan_model::Origin;

/// A place as a file and a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileLine {
    /// Relative, as it stands in the image: `opt/conf/gunicorn.conf.py`. Instructions are in the `Dockerfile`.
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: u32,
    /// Counted from 1; `None` where only the file is known.
    pub(crate) columns: Option<(u32, u32, u32)>,
}

impl FileLine {
    /// The file and line of an origin. What stands in the image config is shown at the `Dockerfile` that made it.
    pub(crate) fn of(origin: &Origin) -> Self {
        let columns = origin.span().map(|s| (s.column, s.end_line, s.end_column));
        let line = origin.span().map_or(1, |s| s.line);
        let path = match origin {
            Origin::LayerFile { path, .. } => path.trim_start_matches('/').to_owned(),
            Origin::Overlay { file, .. } => file.trim_start_matches("./").trim_start_matches('/').to_owned(),
            _ => "Dockerfile".to_owned(),
        };
        FileLine { path, line, columns }
    }

    /// The path as a relative URI reference: everything but unreserved characters and `/` percent-encoded.
    pub(crate) fn uri(&self) -> String {
        let mut uri = String::with_capacity(self.path.len());
        for byte in self.path.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(byte as char)
                }
                other => uri.push_str(&format!("%{other:02X}")),
            }
        }
        uri
    }
}

/// What an origin is beyond a file: the layer's instruction, the variable, the word.
pub(crate) fn logical(origin: &Origin) -> Option<(String, &'static str)> {
    Some(match origin {
        Origin::LayerFile { layer: Some(layer), instruction, .. } => {
            let made = instruction.as_deref().map(|i| format!(": {i}")).unwrap_or_default();
            (format!("layer {layer}{made}"), "layer")
        }
        Origin::ImageEnv { name, .. } => (format!("ENV {name}"), "variable"),
        Origin::ImageCmd { index, .. } => (format!("CMD[{index}]"), "argument"),
        Origin::ImageEntrypoint { index, .. } => (format!("ENTRYPOINT[{index}]"), "argument"),
        Origin::ImageConfig { field, .. } => (field.to_string(), "image config"),
        Origin::Default { server, version } => {
            (format!("default of {server} {}", version.as_deref().unwrap_or("")).trim().to_owned(), "default")
        }
        Origin::Option { flag, text, .. } => (format!("{flag} {text}"), "option"),
        Origin::Runtime { what } => (what.to_string(), "runtime"),
        Origin::LayerFile { layer: None, .. } | Origin::Overlay { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_path_is_no_uri_of_its_own() {
        let path = FileLine { path: "a b/javascript:x?#\u{202e}".into(), line: 1, columns: None };
        assert_eq!(path.uri(), "a%20b/javascript%3Ax%3F%23%E2%80%AE");
    }
}
