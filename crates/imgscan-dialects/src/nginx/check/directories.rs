//! Directories that nginx makes itself: for temporary files and caches (`ngx_add_path`, `src/core/ngx_file.c`).

use std::collections::HashMap;

use super::{Checked, message};
use crate::nginx::load::Loader;

/// A directory that was named.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct Directory {
    /// The cache it belongs to; none for temporary files. Two of these may share a directory, caches may not.
    is_cache: bool,
    /// The number of characters on each level below it.
    levels: Vec<i64>,
    /// `FILE:LINE`
    place: String,
}

/// Directories by their names.
pub(in crate::nginx) type Directories = HashMap<String, Directory>;

/// Notes a directory; two directives that name the same one have to agree.
pub(super) fn add(loader: &mut Loader<'_>, name: &str, levels: Vec<i64>, is_cache: bool) -> Checked {
    let name = if name.len() > 1 { name.strip_suffix('/').unwrap_or(name) } else { name };
    // Where the prefix is not known, names that differ still lead to different places.
    let name = loader.world.paths.in_prefix(name).unwrap_or_else(|| name.to_owned());
    let place = loader.whereabouts().trim_start_matches(" in ").to_owned();
    let new = Directory { is_cache, levels, place };
    let Some(old) = loader.state.directories.get(&name) else {
        loader.state.directories.insert(name, new);
        return Ok(());
    };
    if old.is_cache || new.is_cache {
        return message(format!("the same path name \"{name}\" used in {} and", old.place));
    }
    if old.levels != new.levels {
        return message(format!(
            "the same path name \"{name}\" in {} has the different levels than",
            old.place
        ));
    }
    Ok(())
}
