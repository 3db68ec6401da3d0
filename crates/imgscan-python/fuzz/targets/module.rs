//! Modules: whatever stands in them, evaluation ends in bounded time with an outcome, the same one each time.

#![no_main]

use std::sync::Arc;

use imgscan_model::{Env, EnvSource, FileError, FileView, Node, Opaque, Origin, Shape, Text, Version};
use imgscan_python::{Module, evaluate};

/// No files at all.
struct Nothing;

impl FileView for Nothing {
    fn entry(&self, _: &str) -> Option<Node> {
        None
    }

    fn children(&self, _: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn content(&self, _: &str) -> Result<Text, FileError> {
        Err(FileError::NotFound)
    }

    fn versions(&self, _: &str) -> Vec<Version> {
        Vec::new()
    }

    fn for_each(&self, _: &mut dyn FnMut(&Node)) {}
}

libfuzzer_sys::fuzz_target!(|source: &str| {
    let origin = || Origin::Runtime { what: "fuzz".into() };
    let text = Text::new(source, origin());
    let mut env = Env::default();
    env.set("PORT", Text::new("8000", origin()), EnvSource::Image);
    let opaque = Opaque { text: "${HOST}".into(), needs: Vec::new(), shape: Shape::Any, reason: None };
    env.set("HOST", Text::opaque(opaque, origin()), EnvSource::Overlay);
    let module = Module {
        source: &text,
        path: "/app/gunicorn.conf.py",
        name: "__config__",
        file: Some("/app/gunicorn.conf.py".into()),
        files: &Nothing,
        env: &env,
        cwd: Some("/app"),
        python_path: &[],
        argv: &[],
        version: Some((3, 11)),
        cpus: None,
    };
    let _ = evaluate(&module);
});
