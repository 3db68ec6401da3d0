//! What would it be without that layer? Answered by resolving again over files in which a path has its older version.

use std::sync::Arc;

use imgscan_model::{
    ConfigFileStatus, FileError, FileView, Node, NodeKind, Overrides, Server, StartStatus, Text, Value,
    Version,
};
use imgscan_rules::WhatIf;

use crate::Files;
use crate::analyse::{Answer, answer};

/// Most files that are looked at: each costs another resolution.
const MOST: usize = 8;

/// For every config file that a later layer replaced or deleted: the settings that would be different without that.
pub(crate) fn what_if(files: &Files, with: &Answer, overrides: &Overrides) -> Vec<WhatIf> {
    let merged = files.merged();
    let mut paths: Vec<Arc<str>> = Vec::new();
    for file in with.servers.iter().flat_map(|s| &s.config_files) {
        let asked = matches!(file.status, ConfigFileStatus::Loaded | ConfigFileStatus::Missing);
        if asked && !file.generated && !paths.contains(&file.path) {
            paths.push(Arc::clone(&file.path));
        }
    }
    let mut found = Vec::new();
    for path in paths {
        let versions = merged.versions(&path);
        let [.., below, top] = versions.as_slice() else { continue };
        // The deletion of a file that was not there changes nothing, and a directory is no earlier config.
        let Some(older) = below.node.as_ref().filter(|node| node.kind == NodeKind::File) else { continue };
        if found.len() >= MOST {
            break;
        }
        let layer = top.layer;
        let content = merged.content_of(below.layer, &path);
        let view = WithOlder { below: files.view(), path: Arc::clone(&path), node: older.clone(), content };
        let without = answer(files, Arc::new(view), overrides);
        found.extend(differences(&with.servers, &without.servers, layer, &path));
    }
    found
}

fn differences(with: &[Server], without: &[Server], layer: u32, path: &str) -> Vec<WhatIf> {
    let mut found = Vec::new();
    for server in with {
        let Some(other) = without.iter().find(|s| s.id == server.id) else { continue };
        // A server that does not start has no settings.
        if other.start.status == StartStatus::Fails {
            continue;
        }
        for (name, setting) in &server.settings {
            let Some(changed) = other.settings.get(name) else { continue };
            // What is not known on one side is not known to differ.
            let unknown = |value: &Value| matches!(value, Value::Unknown { .. });
            let (here, there) = (setting.value(), changed.value());
            if here == there || unknown(here) || unknown(there) {
                continue;
            }
            let secret = setting.winner().secret || changed.winner().secret;
            let text = |text: String| if secret { "[redacted]".to_owned() } else { text };
            found.push(WhatIf {
                server: server.id.clone(),
                setting: name.clone(),
                layer,
                path: path.to_owned(),
                with: text(setting.text()),
                without: text(changed.text()),
            });
        }
    }
    found
}

/// A view in which one path has an older version.
struct WithOlder {
    below: Arc<dyn FileView>,
    path: Arc<str>,
    node: Node,
    content: Result<Text, FileError>,
}

impl FileView for WithOlder {
    fn entry(&self, path: &str) -> Option<Node> {
        if path == &*self.path { Some(self.node.clone()) } else { self.below.entry(path) }
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        let mut names = self.below.children(dir);
        if imgscan_model::path::parent(&self.path) == dir {
            let name = imgscan_model::path::name(&self.path);
            if let Err(at) = names.binary_search_by(|n| (**n).cmp(name)) {
                names.insert(at, name.into());
            }
        }
        names
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        if path == &*self.path { self.content.clone() } else { self.below.content(path) }
    }

    fn versions(&self, path: &str) -> Vec<Version> {
        self.below.versions(path)
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.below.for_each(visit);
    }

    fn unknown(&self, path: &str) -> Option<String> {
        if path == &*self.path { None } else { self.below.unknown(path) }
    }
}
