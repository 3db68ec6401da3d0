//! The layers of an image, read: from the run's pool, from the cache, or from where they lie.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use imgscan_layers::{
    Announced, Keep, LayerError, LayerIndex, Request, fetch_parts, read_ahead, read_layer, read_listed,
};
use imgscan_model::{Layer, LayerRead, SourceKind};
use imgscan_source::{Layers, SourceError};

use crate::shared::{Shared, layer_key};
use crate::{ScanError, read::layer_error};

/// Blobs smaller than this are not worth a second thread, in bytes.
const AHEAD: u64 = 1 << 20;

/// The layers of one image, and how they are read.
pub(crate) struct LayerReader {
    blobs: Layers,
    pub(crate) layers: Arc<[Layer]>,
    pub(crate) keep: Keep,
    shared: Arc<Shared>,
    source: SourceKind,
    /// What was read of each layer.
    reads: Mutex<Vec<LayerRead>>,
}

/// A layer on its way from the queue.
struct Turn<'a> {
    layer: &'a Layer,
    /// Whether a core would stand idle without a second thread for this layer: it is larger than all that wait.
    ahead: bool,
}

impl LayerReader {
    pub(crate) fn new(
        blobs: &Layers,
        layers: &[Layer],
        keep: Keep,
        shared: &Arc<Shared>,
        source: SourceKind,
    ) -> Self {
        let unread = |l: &Layer| LayerRead { index: l.index, from: "none".to_owned(), bytes: 0 };
        LayerReader {
            blobs: blobs.clone(),
            layers: layers.into(),
            keep,
            shared: Arc::clone(shared),
            source,
            reads: Mutex::new(layers.iter().map(unread).collect()),
        }
    }

    /// What was read so far of each layer, base first.
    pub(crate) fn reads(&self) -> Vec<LayerRead> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads layers, several at once, the largest first.
    pub(crate) fn read(&self, wanted: &[u32]) -> Result<BTreeMap<u32, Arc<LayerIndex>>, ScanError> {
        // The smallest is taken last: with a large one left over at the end, one core would stand idle.
        let mut queue: Vec<&Layer> = self.layers.iter().filter(|l| wanted.contains(&l.index)).collect();
        queue.sort_by_key(|l| l.size);
        let jobs = self.shared.jobs.min(queue.len());
        let queue = Mutex::new(queue);
        let done: Mutex<BTreeMap<u32, Result<Arc<LayerIndex>, ScanError>>> = Mutex::default();
        let work = || {
            while let Some(turn) = next(&queue) {
                let result = self.one(&turn);
                if result.is_err() {
                    // Nothing that is read from here on can help.
                    queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                }
                done.lock().unwrap_or_else(PoisonError::into_inner).insert(turn.layer.index, result);
            }
        };
        if jobs <= 1 {
            work();
        } else {
            thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
        }
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let count = done.len();
        let read = done.into_iter().map(|(index, read)| read.map(|read| (index, read)));
        let indexes = read.collect::<Result<_, _>>()?;
        if count == wanted.len() { Ok(indexes) } else { Err(ScanError::Bug) }
    }

    fn one(&self, turn: &Turn<'_>) -> Result<Arc<LayerIndex>, ScanError> {
        let layer = turn.layer;
        let Some(key) = self.key(layer) else { return self.fetch(turn).map(Arc::new) };
        let (index, shared) = self.shared.pool.get(&key, || {
            if let Some(index) = self.shared.cached(&key, &self.keep) {
                self.note(layer.index, "cache", 0);
                return Ok(Arc::new(index));
            }
            let index = self.fetch(turn)?;
            self.shared.remember(&key, &index);
            Ok::<_, ScanError>(Arc::new(index))
        })?;
        if shared {
            self.note(layer.index, "shared", 0);
        }
        Ok(index)
    }

    /// Reads a layer from where it lies: its table of contents, where that will do, else its whole blob.
    fn fetch(&self, turn: &Turn<'_>) -> Result<LayerIndex, ScanError> {
        let _permit = self.shared.permits.take();
        match self.list(turn.layer)? {
            Some(listed) => Ok(listed),
            None => self.stream(turn),
        }
    }

    /// Reads a layer by the table of contents that its manifest announces, if there is one and the registry gives parts of
    /// blobs.
    fn list(&self, layer: &Layer) -> Result<Option<LayerIndex>, ScanError> {
        let Some(announced) = self.announced(layer) else { return Ok(None) };
        let of = (layer.media_type.as_str(), layer.size);
        let fetch = &mut |from, length| self.range(layer.index, from, length);
        let read = read_listed(&announced, of, fetch, &self.keep);
        read.map_err(|error| layer_error(&self.layers, layer.index, error))
    }

    /// The table of contents by which a layer is to be read.
    fn announced(&self, layer: &Layer) -> Option<Announced> {
        let wanted = self.source == SourceKind::Registry && layer.size >= self.shared.listed_from;
        let descriptor = self.blobs.descriptors().get(layer.index as usize).filter(|_| wanted);
        descriptor.and_then(|descriptor| Announced::of(&descriptor.annotations))
    }

