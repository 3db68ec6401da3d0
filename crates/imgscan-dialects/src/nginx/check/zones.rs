//! Pieces of shared memory (`ngx_shared_memory_add`).

use super::Refusal;
use crate::nginx::load::Loader;
use crate::nginx::load::state::Zone;

/// Names a zone, with its size where it is given. Whether it was known before.
///
/// # Errors
///
/// Where the zone is already there for another use or with another size.
pub(super) fn add(
    loader: &mut Loader<'_>,
    name: &str,
    size: Option<i64>,
    tag: &'static str,
) -> Result<bool, Refusal> {
    let size = size.unwrap_or(0);
    let Some(zone) = loader.state.zones.get_mut(name) else {
        loader.state.zones.insert(name.to_owned(), Zone { tag, size, bound: false });
        return Ok(false);
    };
    if zone.tag != tag {
        let text = format!("the shared memory zone \"{name}\" is already declared for a different use");
        return Err(Refusal::Message(text));
    }
    if zone.size == 0 {
        zone.size = size;
    }
    if size != 0 && size != zone.size {
        let declared = zone.size;
        let text = format!(
            "the size {size} of shared memory zone \"{name}\" conflicts with already declared size {declared}"
        );
        return Err(Refusal::Message(text));
    }
    Ok(true)
}

/// Binds a zone to its one definition. `false` where it had one.
pub(super) fn bind(loader: &mut Loader<'_>, name: &str) -> bool {
    match loader.state.zones.get_mut(name) {
        Some(zone) => !std::mem::replace(&mut zone.bound, true),
        None => true,
    }
}
