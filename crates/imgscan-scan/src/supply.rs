//! Files that somebody asked for and that were not at hand: read again, or fetched out of layers that list what they hold.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use imgscan_layers::{Candidate, LayerIndex, Part, Request, Wanted, Wish, extract};
use imgscan_model::limits;

use crate::layers::LayerReader;
use crate::read::Place;
use crate::{Files, ScanError};

/// What became of the wishes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// There were none, or none that may be fulfilled: the answer stands.
    Nothing,
    /// What reading all layers whole would have had at hand from the start has been fetched. The question should be asked
    /// again, and that does not count as reading again: so an answer does not hang on how its layers were read.
    AtHand,
    /// Files have been read again. The question should be asked again.
    Again,
}

/// Files by layer.
type ByLayer = BTreeMap<u32, Vec<Request>>;

impl Files {
    /// Gets the files that were asked for and are not at hand. `again` says whether those may be read again that a first
    /// pass over whole layers would not have kept either.
    ///
    /// # Errors
    /// Where a layer cannot be had again.
    pub fn supply_wanted(&self, again: bool) -> Result<Supply, ScanError> {
        let Place::Layers(reader) = &self.place else { return Ok(Supply::Nothing) };
        let (mut first, mut later) = (ByLayer::new(), ByLayer::new());
        for file in self.tree.take_unread() {
            first.entry(file.layer).or_default().push(Request { path: file.path, part: Part::Start });
        }
        for file in self.tree.take_wanted() {
            let queue = if self.would_be_kept(reader, &file) { &mut first } else { &mut later };
            queue.entry(file.layer).or_default().push(Request { path: file.path, part: Part::Whole });
        }
        let (wanted, done) = match (first.is_empty(), later.is_empty()) {
            (false, _) => (first, Supply::AtHand),
            (true, false) if again => (later, Supply::Again),
            _ => return Ok(Supply::Nothing),
        };
        let patient = self.rounds.fetch_add(1, Ordering::Relaxed) < limits::LISTED_ROUNDS;
        for (layer, requests) in wanted {
            let Some(known) = self.tree.layer(layer) else { continue };
            let turn = reader.turn(layer);
            let _held = turn.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
            if !known.is_listed() {
                self.read_again(reader, layer, requests)?;
            } else if !patient || !self.fetch(reader, layer, requests)? {
                self.read_whole(reader, layer)?;
            }
        }
        Ok(done)
    }

    /// Whether a file of a listed layer is one that reading the layer whole would have kept.
    fn would_be_kept(&self, reader: &LayerReader, file: &Wanted) -> bool {
        let listed = self.tree.layer(file.layer).filter(|index| index.is_listed());
        let of = listed.and_then(|index| index.file(&file.path));
        of.is_some_and(|(size, mode)| {
            reader.keep.wish(Candidate { path: &file.path, size, mode }) != Wish::No
        })
    }

    /// Fetches files, or their beginnings, out of a listed layer; `false` where they cannot be had that way.
    fn fetch(&self, reader: &LayerReader, layer: u32, mut requests: Vec<Request>) -> Result<bool, ScanError> {
        let Some(index) = self.tree.layer(layer) else { return Ok(false) };
        requests.retain(|request| match reader.known_file(layer, &kept_as(request)) {
            Some(bytes) => {
                self.take_in(layer, request, bytes);
                false
            }
            None => true,
        });
        let Some(parts) = reader.parts(layer, index, &requests)? else { return Ok(false) };
        for (request, bytes) in requests.iter().zip(parts) {
            reader.keep_file(layer, &kept_as(request), &bytes);
            self.take_in(layer, request, bytes);
        }
        Ok(true)
    }

    fn take_in(&self, layer: u32, request: &Request, bytes: Vec<u8>) {
        match request.part {
            Part::Start => self.tree.supply_start(layer, &request.path, &bytes),
            Part::Whole => self.tree.supply(layer, &request.path, bytes),
        }
    }

    fn read_again(&self, reader: &LayerReader, layer: u32, requests: Vec<Request>) -> Result<(), ScanError> {
        let Some(known) = self.tree.layer(layer) else { return Ok(()) };
        let mut paths: Vec<Arc<str>> = requests.into_iter().map(|request| request.path).collect();
        paths.retain(|path| match reader.known_file(layer, path) {
            Some(bytes) => {
                self.tree.supply(layer, path, bytes);
                false
            }
            None => true,
        });
        if paths.is_empty() {
            return Ok(());
        }
        for file in reader.again(layer, |blob, media_type| extract(blob, media_type, known, &paths))? {
            reader.keep_file(layer, &file.path, &file.bytes);
            self.tree.supply(layer, &file.path, file.bytes);
        }
        Ok(())
    }

    /// One file of a listed layer; `None` where it cannot be had that way.
    pub(crate) fn listed_file(
        &self,
        reader: &LayerReader,
        layer: u32,
        index: &LayerIndex,
        path: &str,
    ) -> Result<Option<Vec<u8>>, ScanError> {
        if index.file(path).is_none_or(|(size, _)| size > limits::READ_FILE_BYTES) {
            return Ok(None);
        }
        let parts = reader.parts(layer, index, &[Request { path: path.into(), part: Part::Whole }])?;
        Ok(parts.and_then(|parts| parts.into_iter().next()))
    }

    /// Reads a layer whole of which only the list was read: its own digest says then what is in it.
    pub(crate) fn read_whole(&self, reader: &LayerReader, layer: u32) -> Result<(), ScanError> {
        self.tree.replace(layer, reader.whole(layer)?);
        Ok(())
    }
}

/// What a file, or its beginning, is kept as. A path begins with a slash.
fn kept_as(request: &Request) -> Arc<str> {
    match request.part {
        Part::Whole => Arc::clone(&request.path),
        Part::Start => format!("start of {}", request.path).into(),
    }
}