    /// Files of a layer that was read by its table of contents, or their beginnings; `None` where the layer must be read
    /// whole.
    pub(crate) fn parts(
        &self,
        layer: u32,
        index: &LayerIndex,
        requests: &[Request],
    ) -> Result<Option<Vec<Vec<u8>>>, ScanError> {
        let fetch = &mut |from, length| self.range(layer, from, length);
        fetch_parts(index, requests, fetch).map_err(|error| layer_error(&self.layers, layer, error))
    }

    fn range(&self, layer: u32, from: u64, length: u64) -> Result<Option<Vec<u8>>, LayerError> {
        let bytes = self.blobs.range(layer as usize, from, length).map_err(|e| LayerError::Read(e.into()))?;
        if bytes.is_some() {
            self.note(layer, "toc", length);
        }
        Ok(bytes)
    }

    /// Reads a layer whole of which so far only the table of contents was read.
    pub(crate) fn whole(&self, index: u32) -> Result<Arc<LayerIndex>, ScanError> {
        let layer = self.layers.get(index as usize).ok_or(ScanError::Bug)?;
        let _permit = self.shared.permits.take();
        let read = Arc::new(self.stream(&Turn { layer, ahead: layer.size >= AHEAD })?);
        if let Some(key) = self.key(layer) {
            self.shared.pool.keep(&key, &read);
            self.shared.remember(&key, &read);
        }
        Ok(read)
    }

    fn stream(&self, turn: &Turn<'_>) -> Result<LayerIndex, ScanError> {
        let Turn { layer, ahead } = turn;
        let read = |blob: &mut dyn Read| read_layer(blob, &layer.media_type, &self.keep);
        let mut blob = self.open(layer.index)?;
        let index = if *ahead { read_ahead(blob, |mut blob| read(&mut blob)) } else { read(&mut blob) };
        index.map_err(|error| layer_error(&self.layers, layer.index, error))
    }

    /// The blob of a layer, to be read as [`read_layer`] and its kin do; the bytes are counted.
    pub(crate) fn open(&self, index: u32) -> Result<Box<dyn Read + Send>, SourceError> {
        let blob = self.blobs.open(index as usize)?;
        let size = self.layers.get(index as usize).map_or(0, |l| l.size);
        self.note(index, if self.source == SourceKind::Registry { "registry" } else { "file" }, size);
        Ok(blob)
    }

    /// Uses the whole blob of a layer once more. A large one is received on a second thread.
    pub(crate) fn again<T>(
        &self,
        index: u32,
        read: impl FnOnce(&mut dyn Read, &str) -> Result<T, LayerError>,
    ) -> Result<T, ScanError> {
        let layer = self.layers.get(index as usize).ok_or(ScanError::Bug)?;
        let _permit = self.shared.permits.take();
        let mut blob = self.open(index)?;
        let answer = match layer.size >= AHEAD {
            true => read_ahead(blob, |mut blob| read(&mut blob, &layer.media_type)),
            false => read(&mut blob, &layer.media_type),
        };
        answer.map_err(|error| layer_error(&self.layers, index, error))
    }

    /// What to hold while files of a layer are asked for; `None` where nobody shares the layer.
    pub(crate) fn turn(&self, index: u32) -> Option<Arc<Mutex<()>>> {
        Some(self.shared.pool.turn(&self.key(self.layers.get(index as usize)?)?))
    }

    /// A file of a layer that somebody asked for before.
    pub(crate) fn known_file(&self, index: u32, path: &Arc<str>) -> Option<Vec<u8>> {
        self.shared.file(&self.key(self.layers.get(index as usize)?)?, path)
    }

    /// Keeps a file of a layer that somebody asked for.
    pub(crate) fn keep_file(&self, index: u32, path: &Arc<str>, bytes: &[u8]) {
        if let Some(key) = self.layers.get(index as usize).and_then(|layer| self.key(layer)) {
            self.shared.remember_file(&key, path, bytes);
        }
    }

    /// What a layer may be shared by. A local one is read each time: that its bytes are what they should be is part of
    /// the answer, and reading them costs no network.
    fn key(&self, layer: &Layer) -> Option<String> {
        let key = layer_key(layer).filter(|_| self.source == SourceKind::Registry)?;
        // What a layer lists is as good as the manifest that vouches for the list: another image's manifest may announce
        // another list in the same blob.
        Some(match self.announced(layer) {
            Some(announced) => format!("{key} {announced:?}"),
            None => key,
        })
    }

    fn note(&self, index: u32, from: &str, bytes: u64) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = reads.get_mut(index as usize) {
            from.clone_into(&mut read.from);
            read.bytes += bytes;
        }
    }
}

/// Takes the largest layer that is left.
fn next<'a>(queue: &Mutex<Vec<&'a Layer>>) -> Option<Turn<'a>> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let layer = queue.pop()?;
    let rest: u64 = queue.iter().map(|l| l.size).sum();
    Some(Turn { layer, ahead: layer.size >= AHEAD && layer.size > rest })
}
