//! Layers in, files out.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use imgscan_layers::{Keep, LayerError, MergedView, Wanted, copy_file, read_config};
use imgscan_model::{FileView, ImageConfig, Layer, LayerRead, Node, Origin, Problem};
use imgscan_source::{Content, Image, SourceError};

use crate::layers::LayerReader;
use crate::{ScanError, ScanOptions};

/// An image's config and files.
pub struct Files {
    /// The config blob.
    pub config: ImageConfig,
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// What could not be read or is odd in manifest and config. The layers tell their own.
    pub problems: Vec<Problem>,
    pub(crate) tree: Arc<MergedView>,
    pub(crate) place: Place,
    /// Times that files were got for a question.
    pub(crate) rounds: AtomicUsize,
}

/// Where the bytes of files are.
pub(crate) enum Place {
    Layers(LayerReader),
    Directory(std::path::PathBuf),
}

/// Compressed size up to which a layer is read alone, because the answer may be in it, in bytes. Once a larger one is
/// needed, all that are left are read at once.
const SMALL_LAYER: u64 = 4 << 20;

impl Files {
    /// The merged files before the container starts.
    pub fn view(&self) -> Arc<dyn FileView> {
        Arc::clone(&self.tree) as Arc<dyn FileView>
    }

    /// The same as the type that knows older versions.
    pub(crate) fn merged(&self) -> &MergedView {
        &self.tree
    }

    /// What was read of each layer so far, base first.
    pub fn reads(&self) -> Vec<LayerRead> {
        match &self.place {
            Place::Layers(reader) => reader.reads(),
            Place::Directory(_) => Vec::new(),
        }
    }

    /// Asks a question of files of which not all layers are in, and reads layers, the top one first, until the answer
    /// cannot change any more: until nobody looked into a layer that is not in. The question is asked anew after each.
    ///
    /// # Errors
    /// Where a layer cannot be had, is damaged or passes a bound.
    pub fn ask<T>(&self, mut question: impl FnMut(&Files) -> Result<T, ScanError>) -> Result<T, ScanError> {
        loop {
            self.tree.take_missed();
            let answer = question(self)?;
            match self.tree.take_missed() {
                Some(layer) => self.read_down_to(layer)?,
                None => return Ok(answer),
            }
        }
    }

    fn read_down_to(&self, layer: u32) -> Result<(), ScanError> {
        let small = self.layers.get(layer as usize).is_some_and(|l| l.size <= SMALL_LAYER);
        let wanted = if small { layer..=layer } else { 0..=layer };
        self.read_layers(wanted.collect())
    }

    fn read_layers(&self, mut wanted: Vec<u32>) -> Result<(), ScanError> {
        let Place::Layers(reader) = &self.place else { return Ok(()) };
        wanted.retain(|layer| self.tree.layer(*layer).is_none());
        for (layer, index) in reader.read(&wanted)? {
            self.tree.insert(layer, index);
        }
        Ok(())
    }

    /// The text of the file that an origin of this image points into.
    pub fn text_at(&self, origin: &Origin) -> Option<Arc<str>> {
        let path = origin.path()?;
        let text = match origin.layer() {
            Some(layer) => self.tree.content_of(layer, path),
            None => self.tree.content(path),
        };
        text.ok().map(|t| t.raw_shared())
    }

