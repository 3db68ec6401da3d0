//! nginx (and OpenResty): what every server and location really does, and who set it.
//!
//! The rooms, in the order in which a configuration goes through them: [`options`] and [`installed`] (which program,
//! with which paths), [`lexer`] and [`parser`] (text to tree), [`load`] with its checks (what nginx would say while
//! it reads), then merging (which value holds where) and selection (which server and location take a request).

pub mod address;
pub mod cidr;
pub mod config;
pub mod glob;
pub mod installed;
pub mod lexer;
pub mod load;
pub mod lua;
pub mod merged;
pub mod modules;
pub mod options;
pub mod packages;
pub mod parser;
pub mod paths;
pub mod select;
pub mod sockets;
pub mod table;
pub mod units;
pub mod version;

mod check;
mod config_files;
mod finish;
mod merge;
mod reading;
mod scopes;
mod start;

use imgscan_model::{Process, path};

use crate::{Dialect, Reading};

/// The dialect.
pub struct Nginx;

impl Dialect for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn claims(&self, process: &Process) -> bool {
        let is = |name: &str| matches!(name, "nginx" | "nginx-debug" | "openresty");
        let word = process.argv.first().and_then(|w| w.known()).map_or("", path::name);
        is(&process.program.name) || (process.program.path.is_none() && is(word))
    }

    fn read(&self, process: &Process) -> Reading {
        Reading { server: reading::server(process), starts: Vec::new() }
    }
}
