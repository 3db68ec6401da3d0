//! What a server makes of its process: the answer of a dialect.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Problem;
use crate::origin::Origin;
use crate::process::Process;
use crate::setting::Setting;

/// Whether the real server would accept this configuration and take up its listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartStatus {
    /// It would.
    Ok,
    /// It would refuse.
    Fails,
    /// It does something else and ends (`--version`, `--check-config`).
    Exits,
    /// That hangs on something not known.
    Unknown,
}

/// Whether and why (not) the server starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The answer.
    pub status: StartStatus,
    /// The server's own complaint, or why it is not known.
    pub message: Option<String>,
    /// Where the cause stands.
    pub origin: Option<Origin>,
}

impl Start {
    /// It starts.
    pub fn ok() -> Self {
        Start { status: StartStatus::Ok, message: None, origin: None }
    }

    /// It refuses, with its own words.
    pub fn fails(message: impl Into<String>, origin: Option<Origin>) -> Self {
        Start { status: StartStatus::Fails, message: Some(message.into()), origin }
    }

    /// It prints something and ends.
    pub fn exits(message: impl Into<String>, origin: Option<Origin>) -> Self {
        Start { status: StartStatus::Exits, message: Some(message.into()), origin }
    }

    /// It cannot be told.
    pub fn unknown(message: impl Into<String>, origin: Option<Origin>) -> Self {
        Start { status: StartStatus::Unknown, message: Some(message.into()), origin }
    }
}

/// What became of a config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigFileStatus {
    /// The process reads it.
    Loaded,
    /// It is in the image and nothing reads it.
    NotLoaded,
    /// Something names it and it is not there.
    Missing,
    /// A mount hides it.
    Shadowed,
}

/// A config file of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigFile {
    /// Absolute, links resolved.
    pub path: Arc<str>,
    /// The word that named it; `None` where nothing did.
    pub asked: Option<String>,
    /// What became of it.
    pub status: ConfigFileStatus,
    /// Why, in words.
    pub reason: Option<String>,
    /// The file itself, or the word that names a missing one.
    pub origin: Option<Origin>,
    /// Whether the start writes it.
    pub generated: bool,
}

/// Where a scope listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// `address:port` or `unix:path`, defaults filled in.
    pub address: String,
    /// Where it stands.
    pub origin: Origin,
}

/// The location a scope is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// `""`, `=`, `^~`, `~`, `~*` or `@`.
    pub modifier: String,
    /// The prefix, pattern or name.
    pub pattern: String,
}

/// A part of a server's configuration with settings of its own: an nginx server or location.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Unique in the process, e.g. `http/server:0/location:2`.
    pub id: String,
    /// For people: `["http", "server example.com", "location /upload"]`.
    pub path: Vec<String>,
    /// Addresses, for servers and what is inside them.
    pub listen: Vec<Listen>,
    /// Server names, for servers and what is inside them.
    pub server_names: Vec<String>,
    /// The location, for locations.
    pub location: Option<Location>,
    /// Where the block opens.
    pub origin: Origin,
    /// What is set in it or inherited into it.
    pub settings: BTreeMap<String, Setting>,
}

/// A process with its configuration, as one server dialect reads it.
#[derive(Clone)]
pub struct Server {
    /// Unique in a report, e.g. `gunicorn`, `gunicorn-2`.
    pub id: String,
    /// The server's name: `gunicorn`, `nginx`, …; `unknown` where no dialect claims the process.
    pub name: String,
    /// Its version, from the image.
    pub version: Option<String>,
    /// Where the version was read.
    pub version_origin: Option<Origin>,
    /// The process.
    pub process: Process,
    /// Would it start?
    pub start: Start,
    /// Config files, loaded ones first.
    pub config_files: Vec<ConfigFile>,
    /// Settings of the process as a whole, by name.
    pub settings: BTreeMap<String, Setting>,
    /// Parts with settings of their own.
    pub scopes: Vec<Scope>,
    /// Names in config files that the server does not know, with their places.
    pub ignored_names: Vec<(String, Origin)>,
    /// Environment variables that this server (or its config files) reads, set or not.
    pub reads_env: Vec<String>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
}