    /// Copies the bytes of a regular file, as some layer has it, to a writer.
    ///
    /// # Errors
    /// Where its layer cannot be had again, or the writer fails.
    pub fn copy(&self, node: &Node, to: &mut dyn Write) -> Result<(), ScanError> {
        let index = node.origin.layer().unwrap_or(0);
        let reader = match &self.place {
            Place::Layers(reader) => reader,
            // The path of a node has no link in it, so this stays inside the directory.
            Place::Directory(dir) => {
                let copied = File::open(dir.join(node.path.trim_start_matches('/')))
                    .map_err(LayerError::Read)
                    .and_then(|mut file| io::copy(&mut file, to).map(drop).map_err(LayerError::Write));
                return copied.map_err(|error| layer_error(&self.layers, index, error));
            }
        };
        // What was kept need not be read again.
        if let Ok(text) = self.tree.content_of(index, &node.path) {
            let written = to.write_all(text.raw().as_bytes()).map_err(LayerError::Write);
            return written.map_err(|error| layer_error(&self.layers, index, error));
        }
        // A hard link may stand for a file of a layer below.
        let Some(Wanted { layer: index, path }) = self.tree.bytes_of(index, &node.path) else {
            let words = format!("`{}` is a hard link to something that is not in the image", node.path);
            return Err(layer_error(&self.layers, index, LayerError::Damaged(words)));
        };
        let mut known = self.tree.layer(index).ok_or(ScanError::Bug)?;
        if known.is_listed() {
            if let Some(bytes) = self.listed_file(reader, index, known, &path)? {
                let written = to.write_all(&bytes).map_err(LayerError::Write);
                return written.map_err(|error| layer_error(&self.layers, index, error));
            }
            self.read_whole(reader, index)?;
            known = self.tree.layer(index).ok_or(ScanError::Bug)?;
        }
        reader.again(index, |blob, media_type| copy_file(blob, media_type, known, &path, to)).map(drop)
    }
}

pub(crate) fn layer_error(layers: &[Layer], index: u32, error: LayerError) -> ScanError {
    if let LayerError::Read(inner) = &error
        && let Some(found) = SourceError::find(inner)
    {
        return ScanError::Source(found.clone());
    }
    let instruction = layers.get(index as usize).and_then(|l| l.instruction.as_deref()).map(str::to_owned);
    ScanError::Layer { index, instruction, error }
}

/// Reads the config and all layers of an image, several layers at once, the largest first.
///
/// # Errors
/// Where the config or a layer cannot be had, is damaged or passes a bound.
pub fn read(image: &Image, options: &ScanOptions) -> Result<Files, ScanError> {
    let files = open(image, options)?;
    files.read_layers((0..).take(files.layers.len()).collect())?;
    Ok(files)
}

/// Reads the config of an image and none of its layers: those are read as far as [`Files::ask`] needs them.
///
/// # Errors
/// Where the config cannot be had, is damaged or passes a bound.
pub fn open(image: &Image, options: &ScanOptions) -> Result<Files, ScanError> {
    let digest = image.config_digest.as_ref().map(ToString::to_string);
    let (config, mut problems) = read_config(&image.config, digest.as_deref())?;
    problems.extend(image.problems.iter().cloned());
    let layers = describe(image, &config);
    let (tree, place) = match &image.content {
        Content::Rootfs(dir) => {
            let tree = MergedView::of_directory(dir).map_err(|e| layer_error(&layers, 0, e))?;
            (tree, Place::Directory(dir.clone()))
        }
        Content::Layers(blobs) => {
            let instructions: Vec<_> = layers.iter().map(|l| l.instruction.clone()).collect();
            let keep = Keep::for_image(&config);
            let reader = LayerReader::new(blobs, &layers, keep, &options.shared, image.source);
            (MergedView::unread(layers.len(), &instructions), Place::Layers(reader))
        }
    };
    Ok(Files { config, layers, problems, tree: Arc::new(tree), place, rounds: AtomicUsize::new(0) })
}

/// The layers of an image as manifest, config and history together describe them.
pub fn describe(image: &Image, config: &ImageConfig) -> Vec<Layer> {
    image
        .layers()
        .iter()
        .map(|descriptor| Layer {
            index: descriptor.index,
            digest: descriptor.digest.as_ref().map(ToString::to_string),
            diff_id: descriptor.diff_id.as_ref().map(ToString::to_string),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            instruction: config
                .history
                .iter()
                .find(|h| h.layer == Some(descriptor.index))
                .and_then(|h| h.instruction.as_ref())
                .map(|i| Arc::clone(&i.text)),
        })
        .collect()
}
