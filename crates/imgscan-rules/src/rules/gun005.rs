use imgscan_model::{Data, Finding, Server, Source};

use crate::Facts;
use crate::draft::{gunicorns, refuses};

rule! {
    /// ## What it finds
    ///
    /// `worker_class` is written as `sync`, and `threads` is more than one: gunicorn uses `gthread`.
    ///
    /// ## Why it matters
    ///
    /// The two behave differently: with `sync`, `timeout` bounds a request; with `gthread` it is a heartbeat, and
    /// `keepalive` begins to count. What is written is not what runs.
    ///
    /// ## Example
    ///
    /// ```python
    /// worker_class = "sync"
    /// threads = 4
    /// ```
    ///
    /// ## How to fix
    ///
    /// Say `worker_class = "gthread"`, or `threads = 1`.
    ///
    /// ## References
    ///
    /// - gunicorn/config.py, property `worker_class`
    /// - [gunicorn: `threads`](https://docs.gunicorn.org/en/stable/settings.html#threads)
    WorkerClassPromoted = "GUN005", "worker-class-promoted", Info, "Effective worker class is not the one that is written"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    gunicorns(facts).filter(|s| !refuses(s)).filter_map(finding).collect()
}

fn finding(server: &Server) -> Option<Finding> {
    let class = server.settings.get("worker_class")?.winner();
    let threads = server.settings.get("threads")?;
    let written = class.value.known().and_then(Data::as_str)?;
    let count = threads.value().known().and_then(Data::as_int)?;
    let is_sync = written == "sync" || written.ends_with("SyncWorker");
    if class.source == Source::Default || !is_sync || count < 2 {
        return None;
    }
    let draft = WorkerClassPromoted::META
        .finds(format!(
            "`worker_class` is written as `{written}`, but with {count} threads gunicorn uses `gthread`"
        ))
        .about(server)
        .setting("worker_class")
        .at(class.origin(), "not what runs")
        .see(threads.winner().origin(), "this makes it `gthread`")
        .help("write what runs: worker_class = \"gthread\"");
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, file};

    #[test]
    fn sync_with_threads_speaks() {
        let image = Image::gunicorn().set("worker_class", file("sync", 1), vec![default("sync")]).set(
            "threads",
            file(4, 2),
            vec![default(1)],
        );
        assert_eq!(
            image.says(&WorkerClassPromoted),
            ["`worker_class` is written as `sync`, but with 4 threads gunicorn uses `gthread`"]
        );
    }

    #[test]
    fn one_thread_another_class_and_a_class_that_nobody_writes_stay_silent() {
        for (class, threads) in [
            (file("sync", 1), file(1, 2)),
            (file("gevent", 1), file(4, 2)),
            (file("egg:gunicorn#sync", 1), file(4, 2)),
            (default("sync"), file(4, 2)),
        ] {
            let image = Image::gunicorn().set("worker_class", class, vec![]).set("threads", threads, vec![]);
            assert_eq!(image.says(&WorkerClassPromoted), [] as [&str; 0]);
        }
    }
}
