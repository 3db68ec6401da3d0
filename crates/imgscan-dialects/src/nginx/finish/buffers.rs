//! Buffers that do not fit together (`ngx_http_proxy_merge_loc_conf` and its kin).

use crate::nginx::config::{BlockId, BlockKind, Weight};
use crate::nginx::load::Loader;
use crate::nginx::units;

const FAMILIES: &[&str] = &["proxy", "fastcgi", "uwsgi", "scgi"];
/// What the sizes depend on, behind the name of the family.
const NAMES: &[&str] =
    &["_buffer_size", "_buffers", "_busy_buffers_size", "_temp_file_write_size", "_max_temp_file_size"];
/// `ngx_pagesize` of the usual platforms.
const PAGE: i64 = 4096;

/// Checks every level on which one of the sizes changes. Levels are merged only if there is a server.
pub(super) fn check(loader: &mut Loader<'_>, http: BlockId) {
    let levels: Vec<BlockId> = (http.0..loader.config.blocks.len())
        .map(BlockId)
        .filter(|id| loader.config.chain(*id).any(|up| up == http))
        .filter(|id| is_merged(loader, *id, http))
        .collect();
    let has_server = levels.iter().any(|id| loader.config.block(*id).kind == BlockKind::Server);
    if !has_server {
        return;
    }
    for family in FAMILIES {
        for level in &levels {
            let sets =
                |name: &&&str| loader.config.named(*level, &format!("{family}{name}")).next().is_some();
            if NAMES.iter().find(sets).is_some()
                && let Err(words) = fit(loader, *level, family)
            {
                let text = format!("{words}{}", loader.whereabouts());
                loader.complain_bare(Weight::Fatal, text, None);
                break;
            }
        }
    }
}

fn is_merged(loader: &Loader<'_>, id: BlockId, http: BlockId) -> bool {
    id == http
        || matches!(
            loader.config.block(id).kind,
            BlockKind::Server | BlockKind::Location(..) | BlockKind::If | BlockKind::LimitExcept
        )
}

/// The arguments of a directive on the innermost level that sets it. `Err` where they are not known.
fn nearest(loader: &Loader<'_>, level: BlockId, name: &str) -> Result<Option<Vec<String>>, ()> {
    for id in loader.config.chain(level) {
        if let Some(entry) = loader.config.named(id, name).next() {
            if loader.config.has_hole(entry) {
                return Err(());
            }
            return Ok(Some(entry.args().map(str::to_owned).collect()));
        }
    }
    Ok(None)
}

fn fit(loader: &Loader<'_>, level: BlockId, family: &str) -> Result<(), String> {
    let Some(sizes) = Sizes::read(loader, level, family) else { return Ok(()) };
    sizes.check(family)
}

/// The sizes in effect on a level, in bytes.
struct Sizes {
    buffer: i64,
    count: i64,
    each: i64,
    busy: Option<i64>,
    write: Option<i64>,
    max: i64,
}

impl Sizes {
    /// `None` where one of them is not known.
    fn read(loader: &Loader<'_>, level: BlockId, family: &str) -> Option<Sizes> {
        let words = |name: &str| nearest(loader, level, &format!("{family}{name}")).ok();
        let size = |name: &str| match words(name)? {
            Some(args) => Some(Some(units::size(args.first()?)?)),
            None => Some(None),
        };
        let (count, each) = match words("_buffers")? {
            Some(args) => (units::number(args.first()?)?, units::size(args.get(1)?)?),
            None => (8, PAGE),
        };
        Some(Sizes {
            buffer: size("_buffer_size")?.unwrap_or(PAGE),
            count,
            each,
            busy: size("_busy_buffers_size")?,
            write: size("_temp_file_write_size")?,
            max: size("_max_temp_file_size")?.unwrap_or(1 << 30),
        })
    }

    fn check(&self, family: &str) -> Result<(), String> {
        if self.count < 2 {
            return Err(format!("there must be at least 2 \"{family}_buffers\""));
        }
        let larger = self.buffer.max(self.each);
        let busy = self.busy.unwrap_or(larger.saturating_mul(2));
        let largest = format!(
            "the maximum of the value of \"{family}_buffer_size\" and one of the \"{family}_buffers\""
        );
        if busy < larger {
            return Err(format!("\"{family}_busy_buffers_size\" must be equal to or greater than {largest}"));
        }
        if busy > (self.count - 1).saturating_mul(self.each) {
            return Err(format!(
                "\"{family}_busy_buffers_size\" must be less than the size of all \"{family}_buffers\" minus one buffer"
            ));
        }
        if self.write.is_some_and(|write| write < larger) {
            return Err(format!(
                "\"{family}_temp_file_write_size\" must be equal to or greater than {largest}"
            ));
        }
        if self.max != 0 && self.max < larger {
            return Err(format!(
                "\"{family}_max_temp_file_size\" must be equal to zero to disable temporary files usage or must be \
                 equal to or greater than {largest}"
            ));
        }
        Ok(())
    }
}
