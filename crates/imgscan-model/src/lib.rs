//! The nouns of imgscan: where a value was written ([`Origin`]), text that remembers it ([`Text`]), what a server
//! ends up with ([`Value`], [`Candidate`], [`Setting`]), what the container starts ([`Process`]), what that server
//! answers ([`Server`]) and what we say about it ([`Finding`]).
//!
//! This crate does no input or output and knows no format. Everything else in imgscan speaks in these types.

pub mod differences;
pub mod env;
pub mod files;
pub mod finding;
pub mod image;
pub mod judgement;
pub mod limits;
pub mod merged;
pub mod nearest;
pub mod origin;
pub mod path;
pub mod process;
pub mod report;
pub mod secret;
pub mod server;
pub mod setting;
pub mod start_files;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod value;

pub use differences::{Change, Differences, Side};
pub use env::{Env, EnvSource, EnvVar};
pub use files::{FileError, FileView, Magic, Node, NodeKind, Version};
pub use finding::{Confidence, Finding, Label, Role, Severity};
pub use image::{History, ImageConfig, ImageEnv, Instruction, Layer, Platform};
pub use judgement::{JudgedCase, Judgement, Verdict};
pub use merged::{MergedConfig, MergedLine};
pub use nearest::nearest;
pub use origin::{Origin, Place, Span};
pub use process::{LaunchStep, Launcher, Overrides, Pid1, Pid1Role, Process, Program};
pub use report::{
    Excerpts, Explanation, ImageReport, InputError, InputErrorKind, LayerRead, Mount, Overlay, OverlayKind,
    Report, ReportedFinding, ScopeRef, SourceKind, Stats, Suppression,
};
pub use server::{ConfigFile, ConfigFileStatus, Listen, Location, Scope, Server, Start, StartStatus};
pub use setting::{Candidate, EnvRead, Setting, Source, Status};
pub use start_files::StartFiles;
pub use text::{Opaque, Shape, Text};
pub use value::{Data, Need, Value};

/// Something that could not be read or followed. It lowers certainty and is never dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// One sentence, lower case, literals in back-ticks.
    pub message: String,
    /// Where it is, when it has a place.
    pub origin: Option<Origin>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(origin: Origin, message: impl Into<String>) -> Self {
        Problem { message: message.into(), origin: Some(origin) }
    }

    /// A problem of the image as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), origin: None }
    }
}
