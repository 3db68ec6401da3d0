//! `imgscan cache stats` and `imgscan cache clear`.

use imgscan_cache::{Cache, Usage};

use crate::cli::{CacheAction, CacheArgs};
use crate::exit::{Exit, Failure};
use crate::{inputs, output};

/// Shows or clears the cache.
pub(super) fn run(args: &CacheArgs) -> Result<Exit, Failure> {
    let cache = inputs::cache().ok_or_else(|| {
        Failure::usage(
            "there is no place for a cache: neither IMGSCAN_CACHE_DIR, XDG_CACHE_HOME nor HOME is set",
        )
    })?;
    let text = match args.action {
        CacheAction::Stats => stats(&cache),
        CacheAction::Clear => {
            let gone = cache.clear().map_err(|e| Failure {
                exit: Exit::Unwritable,
                message: format!("cannot clear `{}`: {e}", cache.dir().display()),
                help: None,
            })?;
            format!("{} gone from {}\n", held(gone), cache.dir().display())
        }
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Done)
}

fn stats(cache: &Cache) -> String {
    let mut text = format!("{}\n", cache.dir().display());
    let mut all = Usage::default();
    for (kind, usage) in cache.usage() {
        text.push_str(&format!("  {:<10} {}\n", kind.name(), held(usage)));
        all.entries += usage.entries;
        all.bytes += usage.bytes;
    }
    text.push_str(&format!("  {:<10} {}, at most {} MiB\n", "all", held(all), cache.bound() >> 20));
    text
}

fn held(usage: Usage) -> String {
    format!("{} entries, {:.1} MiB", usage.entries, usage.bytes as f64 / f64::from(1 << 20))
}
