//! A progress line on a terminal's standard error; nothing anywhere else.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imgscan_source::{Event, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What a run has fetched, counted as it happens.
#[derive(Default)]
pub(crate) struct Counters {
    /// Requests sent.
    pub(crate) requests: AtomicU64,
    /// Bytes of blobs received.
    pub(crate) bytes: AtomicU64,
}

/// Counts, and draws where somebody watches.
pub(crate) struct Watch {
    counters: Arc<Counters>,
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Watch {
    /// A watch that draws on standard error when that is a terminal. Nothing is drawn for what takes no time.
    pub(crate) fn new() -> Self {
        Watch { counters: Arc::default(), bar: Arc::default() }
    }

    /// The hook for the sources.
    pub(crate) fn hook(&self) -> Progress {
        let counters = Arc::clone(&self.counters);
        let bar = std::io::stderr().is_terminal().then(|| Arc::clone(&self.bar));
        Progress::new(move |event| {
            match &event {
                Event::Request { .. } => drop(counters.requests.fetch_add(1, Ordering::Relaxed)),
                Event::BlobBytes { bytes, .. } => drop(counters.bytes.fetch_add(*bytes, Ordering::Relaxed)),
                _ => {}
            }
            if let Some(bar) = &bar {
                let mut bar = bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                draw(bar.get_or_insert_with(new_bar), &event);
            }
        })
    }

    /// Requests sent and bytes received so far.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.counters.requests.load(Ordering::Relaxed), self.counters.bytes.load(Ordering::Relaxed))
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {bytes} of {total_bytes}  {bytes_per_sec}  {wide_msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn draw(bar: &ProgressBar, event: &Event) {
    match event {
        Event::Request { .. } => {}
        Event::BlobStarted { size, .. } => bar.inc_length(*size),
        Event::BlobBytes { bytes, .. } => bar.inc(*bytes),
        Event::Retry { reason, wait } => bar.set_message(format!("{reason}; again in {} s", wait.as_secs())),
    }
}
