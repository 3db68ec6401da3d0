//! Which texts are kept on the first pass over a layer, and how much memory the layers of an image may take.

mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imgscan_model::{ImageConfig, limits, path};

/// A file that may be worth keeping.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its absolute path.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Its permission bits.
    pub mode: u32,
}

/// Whether a file's text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is read again if somebody asks for it.
    No,
    /// It is kept.
    Yes,
    /// It is kept if it begins with `#!`.
    IfScript,
}

/// What to keep of the layers of one image. One `Keep` serves all its layers, also on several threads: it holds the
/// image's share of memory ([`limits::KEPT_TOTAL_BYTES`], [`limits::INDEX_BYTES`]).
pub struct Keep {
    wanted: Vec<String>,
    below: Option<String>,
    nothing: bool,
    budget: Arc<Budget>,
}

impl Keep {
    /// What may be the configuration of a server, by path, size and mode.
    pub fn default_rules() -> Self {
        Keep { wanted: Vec::new(), below: None, nothing: false, budget: Arc::default() }
    }

    /// As [`Keep::default_rules`], with what this image starts and the Python and configuration files of its working
    /// directory.
    pub fn for_image(config: &ImageConfig) -> Self {
        let dir = path::join("/", &config.working_dir);
        let words = config.entrypoint.iter().chain(&config.cmd).flatten();
        let wanted = words
            .filter(|w| w.contains('/') && !w.contains(' '))
            .map(|word| path::join(&dir, word))
            .collect();
        let below = Some(dir).filter(|dir| dir != "/");
        Keep { wanted, below, ..Keep::default_rules() }
    }

    /// No text at all, only the index.
    pub fn nothing() -> Self {
        Keep { nothing: true, ..Keep::default_rules() }
    }

    /// Whether to keep a file.
    pub fn wish(&self, file: Candidate<'_>) -> Wish {
        if self.nothing || file.size > limits::KEPT_FILE_BYTES {
            return Wish::No;
        }
        if self.wanted.iter().any(|path| path == file.path) {
            // The program itself when it is a binary is of no use.
            return if file.mode & 0o111 == 0 { Wish::Yes } else { Wish::IfScript };
        }
        rules::wish(file, self.below.as_deref())
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }
}

/// The memory that the layers of an image may take.
#[derive(Default)]
pub(crate) struct Budget {
    index: AtomicU64,
    tables: AtomicU64,
    kept: AtomicU64,
}

impl Budget {
    /// Takes `size` bytes for a kept text; `false` when there are not so many left.
    pub(crate) fn keep(&self, size: u64) -> bool {
        take(&self.kept, size, limits::KEPT_TOTAL_BYTES)
    }
}

fn take(used: &AtomicU64, size: u64, most: u64) -> bool {
    let more = |used: u64| used.checked_add(size).filter(|sum| *sum <= most);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
}

/// What memory is taken for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Index,
    Table,
}

/// The memory that one index takes, or the table of its chunks. Given back when dropped.
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    purpose: Purpose,
    size: u64,
}

impl Reservation {
    /// Bytes taken at a time, so that layers on several threads rarely meet.
    const STEP: u64 = 64 << 10;

    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        Reservation { budget: Arc::clone(budget), purpose: Purpose::Index, size: 0 }
    }

    pub(crate) fn of_tables(budget: &Arc<Budget>) -> Self {
        Reservation { budget: Arc::clone(budget), purpose: Purpose::Table, size: 0 }
    }

    /// The counter of what it is for, and its bound.
    fn counter(&self) -> (&AtomicU64, u64) {
        match self.purpose {
            Purpose::Index => (&self.budget.index, limits::INDEX_BYTES),
            Purpose::Table => (&self.budget.tables, limits::LISTED_CHUNKS_BYTES),
        }
    }

    /// Bytes reserved.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Makes the reservation at least `size` bytes; `false` when there are not so many left.
    pub(crate) fn grow(&mut self, size: u64) -> bool {
        if size <= self.size {
            return true;
        }
        let missing = size - self.size;
        let step = missing.next_multiple_of(Self::STEP);
        let (used, most) = self.counter();
        let taken = take(used, step, most);
        self.size += if taken { step } else { 0 };
        taken
    }

    /// Gives back all but `size` bytes.
    pub(crate) fn shrink(&mut self, size: u64) {
        let back = self.size.saturating_sub(size);
        self.counter().0.fetch_sub(back, Ordering::Relaxed);
        self.size -= back;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(0);
    }
}
