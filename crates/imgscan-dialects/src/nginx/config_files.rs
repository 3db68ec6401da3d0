//! Which config files nginx reads, which it misses, and which lie around unread.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use imgscan_model::{ConfigFile, ConfigFileStatus, FileView, Node, path};

use crate::nginx::config::Config;
use crate::nginx::paths::Paths;

/// All of them: loaded ones first, each once, then missing ones, then unread ones.
pub(super) fn list(config: &Config, paths: &Paths, files: &dyn FileView) -> Vec<ConfigFile> {
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    let mut list: Vec<ConfigFile> = Vec::new();
    for asked in &config.asked {
        let origin = asked.place.as_ref().map(|p| p.origin.clone());
        let word = (!asked.word.is_empty()).then(|| asked.word.clone());
        match &asked.node {
            Some(node) if asked.problem.is_none() => {
                if seen.insert(Arc::clone(&node.path)) {
                    list.push(entry(node, word, ConfigFileStatus::Loaded, None));
                }
            }
            // The file is there, and its content is not known.
            Some(node) => {
                if seen.insert(Arc::clone(&node.path)) {
                    list.push(entry(node, word, ConfigFileStatus::Loaded, asked.problem.clone()));
                }
            }
            None => {
                let name: Arc<str> = path::join("/", &paths.absolute(&asked.name)).into();
                // A pattern without a match is listed by itself: `asked` tells it from a missing file.
                if seen.insert(Arc::clone(&name)) {
                    list.push(ConfigFile {
                        path: name,
                        asked: word,
                        status: ConfigFileStatus::Missing,
                        reason: asked.problem.clone(),
                        origin,
                        generated: false,
                    });
                }
            }
        }
    }
    list.sort_by_key(|f| f.status != ConfigFileStatus::Loaded);
    if !config.hides {
        list.extend(unread(paths, files, &seen));
    }
    list
}

fn entry(node: &Node, asked: Option<String>, status: ConfigFileStatus, reason: Option<String>) -> ConfigFile {
    ConfigFile {
        path: Arc::clone(&node.path),
        asked,
        status,
        reason,
        origin: Some(node.origin.clone()),
        generated: node.generated,
    }
}

/// Config files under nginx's directories that nothing includes.
fn unread(paths: &Paths, files: &dyn FileView, seen: &HashSet<Arc<str>>) -> Vec<ConfigFile> {
    let mut dirs: Vec<String> =
        vec![paths.conf_dir(), "/etc/nginx".to_owned(), "/opt/bitnami/nginx/conf".to_owned()];
    dirs.dedup();
    // By path: one of the directories may lie in another.
    let mut unread = BTreeMap::new();
    for dir in &dirs {
        files.for_each_below(dir.trim_end_matches('/'), &mut |node| {
            let is_conf = node.path.ends_with(".conf") || is_site(&node.path);
            if node.is_file() && is_conf && !seen.contains(&node.path) {
                let reason = "no include reaches it".to_owned();
                let file = entry(node, None, ConfigFileStatus::NotLoaded, Some(reason));
                unread.insert(Arc::clone(&node.path), file);
            }
        });
    }
    unread.into_values().collect()
}

/// Whether a file lies where Debian keeps its sites.
fn is_site(file: &str) -> bool {
    let dir = path::name(path::parent(file));
    matches!(dir, "sites-available" | "sites-enabled" | "server_blocks") && !path::name(file).starts_with('.')
}
