use imgscan_model::{Confidence, Data, Finding, Server, Source, Value};

use crate::Facts;
use crate::command::is_under;
use crate::draft::{gunicorns, refuses, started_at};

rule! {
    /// ## What it finds
    ///
    /// gunicorn's heartbeat files lie on the container's disk, because `worker_tmp_dir` is not set or is not in memory.
    ///
    /// ## Why it matters
    ///
    /// Each worker touches a file, and the master kills workers whose file is too old. On an overlay file system the
    /// touch can block for seconds when the disk is busy; workers that do their work are then killed.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// `--worker-tmp-dir /dev/shm`.
    ///
    /// ## References
    ///
    /// - [gunicorn: how do I avoid Gunicorn excessively blocking](https://docs.gunicorn.org/en/stable/faq.html)
    HeartbeatOnDisk = "GUN006", "heartbeat-on-disk", Low, "gunicorn's heartbeat files are not in memory"
}

/// Directories that are in memory in every container runtime.
const IN_MEMORY: [&str; 2] = ["/dev/shm", "/run/shm"];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    gunicorns(facts).filter(|s| !refuses(s)).filter_map(finding).collect()
}

fn finding(server: &Server) -> Option<Finding> {
    let setting = server.settings.get("worker_tmp_dir")?;
    let timeout = server.settings.get("timeout").map(|t| t.value());
    if matches!(timeout, Some(Value::Known(Data::Int(0)))) {
        // Without a timeout nobody looks at the heartbeat.
        return None;
    }
    let winner = setting.winner();
    let dir = match setting.value() {
        Value::Known(Data::Str(dir)) if !dir.is_empty() => dir.as_str(),
        Value::Known(Data::None | Data::Str(_)) | Value::Unset => match server.process.env.value("TMPDIR") {
            Some(dir) => dir.known()?,
            None => "/tmp",
        },
        _ => return None,
    };
    if IN_MEMORY.iter().any(|memory| is_under(dir, memory)) {
        return None;
    }
    let draft = HeartbeatOnDisk::META
        .finds(format!(
            "the heartbeat files of gunicorn's workers are in `{dir}`, which is on the container's disk"
        ))
        .about(server)
        // A mount may have put it into memory.
        .at_most(Confidence::Likely)
        .setting("worker_tmp_dir")
        .help("put them into memory: --worker-tmp-dir /dev/shm");
    Some(match started_at(server).filter(|_| winner.source == Source::Default) {
        Some(start) => draft.at(&start, "no `--worker-tmp-dir` here").into(),
        None => draft.at(winner.origin(), "not in memory").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, file};

    fn image(dir: imgscan_model::Candidate, timeout: i64) -> Image {
        Image::gunicorn().set("worker_tmp_dir", dir, vec![]).set("timeout", file(timeout, 1), vec![])
    }

    #[test]
    fn a_directory_on_disk_speaks() {
        assert_eq!(
            image(default(Data::None), 30).says(&HeartbeatOnDisk),
            ["the heartbeat files of gunicorn's workers are in `/tmp`, which is on the container's disk"]
        );
        assert_eq!(image(file("/var/tmp", 2), 30).findings(&HeartbeatOnDisk).len(), 1);
    }

    #[test]
    fn memory_and_no_timeout_stay_silent() {
        assert_eq!(image(file("/dev/shm", 2), 30).says(&HeartbeatOnDisk), [] as [&str; 0]);
        assert_eq!(image(file("/dev/shm/g", 2), 30).says(&HeartbeatOnDisk), [] as [&str; 0]);
        assert_eq!(image(default(Data::None), 0).says(&HeartbeatOnDisk), [] as [&str; 0]);
        assert_eq!(
            image(default(Data::None), 30).env("TMPDIR", "/dev/shm").says(&HeartbeatOnDisk),
            [] as [&str; 0]
        );
    }
}
