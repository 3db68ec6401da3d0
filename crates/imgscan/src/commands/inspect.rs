//! What people used other tools for: the config blob, the manifest, history, files.

use std::sync::Arc;

use imgscan_layers::{LayerError, read_config};
use imgscan_model::{FileError, ImageConfig, Node, Overrides, path};
use imgscan_report::text::{self, views};
use imgscan_scan::{Files, ScanError, read};
use imgscan_source::Image;

use super::merged;
use super::scan::unprintable;
use crate::cli::{CatArgs, InspectArgs, LsArgs};
use crate::exit::{Exit, Failure};
use crate::inputs::Access;
use crate::output;
use crate::progress::Watch;

/// Prints the config blob.
pub(super) fn config(args: &InspectArgs) -> Result<Exit, Failure> {
    let image = open(args)?;
    let config = config_of(args, &image)?;
    let text = views::document(&image.config, &config).map_err(unprintable)?;
    output::print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// Prints the manifest, byte for byte.
pub(super) fn manifest(args: &InspectArgs) -> Result<Exit, Failure> {
    let image = open(args)?;
    let Some(manifest) = &image.manifest else {
        return Err(Failure {
            exit: Exit::Unavailable,
            message: format!("{}: this source has no manifest", args.image),
            help: None,
        });
    };
    output::print(manifest)?;
    Ok(Exit::Done)
}

/// Prints the instructions that made the image.
pub(super) fn history(args: &InspectArgs) -> Result<Exit, Failure> {
    let image = open(args)?;
    let config = config_of(args, &image)?;
    let layers = imgscan_scan::describe(&image, &config);
    output::print(views::history(&config, &layers, shown(args)).as_bytes())?;
    Ok(Exit::Done)
}

/// Lists files.
pub(super) fn ls(args: &LsArgs) -> Result<Exit, Failure> {
    let files = files(&args.inspect)?;
    let view = files.view();
    let top = path::join("/", &args.path);
    let start = view.lookup(&top).map_err(|e| no_file(&args.inspect.image, &top, &e))?;
    let below = if &*start.path == "/" { "/".to_owned() } else { format!("{}/", start.path) };
    let mut nodes: Vec<Node> = Vec::new();
    view.for_each(&mut |node| {
        if node.path == start.path || node.path.starts_with(&below) {
            nodes.push(node.clone());
        }
    });
    output::print(views::ls(&nodes, shown(&args.inspect)).as_bytes())?;
    Ok(Exit::Done)
}

/// Prints a file, or the configuration of a server.
pub(super) fn cat(args: &CatArgs) -> Result<Exit, Failure> {
    let path = match (&args.effective, &args.path) {
        (Some(server), _) => return merged::run(args, server),
        (None, path) => path.as_deref().unwrap_or("/"),
    };
    let watch = Watch::new();
    let access = Access::new(&args.inspect.access, watch.hook())?;
    let name = &args.inspect.image;
    let image = access.open_one(name)?;
    let asked = path::join("/", path);
    let files = imgscan_scan::open(&image, &access.scan_options(Overrides::default()));
    let files = files.map_err(|e| unscanned(name, &e))?;
    // Layers are read from the top, and no further than the file.
    let node = files.ask(|files| {
        Ok(match args.layer {
            Some(layer) => version(files, &asked, layer),
            None => files.view().resolve(&asked),
        })
    });
    watch.clear();
    let node = node.map_err(|e| unscanned(name, &e))?.map_err(|e| no_file(name, &asked, &e))?;
    if !node.is_file() {
        let error = if node.is_dir() { FileError::IsADirectory } else { FileError::NotAFile };
        return Err(no_file(name, &asked, &error));
    }
    match files.copy(&node, &mut output::Pipe) {
        Err(ScanError::Layer { error: LayerError::Write(error), .. }) => output::written(Err(error)),
        other => other.map_err(|e| unscanned(name, &e)),
    }?;
    Ok(Exit::Done)
}

/// The version of a path that one layer wrote.
fn version(files: &Files, path: &str, layer: u32) -> Result<Node, FileError> {
    let versions = files.view().versions(path);
    versions.into_iter().find(|v| v.layer == layer).and_then(|v| v.node).ok_or(FileError::NotFound)
}

fn open(args: &InspectArgs) -> Result<Image, Failure> {
    let watch = Watch::new();
    Access::new(&args.access, watch.hook())?.open_one(&args.image)
}

fn files(args: &InspectArgs) -> Result<Files, Failure> {
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let image = access.open_one(&args.image)?;
    let options = access.scan_options(Overrides::default());
    let files = read(&image, &options).map_err(|e| unscanned(&args.image, &e))?;
    watch.clear();
    Ok(files)
}

fn config_of(args: &InspectArgs, image: &Image) -> Result<ImageConfig, Failure> {
    let digest = image.config_digest.as_ref().map(ToString::to_string);
    let read = read_config(&image.config, digest.as_deref());
    read.map(|(config, _)| config).map_err(|e| unscanned(&args.image, &ScanError::from(e)))
}

fn shown(args: &InspectArgs) -> text::Options {
    text::Options { width: output::width(), colour: output::coloured(args.color) }
}

fn no_file(image: &str, path: &str, error: &FileError) -> Failure {
    let path: Arc<str> = imgscan_report::escape::line(path).into();
    Failure { exit: Exit::Unavailable, message: format!("{image}: `{path}`: {error}"), help: None }
}

/// A scan's error as a failure of the whole command.
pub(super) fn unscanned(image: &str, error: &ScanError) -> Failure {
    Failure {
        exit: error.kind().map_or(Exit::Bug, Exit::of),
        message: format!("{image}: {error}"),
        help: error.help().map(str::to_owned),
    }
}
