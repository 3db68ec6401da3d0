//! Layers in, files out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use imgscan_layers::{Keep, LayerError, LayerIndex, MergedView, copy_file, extract, read_config, read_layer};
use imgscan_model::{FileView, ImageConfig, Layer, Node, Origin, Problem};
use imgscan_source::{Content, Image, Layers, SourceError};

use crate::{ScanError, ScanOptions};

/// An image's config and files.
pub struct Files {
    /// The config blob.
    pub config: ImageConfig,
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// What could not be read or is odd.
    pub problems: Vec<Problem>,
    tree: Arc<MergedView>,
}

impl Files {
    /// The merged files before the container starts.
    pub fn view(&self) -> Arc<dyn FileView> {
        Arc::clone(&self.tree) as Arc<dyn FileView>
    }

    /// The same as the type that knows older versions.
    pub(crate) fn merged(&self) -> &MergedView {
        &self.tree
    }

    /// Reads again, layer by layer, the files that were asked for and had not been kept. Answers whether there were
    /// any: then what asked for them should ask once more.
    ///
    /// # Errors
    /// Where a layer cannot be had again.
    pub fn supply_wanted(&self, image: &Image) -> Result<bool, ScanError> {
        let (view, Content::Layers(layers)) = (&self.tree, &image.content) else { return Ok(false) };
        let mut wanted: BTreeMap<u32, Vec<Arc<str>>> = BTreeMap::new();
        for file in view.take_wanted() {
            wanted.entry(file.layer).or_default().push(file.path);
        }
        let any = !wanted.is_empty();
        for (index, paths) in wanted {
            let failed = |error| self.layer_error(index, error);
            let descriptor = self.layers.get(index as usize);
            let media_type = descriptor.map_or("", |l| l.media_type.as_str());
            let blob = layers.open(index as usize)?;
            let Some(known) = view.layers().get(index as usize) else { continue };
            for file in extract(blob, media_type, known, &paths).map_err(failed)? {
                view.supply(index, &file.path, file.bytes);
            }
        }
        Ok(any)
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
    pub fn copy(&self, image: &Image, node: &Node, to: &mut dyn Write) -> Result<(), ScanError> {
        let index = node.origin.layer().unwrap_or(0);
        let copied = match &image.content {
            Content::Layers(layers) => {
                let Some(known) = self.tree.layers().get(index as usize) else { return Err(ScanError::Bug) };
                let media_type = self.layers.get(index as usize).map_or("", |l| l.media_type.as_str());
                copy_file(layers.open(index as usize)?, media_type, known, &node.path, to).map(drop)
            }
            // The path of a node has no link in it, so this stays inside the directory.
            Content::Rootfs(dir) => File::open(dir.join(node.path.trim_start_matches('/')))
                .map_err(LayerError::Read)
                .and_then(|mut file| io::copy(&mut file, to).map(drop).map_err(LayerError::Write)),
        };
        copied.map_err(|error| self.layer_error(index, error))
    }

    fn layer_error(&self, index: u32, error: LayerError) -> ScanError {
        layer_error(&self.layers, index, error)
    }
}

fn layer_error(layers: &[Layer], index: u32, error: LayerError) -> ScanError {
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
    let digest = image.config_digest.as_ref().map(ToString::to_string);
    let (config, mut problems) = read_config(&image.config, digest.as_deref())?;
    problems.extend(image.problems.iter().cloned());
    let layers = describe(image, &config);
    let tree = match &image.content {
        Content::Rootfs(dir) => MergedView::of_directory(dir).map_err(|e| layer_error(&layers, 0, e))?,
        Content::Layers(blobs) => {
            let indexes = read_layers(blobs, &layers, &Keep::for_image(&config), options.jobs)?;
            let instructions: Vec<_> = layers.iter().map(|l| l.instruction.clone()).collect();
            MergedView::new(indexes, &instructions)
        }
    };
    problems.extend(tree.problems());
    Ok(Files { config, layers, problems, tree: Arc::new(tree) })
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

fn read_layers(
    blobs: &Layers,
    layers: &[Layer],
    keep: &Keep,
    jobs: usize,
) -> Result<Vec<Arc<LayerIndex>>, ScanError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = if jobs == 0 { cores } else { jobs }.min(layers.len());

    // The smallest is taken last: with a large one left over at the end, one core would stand idle.
    let mut queue: Vec<&Layer> = layers.iter().collect();
    queue.sort_by_key(|l| l.size);
    let queue = Mutex::new(queue);
    let done: Mutex<BTreeMap<u32, Result<Arc<LayerIndex>, ScanError>>> = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(layer) = next else { return };
            let result = blobs.open(layer.index as usize).map_err(ScanError::from).and_then(|blob| {
                let index = read_layer(blob, &layer.media_type, keep);
                index.map(Arc::new).map_err(|e| layer_error(layers, layer.index, e))
            });
            if result.is_err() {
                // Nothing that is read from here on can help.
                queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(layer.index, result);
        }
    };
    if jobs <= 1 {
        work();
    } else {
        thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    }
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let indexes = done.into_values().collect::<Result<Vec<_>, _>>()?;
    if indexes.len() == layers.len() { Ok(indexes) } else { Err(ScanError::Bug) }
}
