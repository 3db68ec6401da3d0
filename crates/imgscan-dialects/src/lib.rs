//! Server dialects: what a server makes of the words, the environment and the files it is started with.
//!
//! Each dialect is a folder with the same files (`mod.rs` claims a process, `settings.rs` is the table, `file.rs`
//! the config language, `args.rs` the command line, `env.rs` the environment) and one line in [`registry`].

pub mod gunicorn;
pub mod nginx;
pub mod registry;
pub mod resolve;

use imgscan_model::{Process, Server};

/// How one kind of server reads its configuration.
pub trait Dialect: Sync {
    /// The server's name in reports, e.g. `gunicorn`.
    fn name(&self) -> &'static str;

    /// Whether the process runs this server.
    fn claims(&self, process: &Process) -> bool;

    /// The server's configuration. Never fails on content: what cannot be read is unknown, with a problem.
    fn read(&self, process: &Process) -> Reading;
}

/// The answer of a dialect.
pub struct Reading {
    /// The server. Its `id` is its name; the scan makes it unique.
    pub server: Server,
    /// Processes that this server starts in turn (Airflow starts gunicorn).
    pub starts: Vec<Process>,
}
