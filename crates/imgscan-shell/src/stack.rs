//! A stack that hostile scripts cannot overflow.

use std::cell::Cell;
use std::thread;

use imgscan_model::limits;

thread_local! {
    static ROOMY: Cell<bool> = const { Cell::new(false) };
}

/// Runs `inner` on a stack of [`limits::PARSER_STACK`], which nested calls share. Where no such thread can be made,
/// `inner` runs where it is. There always is a result.
pub(crate) fn with_room<T: Send>(inner: impl FnOnce() -> T + Send) -> Option<T> {
    if ROOMY.get() {
        return Some(inner());
    }
    let mut task = Some(inner);
    let spawned = thread::scope(|scope| {
        let task = &mut task;
        let run = move || {
            ROOMY.set(true);
            task.take().map(|task| task())
        };
        let handle = thread::Builder::new().stack_size(limits::PARSER_STACK).spawn_scoped(scope, run);
        handle.ok().and_then(|handle| match handle.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    });
    spawned.or_else(|| task.take().map(|task| task()))
}
