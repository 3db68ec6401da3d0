//! Config files that are in the image and that the process never loads.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::{ConfigFile, ConfigFileStatus, FileView, Node, Status, limits, path};
use imgscan_python::End;

use super::context::Context;
use super::file::{Files, attempt};
use super::load::Load;
use super::script::{Script, sets_something};

/// Directories that hold software, not somebody's configuration.
const SOFTWARE: [&str; 8] = [
    "/site-packages/",
    "/dist-packages/",
    "/node_modules/",
    "/proc/",
    "/sys/",
    "/usr/share/doc/",
    "/usr/src/",
    "/.git/",
];

/// Lists every file in the image that is a gunicorn config file by its name and by what it sets, and is not loaded;
/// its values become candidates that cannot win.
pub(crate) fn find(context: &Context<'_>, files: &mut Files, load: &mut Load<'_>) {
    let found = named_like_one(context.files());
    let reason = why(context, files);
    for node in found.into_values().take(limits::STRAY_CONFIG_FILES) {
        let listed =
            files.listed.iter().any(|f| f.path == node.path && f.status != ConfigFileStatus::NotLoaded);
        if !listed && !files.read.contains(&node.path) {
            one(context, &node, &reason, files, load);
        }
    }
}

/// The files with such a name, by path: those that are named after gunicorn, and those in folders that are.
fn named_like_one(files: &dyn FileView) -> BTreeMap<Arc<str>, Node> {
    let mut named: Vec<Node> = Vec::new();
    files.for_each_named(&|name| name.contains("gunicorn"), &mut |node| named.push(node.clone()));
    let in_folder = |dir: &Node| {
        let names = if dir.is_dir() { files.children(&dir.path) } else { Vec::new() };
        let paths = names.into_iter().map(|name| format!("{}/{name}", dir.path));
        paths.filter(|path| is_named_like_one(path)).filter_map(|path| files.entry(&path)).collect::<Vec<_>>()
    };
    let inside: Vec<Node> = named.iter().flat_map(in_folder).collect();
    let all = named.into_iter().chain(inside);
    let wanted = all.filter(|node| node.is_file() && is_named_like_one(&node.path));
    wanted.map(|node| (Arc::clone(&node.path), node)).collect()
}

fn one(context: &Context<'_>, node: &Node, reason: &str, files: &mut Files, load: &mut Load<'_>) {
    let Ok(text) = context.files().content(&node.path) else { return };
    let script = Script { text, path: &node.path, name: "__config__", file: Some(node.path.to_string()) };
    let outcome = script.run(context);
    if !sets_something(load.table(), &outcome) {
        return;
    }
    if outcome.end == End::Finished {
        for binding in &outcome.bindings {
            load.list(&binding.name, attempt(binding), Status::NotLoaded);
        }
    }
    if files.listed.iter().any(|f| f.path == node.path) {
        return;
    }
    files.listed.push(ConfigFile {
        path: Arc::clone(&node.path),
        asked: None,
        status: ConfigFileStatus::NotLoaded,
        reason: Some(reason.to_owned()),
        origin: Some(node.origin.clone()),
        generated: node.generated,
    });
}

/// Why a file that nothing names is not loaded.
fn why(context: &Context<'_>, files: &Files) -> String {
    let loaded = files.listed.iter().find(|f| f.status == ConfigFileStatus::Loaded);
    match (loaded, &context.directory) {
        (Some(file), _) => format!("gunicorn loads one config file, and that is `{}`", file.path),
        (None, Some(directory)) => {
            let default = super::py::path::join(directory, "gunicorn.conf.py");
            format!("no `-c` names it, and without one gunicorn looks only for `{default}`")
        }
        (None, None) => "no `-c` names it".to_owned(),
    }
}

/// `gunicorn.conf.py`, `gunicorn_conf.py`, `gunicorn-prod.py`, `conf/gunicorn/prod.py`, `gunicorn.conf` …
fn is_named_like_one(file: &str) -> bool {
    if SOFTWARE.iter().any(|dir| file.contains(dir)) || is_library(file) {
        return false;
    }
    let name = path::name(file);
    let python = name.ends_with(".py");
    let conf = name.ends_with(".conf") && name.contains("gunicorn");
    let in_folder = path::name(path::parent(file)).contains("gunicorn");
    conf || python && (name.contains("gunicorn") || in_folder && name != "__init__.py")
}

/// The standard library and gunicorn's own source.
fn is_library(file: &str) -> bool {
    file.contains("/lib/python") || file.contains("/gunicorn/app/") || file.contains("/gunicorn/workers/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_be_somebodys_config() {
        for file in [
            "/opt/conf/gunicorn.conf.py",
            "/gunicorn_conf.py",
            "/app/gunicorn-prod.py",
            "/etc/gunicorn/prod.py",
            "/etc/gunicorn.conf",
        ] {
            assert!(is_named_like_one(file), "{file}");
        }
        let library = "/usr/lib/python3.11/site-packages/gunicorn/config.py";
        for file in [library, "/app/settings.py", "/app/gunicorn.conf.yml", "/app/gunicorn/__init__.py"] {
            assert!(!is_named_like_one(file), "{file}");
        }
    }
}
