//! Layer blobs to files, and the config blob to [`imgscan_model::ImageConfig`].
//!
//! ```text
//! read_config(bytes, digest)            -> (ImageConfig, problems)      history aligned to layers
//! read_layer(blob, media_type, &Keep)   -> LayerIndex                   one pass, bounded memory
//! MergedView::new(indexes, instructions)-> MergedView: FileView         whiteouts, every version of a path
//!     .take_wanted() -> [Wanted { layer, path }]                        files asked for that were not kept
//! extract(blob, media_type, &LayerIndex, paths) -> [Extracted { path, bytes }]
//!     .supply(layer, path, bytes)                                       and ask again
//! Rootfs::open(dir)                     -> Rootfs: FileView             a directory instead of layers
//! ```

mod config;
mod error;
mod history;

pub use config::read_config;
pub use error::{ConfigError, LayerError};
