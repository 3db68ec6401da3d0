//! What a container starts: image config, options and files in, processes out.
//!
//! [`launch`] merges ENTRYPOINT, CMD, ENV, WORKDIR and USER with what options and deployment files say, as a container
//! runtime would, and follows the command through shells, scripts, wrappers and supervisors to the programs that stay.
//! Nothing of the image is run.

mod call;
mod container;
mod follow;
mod found;
mod getopt;
mod glob;
mod lookup;
mod options;
mod passwd;
mod python;
mod servers;
mod shebang;
mod shell;
mod supervisors;
mod wrappers;

use std::sync::Arc;

use imgscan_model::{Env, FileView, ImageConfig, Overrides, Problem, Process, Text};

pub use options::{OptionError, RunOptions};

/// What a container starts.
pub struct Launched {
    /// The programs that the container keeps running, in the order in which they start.
    pub processes: Vec<Process>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
    /// The words that the runtime would execute as PID 1, before anything is followed.
    pub argv: Vec<Text>,
    /// The environment that PID 1 gets.
    pub env: Env,
    /// The working directory of PID 1.
    pub cwd: Text,
    /// The user of PID 1, as written (`""` is root).
    pub user: Text,
    /// Environment variables that start scripts, wrappers and supervisors ask for, set or not, each once.
    pub reads_env: Vec<String>,
}

/// Follows the image's command to the programs that the container keeps running.
///
/// Never fails on content: what cannot be followed is a process of an unknown program, with a problem.
pub fn launch(config: &ImageConfig, files: Arc<dyn FileView>, overrides: &Overrides) -> Launched {
    let start = container::Container::of(config, &*files, overrides);
    follow::run(start, files, overrides.cpus)
}
