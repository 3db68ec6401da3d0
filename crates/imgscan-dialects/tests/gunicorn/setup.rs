//! Processes made by hand.

use std::sync::Arc;

use imgscan_dialects::{Dialect, gunicorn::Gunicorn};
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{
    Confidence, Env, EnvSource, FileView, ImageEnv, Origin, Pid1, Pid1Role, Process, Program, Server, Text,
};

/// Where the packages stand.
pub(crate) const PACKAGES: &str = "/usr/local/lib/python3.11/site-packages";

/// A root with the users of a Debian image and a gunicorn that says its version.
pub(crate) fn root(version: &str) -> MemoryFiles {
    let info = version.replace('.', ", ");
    MemoryFiles::new()
        .file(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n",
        )
        .file("/etc/group", "root:x:0:\nwww-data:x:33:\n")
        .file(&format!("{PACKAGES}/gunicorn/__init__.py"), &format!("version_info = ({info})\n"))
        .dir("/root")
        .dir("/run")
        .dir("/tmp")
        .dir("/var/log")
}

/// The same with the parts of the package that show that all packages are to be seen.
pub(crate) fn installed(version: &str) -> MemoryFiles {
    let parts =
        ["arbiter.py", "glogging.py", "instrument/statsd.py", "workers/sync.py", "workers/gthread.py"];
    parts.iter().fold(root(version), |files, part| files.file(&format!("{PACKAGES}/gunicorn/{part}"), ""))
}

/// A process to be.
pub(crate) struct Start<'a> {
    pub argv: &'a [String],
    pub env: &'a [(String, String)],
    pub cwd: &'a str,
    pub user: &'a str,
    pub cpus: u32,
}

/// The process.
pub(crate) fn process(start: &Start<'_>, files: MemoryFiles) -> Process {
    let is_module = start.argv.first().is_some_and(|word| word.starts_with("python"));
    let mut env = Env::default();
    for (name, value) in start.env {
        env.set(name, ImageEnv::new(name, value, None).value, EnvSource::Image);
    }
    let pythonpath = env.value("PYTHONPATH").map(|t| t.raw().to_owned()).unwrap_or_default();
    let mut python_path: Vec<Arc<str>> =
        pythonpath.split(':').filter(|p| !p.is_empty()).map(Into::into).collect();
    python_path.push(PACKAGES.into());
    if is_module {
        python_path.insert(0, start.cwd.into());
    }
    let word = |(index, word): (usize, &String)| {
        Text::new(word.as_str(), Origin::ImageCmd { index: index as u32, chars: None, instruction: None })
    };
    let config = |field: &str| Origin::ImageConfig { field: field.into(), instruction: None };
    Process {
        argv: start.argv.iter().enumerate().map(word).collect(),
        program: Program {
            path: Some("/usr/local/bin/gunicorn".into()),
            name: "gunicorn".into(),
            words: if is_module { 3 } else { 1 },
            python_path,
            python_version: Some((3, 11)),
            is_module,
        },
        env,
        cwd: Text::new(start.cwd, config("WorkingDir")),
        user: Text::new(start.user, config("User")),
        pid1: Pid1 {
            role: Pid1Role::Server,
            program: "gunicorn".into(),
            signals_reach_server: Some(true),
            because: None,
        },
        launched_by: Vec::new(),
        confidence: Confidence::Certain,
        condition: None,
        files: files.shared() as Arc<dyn FileView>,
        cpus: Some(start.cpus),
    }
}

/// What the dialect makes of it.
pub(crate) fn read(start: &Start<'_>, files: MemoryFiles) -> Server {
    Gunicorn.read(&process(start, files)).server
}
