//! The memory that zstd windows take, shared by all layers that are read at the same time.

use std::sync::{Condvar, Mutex, PoisonError};

use imgscan_model::limits;

/// Sum of the windows in use.
static IN_USE: Mutex<u64> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// A share of [`limits::ZSTD_WINDOWS_BYTES`]. Given back when dropped.
pub(crate) struct Window(u64);

impl Window {
    pub(crate) fn none() -> Self {
        Window(0)
    }

    /// Makes the share at least `size` bytes large, and waits until other layers have given back enough. A share
    /// that is larger than all there is may be had alone.
    pub(crate) fn grow(&mut self, size: u64) {
        if size <= self.0 {
            return;
        }
        self.give_back();
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        while *in_use > 0 && *in_use + size > limits::ZSTD_WINDOWS_BYTES {
            in_use = FREED.wait(in_use).unwrap_or_else(PoisonError::into_inner);
        }
        *in_use += size;
        self.0 = size;
    }

    fn give_back(&mut self) {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        *in_use -= self.0;
        self.0 = 0;
        FREED.notify_all();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.give_back();
    }
}
