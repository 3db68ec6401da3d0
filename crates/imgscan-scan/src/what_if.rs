//! What would it be without that layer, or without that file? Answered by resolving again over changed files.

use std::sync::Arc;

use imgscan_model::{
    ConfigFile, ConfigFileStatus, FileView, Launcher, Overrides, Server, StartStatus, Value,
};
use imgscan_rules::{LostReader, WhatIf};

use crate::Files;
use crate::analyse::{Answer, answer};
use crate::changed::Changed;

/// Most files that are looked at: each costs another resolution.
const MOST: usize = 8;

/// What would be different.
#[derive(Default)]
pub(crate) struct WhatIfs {
    /// Settings that would be different without a layer's version of a config file.
    pub(crate) settings: Vec<WhatIf>,
    /// Variables that lost their reader to the file that is loaded.
    pub(crate) lost_readers: Vec<LostReader>,
}

/// For every config file that a later layer replaced or deleted: what would be different without that. And for every
/// config file of gunicorn below a start script, which may look in several places: what would be loaded if it were not
/// there. Nobody else looks in several places, and each look costs another resolution.
pub(crate) fn what_if(files: &Files, with: &Answer, overrides: &Overrides) -> WhatIfs {
    let mut paths: Vec<Arc<str>> = Vec::new();
    for file in with.servers.iter().flat_map(|s| &s.config_files).filter(|f| !f.generated) {
        let asked = matches!(file.status, ConfigFileStatus::Loaded | ConfigFileStatus::Missing);
        if asked && !paths.contains(&file.path) {
            paths.push(Arc::clone(&file.path));
        }
    }
    let mut found = WhatIfs::default();
    let mut left = MOST;
    for path in paths {
        if left == 0 {
            break;
        }
        if let Some((layer, view)) = without_last_layer(files, &path) {
            left -= 1;
            let without = answer(files, Arc::new(view.changed), overrides);
            found.settings.extend(differences(&with.servers, &without.servers, layer, &path));
            found.lost_readers.extend(lost(&with.servers, &without.servers, &path, view.older_layer));
        } else if with.servers.iter().any(|s| s.name == "gunicorn" && is_scripted(s) && loads(s, &path)) {
            left -= 1;
            let view = Changed::without(files.view(), Arc::clone(&path));
            let without = answer(files, Arc::new(view), overrides);
            found.lost_readers.extend(stood_behind(files, &with.servers, &without.servers, &path));
        }
    }
    found
}

/// The files as they would be without the last layer that touches a path.
struct Earlier {
    changed: Changed,
    older_layer: u32,
}

/// The layer and the files without its version; `None` where it is the first to bring the file.
fn without_last_layer(files: &Files, path: &Arc<str>) -> Option<(u32, Earlier)> {
    let versions = files.merged().versions(path);
    let [.., below, top] = versions.as_slice() else { return None };
    // The deletion of a file that was not there changes nothing, and a directory is no earlier config.
    let older = below.node.as_ref().filter(|node| node.is_file())?;
    let content = files.merged().content_of(below.layer, path);
    let changed = Changed::older(files.view(), Arc::clone(path), older.clone(), content);
    Some((top.layer, Earlier { changed, older_layer: below.layer }))
}

/// Whether a shell stands between the image's config and the server.
fn is_scripted(server: &Server) -> bool {
    let mut steps = server.process.launched_by.iter();
    steps.any(|step| matches!(step.launcher, Launcher::Script | Launcher::ShellForm))
}

fn loads(server: &Server, path: &str) -> bool {
    loaded(server).any(|f| *f.path == *path)
}

fn loaded(server: &Server) -> impl Iterator<Item = &ConfigFile> {
    server.config_files.iter().filter(|f| f.status == ConfigFileStatus::Loaded)
}

/// What the earlier version of a config file reads and the present one does not.
fn lost(with: &[Server], without: &[Server], path: &str, older_layer: u32) -> Vec<LostReader> {
    let pairs = with.iter().filter_map(|s| Some((s, without.iter().find(|o| o.id == s.id)?)));
    pairs
        .filter(|(here, there)| loads(here, path) && loads(there, path))
        .filter_map(|(here, there)| lost_reader(here, there, path, path, older_layer))
        .collect()
}

/// What a file of an earlier layer would read that stands behind the one that is loaded.
fn stood_behind(files: &Files, with: &[Server], without: &[Server], path: &str) -> Vec<LostReader> {
    let layer_of = |path: &str| files.merged().versions(path).last().map(|v| v.layer);
    let mut found = Vec::new();
    for here in with.iter().filter(|s| loads(s, path)) {
        let Some(there) = without.iter().find(|o| o.id == here.id) else { continue };
        let behind = loaded(there).find(|f| !loads(here, &f.path));
        if let Some(behind) = behind
            && let (Some(of_behind), Some(of_path)) = (layer_of(&behind.path), layer_of(path))
            && of_behind < of_path
        {
            found.extend(lost_reader(here, there, path, &behind.path, of_behind));
        }
    }
    found
}

fn lost_reader(
    here: &Server,
    there: &Server,
    loaded: &str,
    replaced: &str,
    layer: u32,
) -> Option<LostReader> {
    let names: Vec<String> =
        there.reads_env.iter().filter(|name| !here.reads_env.contains(name)).cloned().collect();
    (!names.is_empty()).then(|| LostReader {
        server: here.id.clone(),
        loaded: loaded.to_owned(),
        replaced: replaced.to_owned(),
        layer,
        names,
    })
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
