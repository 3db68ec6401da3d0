//! Fetches an image and reads every layer to its end: `cargo run --example fetch -- REFERENCE [PLATFORM]`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use imgscan_source::{Event, Options, PlatformChoice, Progress, Reference, SourceError, Sources};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let help = error.help.as_deref().map(|h| format!("\nhelp: {h}")).unwrap_or_default();
            let _ = writeln!(io::stderr(), "{error} ({:?}){help}", error.kind);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), SourceError> {
    let usage =
        |e: &dyn std::fmt::Display| SourceError::new(imgscan_source::ErrorKind::Unsupported, e.to_string());
    let mut words = std::env::args().skip(1);
    let reference = Reference::parse(&words.next().unwrap_or_default()).map_err(|e| usage(&e))?;
    let choice = words.next().map_or(Ok(PlatformChoice::Default), |p| PlatformChoice::parse(&p));
    let requests = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&requests);
    let progress = Progress::new(move |event| match event {
        Event::Request { .. } => {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Event::Retry { reason, wait } => {
            let _ = writeln!(io::stderr(), "again in {wait:?}: {reason}");
        }
        _ => {}
    });
    let started = Instant::now();
    let images = Sources::new(Options { progress, ..Options::default() })
        .open(&reference, &choice.map_err(|e| usage(&e))?)?;
    let mut total = 0;
    for image in &images {
        let layers = image.layers().len();
        let digest = image.digest.as_ref().map_or_else(|| "no digest".to_owned(), ToString::to_string);
        let _ = writeln!(io::stdout(), "{:?} {} {digest} {layers} layers", image.source, image.platform);
        for problem in &image.problems {
            let _ = writeln!(io::stdout(), "  {}", problem.message);
        }
        if let imgscan_source::Content::Layers(layers) = &image.content {
            for index in 0..layers.len() {
                let mut reader = layers.open(index)?;
                total += io::copy(&mut reader, &mut io::sink())
                    .map_err(|e| SourceError::find(&e).cloned().unwrap_or_else(|| usage(&e)))?;
            }
        }
    }
    let (requests, time) = (requests.load(Ordering::Relaxed), started.elapsed());
    let _ = writeln!(io::stdout(), "{total} bytes of layers, {requests} requests, {time:?}");
    Ok(())
}
