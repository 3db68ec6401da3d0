//! Layers that several images have in common are read once, also when they are wanted at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use imgscan_layers::LayerIndex;
use imgscan_model::limits;

/// The layers of a run.
#[derive(Default)]
pub(crate) struct Pool {
    held: Mutex<Held>,
    changed: Condvar,
    /// Whose turn it is to read a layer again, by its key.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

#[derive(Default)]
struct Held {
    slots: HashMap<String, Slot>,
    /// Counts up with each use.
    clock: u64,
    /// Files that were asked for later, by the key of their layer and their path.
    files: HashMap<(String, Arc<str>), Arc<[u8]>>,
    file_bytes: u64,
}

enum Slot {
    /// Somebody reads it.
    Reading,
    Read {
        index: Arc<LayerIndex>,
        used: u64,
    },
}

/// Takes the mark away that a layer is being read, also where reading it ends early.
struct Reading<'a> {
    pool: &'a Pool,
    key: &'a str,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut held = self.pool.held();
        if let Some(Slot::Reading) = held.slots.get(self.key) {
            held.slots.remove(self.key);
        }
        self.pool.changed.notify_all();
    }
}

impl Pool {
    /// The layer of a key, and whether it was there already. What reading it fails with is told to the one who read;
    /// whoever waited for it tries too.
    pub(crate) fn get<E>(
        &self,
        key: &str,
        read: impl FnOnce() -> Result<Arc<LayerIndex>, E>,
    ) -> Result<(Arc<LayerIndex>, bool), E> {
        if let Some(found) = self.claim(key) {
            return Ok((found, true));
        }
        let reading = Reading { pool: self, key };
        let index = read()?;
        self.keep(key, &index);
        drop(reading);
        Ok((index, false))
    }

    /// What to hold while a layer is read again: who waits for it finds the files that were asked for meanwhile.
    pub(crate) fn turn(&self, key: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key.to_owned()).or_default())
    }

    /// A file of a layer that was asked for before.
    pub(crate) fn file(&self, layer: &str, path: &Arc<str>) -> Option<Arc<[u8]>> {
        self.held().files.get(&(layer.to_owned(), Arc::clone(path))).cloned()
    }

    /// Keeps a file that was asked for, for the images to come.
    pub(crate) fn keep_file(&self, layer: &str, path: &Arc<str>, bytes: &[u8]) {
        let mut held = self.held();
        held.file_bytes += bytes.len() as u64;
        if held.file_bytes > limits::REREAD_TOTAL_BYTES {
            held.files.clear();
            held.file_bytes = bytes.len() as u64;
        }
        held.files.insert((layer.to_owned(), Arc::clone(path)), bytes.into());
    }

    /// The layer if it is there, after waiting for whoever reads it; `None` puts the mark that the caller reads it.
    fn claim(&self, key: &str) -> Option<Arc<LayerIndex>> {
        let mut held = self.held();
        loop {
            held.clock += 1;
            let now = held.clock;
            match held.slots.get_mut(key) {
                None => {
                    held.slots.insert(key.to_owned(), Slot::Reading);
                    return None;
                }
                Some(Slot::Read { index, used }) => {
                    *used = now;
                    return Some(Arc::clone(index));
                }
                Some(Slot::Reading) => {
                    held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Keeps a layer and lets those go that were not used for the longest time, as far as the bound asks for it.
    pub(crate) fn keep(&self, key: &str, index: &Arc<LayerIndex>) {
        let mut held = self.held();
        held.clock += 1;
        let used = held.clock;
        held.slots.insert(key.to_owned(), Slot::Read { index: Arc::clone(index), used });
        while held.size() > limits::SHARED_INDEX_BYTES {
            let Some(oldest) = held.oldest() else { return };
            held.slots.remove(&oldest);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn size(&self) -> u64 {
        let size = |slot: &Slot| match slot {
            Slot::Reading => 0,
            Slot::Read { index, .. } => index.memory_bytes(),
        };
        self.slots.values().map(size).sum()
    }

    fn oldest(&self) -> Option<String> {
        let read = self.slots.iter().filter_map(|(key, slot)| match slot {
            Slot::Reading => None,
            Slot::Read { used, .. } => Some((*used, key)),
        });
        read.min().map(|(_, key)| key.clone())
    }
}

/// How many layers may be read at once, over all images of a run.
pub(crate) struct Permits {
    free: Mutex<usize>,
    freed: Condvar,
}

/// Leave to read a layer.
pub(crate) struct Permit<'a>(&'a Permits);

impl Permits {
    pub(crate) fn new(count: usize) -> Self {
        Permits { free: Mutex::new(count.max(1)), freed: Condvar::new() }
    }

    /// Waits for leave.
    pub(crate) fn take(&self) -> Permit<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use imgscan_layers::{Keep, read_layer};

    use super::*;

    fn layer() -> Arc<LayerIndex> {
        Arc::new(read_layer(&[0u8; 1024][..], "", &Keep::nothing()).unwrap())
    }

    #[test]
    fn a_layer_wanted_by_many_at_once_is_read_once() {
        let (pool, reads) = (Pool::default(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let read = || {
                        reads.fetch_add(1, Ordering::Relaxed);
                        thread::sleep(Duration::from_millis(20));
                        Ok::<_, ()>(layer())
                    };
                    pool.get("a", read).unwrap();
                });
            }
        });
        assert_eq!(reads.into_inner(), 1);
        assert!(pool.get("a", || Err::<_, ()>(())).unwrap().1);
    }

    #[test]
    fn a_failure_is_told_to_one_and_the_next_one_tries_too() {
        let pool = Pool::default();
        assert_eq!(pool.get("a", || Err::<Arc<LayerIndex>, _>("cut")).map(drop), Err("cut"));
        assert!(!pool.get("a", || Ok::<_, ()>(layer())).unwrap().1);
    }

    #[test]
    fn so_many_and_no_more_have_leave() {
        let (permits, now, most) = (Permits::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let _permit = permits.take();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
    }
}
