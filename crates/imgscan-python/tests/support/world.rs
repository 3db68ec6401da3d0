//! A small world for programs: files, an environment, and Python's way to show what came out.

#![allow(dead_code, unreachable_pub, clippy::panic)] // Each test uses its own part.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::{
    Env, EnvSource, FileError, FileView, Magic, Node, NodeKind, Opaque, Origin, Shape, Text, Version, path,
};
use imgscan_python::{Module, Outcome, PyValue, evaluate};

/// Files in memory.
#[derive(Default)]
pub struct Files {
    nodes: BTreeMap<String, Option<Text>>,
}

impl Files {
    pub fn add(&mut self, file: &str, content: &str) {
        for dir in imgscan_model::files::ancestors(file) {
            self.nodes.entry(dir.to_owned()).or_insert(None);
        }
        self.nodes.insert("/".into(), None);
        self.nodes.insert(file.to_owned(), Some(Text::new(content, origin(file))));
    }

    pub fn add_dir(&mut self, dir: &str) {
        for above in imgscan_model::files::ancestors(dir) {
            self.nodes.entry(above.to_owned()).or_insert(None);
        }
        self.nodes.insert("/".into(), None);
        self.nodes.insert(dir.to_owned(), None);
    }
}

pub fn origin(file: &str) -> Origin {
    Origin::LayerFile { layer: Some(1), path: file.into(), span: None, instruction: None }
}

impl FileView for Files {
    fn entry(&self, path: &str) -> Option<Node> {
        let content = self.nodes.get(path)?;
        Some(Node {
            path: path.into(),
            kind: if content.is_some() { NodeKind::File } else { NodeKind::Dir },
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: content.as_ref().map_or(0, |t| t.len() as u64),
            magic: Magic::Unknown,
            origin: origin(path),
            generated: false,
        })
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        self.nodes
            .keys()
            .filter(|p| *p != "/" && path::parent(p) == dir)
            .map(|p| path::name(p).into())
            .collect()
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        match self.nodes.get(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(FileError::IsADirectory),
            None => Err(FileError::NotFound),
        }
    }

    fn versions(&self, _: &str) -> Vec<Version> {
        Vec::new()
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.nodes.keys().filter_map(|p| self.entry(p)).for_each(|n| visit(&n));
    }
}

/// What a program runs in.
pub struct World {
    pub files: Files,
    pub env: Env,
    pub version: Option<(u8, u8)>,
    pub cpus: Option<u32>,
    pub cwd: String,
    pub path: Vec<Arc<str>>,
    pub file: String,
}

impl Default for World {
    fn default() -> Self {
        let mut files = Files::default();
        files.add_dir("/app");
        World {
            files,
            env: Env::default(),
            version: Some((3, 11)),
            cpus: Some(4),
            cwd: "/app".into(),
            path: vec!["/app".into()],
            file: "/app/gunicorn.conf.py".into(),
        }
    }
}

impl World {
    pub fn with_env(pairs: &[(&str, &str)]) -> World {
        let mut world = World::default();
        for (name, value) in pairs {
            world.set(name, value);
        }
        world
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let text = Text::new(value, Origin::image_env(name, value, None));
        self.env.set(name, text, EnvSource::Image);
    }

    /// A variable of which the value is not known.
    pub fn set_opaque(&mut self, name: &str, shape: Shape) {
        let opaque = Opaque { text: format!("${{{name}}}"), needs: Vec::new(), shape, reason: None };
        self.env.set(name, Text::opaque(opaque, Origin::image_env(name, "", None)), EnvSource::Overlay);
    }

    pub fn run(&self, source: &str) -> Outcome {
        self.run_text(&Text::new(source, origin(&self.file)))
    }

    pub fn run_text(&self, source: &Text) -> Outcome {
        evaluate(&Module {
            source,
            path: &self.file,
            name: "__config__",
            file: Some(self.file.clone()),
            files: &self.files,
            env: &self.env,
            cwd: Some(&self.cwd),
            python_path: &self.path,
            argv: &[],
            version: self.version,
            cpus: self.cpus,
        })
    }
}

/// The value of a name.
pub fn value<'o>(outcome: &'o Outcome, name: &str) -> &'o PyValue {
    match outcome.bindings.iter().find(|b| b.name == name) {
        Some(binding) => &binding.value,
        None => panic!("`{name}` is not bound: {outcome:#?}"),
    }
}

/// What a name holds, as text: `repr` where it is known, `?expression` or `?` where it is not.
pub fn show(value: &PyValue) -> String {
    known(value).unwrap_or_else(|| match value {
        PyValue::Symbolic { text, .. } => format!("?{text}"),
        PyValue::Unknown { reason, .. } => format!("??{reason}"),
        _ => "?".into(),
    })
}

/// Python's `repr`, sets sorted and objects by name, as the harness around the real interpreter prints it; `None` where
/// a part of it is not known.
pub fn known(value: &PyValue) -> Option<String> {
    let all = |items: &[PyValue]| items.iter().map(known).collect::<Option<Vec<_>>>();
    Some(match value {
        PyValue::None => "None".into(),
        PyValue::Bool(b) => if *b { "True" } else { "False" }.into(),
        PyValue::Int(n) => n.to_string(),
        PyValue::Float(x) => float(*x),
        PyValue::Str(s) => quoted(s),
        PyValue::Bytes(b) => bytes(b),
        PyValue::List(items) => format!("[{}]", all(items)?.join(", ")),
        PyValue::Tuple(items) if items.len() == 1 => format!("({},)", all(items)?.join(", ")),
        PyValue::Tuple(items) => format!("({})", all(items)?.join(", ")),
        PyValue::Set(items) => {
            let mut shown = all(items)?;
            shown.sort();
            format!("set({})", shown.join(", "))
        }
        PyValue::Dict(pairs) => {
            let pairs: Option<Vec<String>> =
                pairs.iter().map(|(k, v)| Some(format!("{}: {}", known(k)?, known(v)?))).collect();
            format!("{{{}}}", pairs?.join(", "))
        }
        PyValue::Function { name, .. } => format!("<function {name}>"),
        PyValue::Class { name, .. } => format!("<class {name}>"),
        PyValue::Module(name) => format!("<module {name}>"),
        PyValue::Object { type_name, .. } => format!("<{type_name}>"),
        PyValue::Symbolic { .. } | PyValue::Unknown { .. } => return None,
    })
}

fn float(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".into() } else { "-inf".into() };
    }
    // Rust and Python choose the same digits; the harness prints them in this form too.
    format!("{x:e}")
}

/// In ASCII, so that it does not hang on what either side takes for printable.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            ' '..='~' => out.push(c),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    out.push('\'');
    out
}

fn bytes(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("bytes:{shown}")
}
