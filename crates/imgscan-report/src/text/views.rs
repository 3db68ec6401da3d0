//! Small views on an image: its config, its history, its files, its raw documents.

use imgscan_model::{ImageConfig, Layer, Node, NodeKind};
use serde_json::Value as Json;

use super::Options;
use super::ink::{Ink, cut, pad, width};
use crate::escape;
use crate::redact::{REDACTED, Redactor};

/// The image config for people: what `docker inspect` would be asked for.
pub fn config(config: &ImageConfig, options: Options) -> String {
    let redactor = Redactor::of_config(config);
    let ink = Ink::new(options, &redactor);
    let words = |words: &Option<Vec<String>>| {
        words.as_deref().map(|w| json_words(&redactor.strings(w))).unwrap_or_default()
    };
    let mut lines: Vec<(&str, String)> = vec![
        ("entrypoint", words(&config.entrypoint)),
        ("cmd", words(&config.cmd)),
        ("workdir", config.working_dir.clone()),
        ("user", config.user.clone()),
        ("stop signal", config.stop_signal.clone().unwrap_or_default()),
        ("expose", config.exposed_ports.join(" ")),
        ("volumes", config.volumes.join(" ")),
        ("healthcheck", words(&config.healthcheck)),
        ("created", config.created.clone().unwrap_or_default()),
        ("digest", config.digest.clone().unwrap_or_default()),
    ];
    lines.extend(config.env.iter().map(|v| ("env", format!("{}={}", v.name, redactor.text(&v.value)))));
    lines.extend(config.labels.iter().map(|(name, value)| {
        let hidden = imgscan_model::secret::is_secret_name(name) && !value.is_empty();
        ("label", format!("{name}={}", if hidden { REDACTED } else { value }))
    }));
    let shown = lines.iter().filter(|(_, text)| !text.is_empty());
    shown.map(|(word, text)| format!("{}{}\n", ink.dim(&pad(word, 13)), ink.image(text))).collect()
}

/// Words as a Dockerfile writes them in exec form.
fn json_words(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| Json::from(w.as_str()).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

/// One line for each instruction: its step, the layer it made, the size of that layer, the instruction.
pub fn history(config: &ImageConfig, layers: &[Layer], options: Options) -> String {
    let redactor = Redactor::of_config(config);
    let ink = Ink::new(options, &redactor);
    let mut out = ink.dim("step  layer      size  instruction") + "\n";
    let row = |step: &str, layer: Option<&Layer>, text: &str| {
        let index = layer.map_or_else(|| "-".to_owned(), |l| l.index.to_string());
        let bytes = layer.map_or_else(|| "-".to_owned(), |l| size(l.size));
        let text = ink.image(text);
        format!("{step:>4}  {index:>5}  {bytes:>8}  {}\n", cut(&text, ink.width.saturating_sub(23).max(20)))
    };
    for (n, entry) in config.history.iter().enumerate() {
        let layer = entry.layer.and_then(|index| layers.iter().find(|l| l.index == index));
        let text = entry.instruction.as_ref().map_or(entry.created_by.as_str(), |i| &i.text);
        out.push_str(&row(&(n + 1).to_string(), layer, text));
    }
    for layer in layers.iter().filter(|l| !config.history.iter().any(|h| h.layer == Some(l.index))) {
        out.push_str(&row("-", Some(layer), "(no instruction of the history belongs to this layer alone)"));
    }
    out
}

/// One line for each file, as `ls -l` would write it, with its layer.
pub fn ls(nodes: &[Node], options: Options) -> String {
    let redactor = Redactor::default();
    let ink = Ink::new(options, &redactor);
    let sizes: Vec<String> = nodes.iter().map(|n| n.size.to_string()).collect();
    let owners: Vec<String> = nodes.iter().map(|n| format!("{}:{}", n.uid, n.gid)).collect();
    let widest = |cells: &[String]| cells.iter().map(|c| width(c)).max().unwrap_or(0);
    let (size_width, owner_width) = (widest(&sizes), widest(&owners));
    let mut out = String::new();
    for ((node, bytes), owner) in nodes.iter().zip(&sizes).zip(&owners) {
        let layer = node.origin.layer().map_or_else(|| "-".to_owned(), |n| n.to_string());
        let target = match &node.kind {
            NodeKind::Symlink(target) => format!(" -> {}", escape::line(target)),
            _ => String::new(),
        };
        out.push_str(&format!(
            "{}  {}  {bytes:>size_width$}  {}  {}{target}\n",
            mode(node),
            pad(owner, owner_width),
            ink.dim(&format!("layer {layer:<3}")),
            escape::line(&node.path),
        ));
    }
    out
}

/// A JSON document of the image (manifest, config) pretty-printed, credentials taken out.
///
/// # Errors
/// When it is not JSON.
pub fn document(raw: &[u8], config: &ImageConfig) -> serde_json::Result<String> {
    let redactor = Redactor::of_config(config);
    let mut document: Json = serde_json::from_slice(raw)?;
    clean(&mut document, &redactor);
    let text = serde_json::to_string_pretty(&document)?;
    Ok(text.lines().map(|line| format!("{}\n", escape::line(line))).collect())
}

/// Takes credentials out of every string; of a member whose name says that it holds one, whatever it is.
fn clean(value: &mut Json, redactor: &Redactor) {
    match value {
        Json::String(text) => *text = redactor.image(text),
        Json::Array(items) => items.iter_mut().for_each(|item| clean(item, redactor)),
        Json::Object(members) => {
            for (name, member) in members {
                match member {
                    Json::String(text) if imgscan_model::secret::is_secret_name(name) && !text.is_empty() => {
                        *text = REDACTED.to_owned();
                    }
                    other => clean(other, redactor),
                }
            }
        }
        _ => {}
    }
}

/// `drwxr-xr-x`.
fn mode(node: &Node) -> String {
    let kind = match node.kind {
        NodeKind::File => '-',
        NodeKind::Dir => 'd',
        NodeKind::Symlink(_) => 'l',
        NodeKind::Special => '?',
    };
    let mut out = String::from(kind);
    for shift in [6, 3, 0] {
        let bits = node.mode >> shift & 7;
        let special = node.mode >> (9 + shift / 3) & 1 == 1;
        out.push(if bits & 4 == 0 { '-' } else { 'r' });
        out.push(if bits & 2 == 0 { '-' } else { 'w' });
        out.push(match (bits & 1 == 1, special, shift) {
            (true, true, 0) => 't',
            (false, true, 0) => 'T',
            (true, true, _) => 's',
            (false, true, _) => 'S',
            (true, false, _) => 'x',
            (false, false, _) => '-',
        });
    }
    out
}

/// Bytes for people: `31.4 MB`, powers of a thousand as registries count.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS.get(unit).copied().unwrap_or(""))
}
