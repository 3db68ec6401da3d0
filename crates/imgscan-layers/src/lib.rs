//! Layer blobs to files, and the config blob to [`imgscan_model::ImageConfig`].
//!
//! ```text
//! read_config(bytes, digest)                    -> (ImageConfig, problems)   history aligned to layers
//! read_layer(blob, media_type, &Keep)           -> LayerIndex                one pass, bounded memory
//! read_ahead(blob, |blob| read_layer(blob, …))                               the same, receiving on a second thread
//! MergedView::new(indexes, layer_instructions)  -> MergedView: FileView      whiteouts, every version of a path
//! MergedView::of_directory(dir)                 -> MergedView                a root file system without layers
//!     .take_wanted()                            -> [Wanted { layer, path }]  files asked for that were not kept
//! extract(blob, media_type, &LayerIndex, paths) -> [Extracted { path, bytes }]
//!     .supply(layer, path, bytes)                                            and whoever asked asks again
//! Announced::of(annotations); read_listed(&announced, size, fetch, &Keep) -> LayerIndex?   by its table of contents
//! fetch_parts(&LayerIndex, requests, fetch)     -> [bytes]?                  and some of its files
//! LayerIndex::write_to(file), ::read_from(file, &Keep)                       a cache's way to the same
//! ```

mod ahead;
mod config;
mod error;
mod history;
mod index;
mod keep;
mod listed;
mod read;
mod rootfs;
mod tar;
mod unpack;
mod view;

pub use ahead::{Ahead, read_ahead};
pub use config::read_config;
pub use error::{ConfigError, LayerError};
pub use index::{LayerIndex, LayerProblem};
pub use keep::{Candidate, Keep, Wish};
pub use listed::{Announced, Fetch, Part, Request, fetch_parts, read_listed};
pub use read::{Extracted, copy_file, extract, read_layer};
pub use view::{MergedView, Wanted};
