//! No value of a report hangs on how fast it was made: not on the cache, not on how many images are looked at at once,
//! not on how layers are packed. And what the cache is for: nothing is fetched twice.

#![allow(clippy::unwrap_used, clippy::panic)] // What is not as expected is a fault of the test.

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{names, recipes, stderr, stdout};
use imgscan_testkit::layout::{self, BuiltImage};
use imgscan_testkit::recipe::{self, Compression};
use imgscan_testkit::registry::Registry;
use serde_json::Value;

/// A recipe as an image whose layers are packed like this.
fn built(name: &str, packed: Option<Compression>) -> BuiltImage {
    let mut spec = recipe::load(&recipes().join(format!("{name}.recipe"))).unwrap();
    if let Some(packed) = packed {
        spec.layers.iter_mut().for_each(|layer| layer.compression = packed);
    }
    layout::build(&spec).unwrap()
}

/// Runs imgscan with its cache in a directory.
fn run(cache: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgscan"));
    command.args(args).current_dir(common::workdir()).env_clear().env("HOME", common::workdir());
    command.env("IMGSCAN_CACHE_DIR", cache).output().unwrap()
}

/// The one result of a report.
fn result(output: &Output) -> Value {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)));
    report["results"][0].clone()
}

/// What a report says, without what differs when the same files are packed another way.
fn said(mut report: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for name in ["digest", "size", "media_type", "reference", "image_digest"] {
                    map.remove(name);
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut report);
    report
}

#[test]
fn no_value_hangs_on_cache_concurrency_or_packing() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let packings = [("plain", Compression::None), ("zstd", Compression::Zstd), ("gzip", Compression::Gzip)];
    let reference = |tag: &str, name: &str| format!("{}/{tag}/{name}:1", registry.address());
    let mut all = Vec::new();
    let mut alone = Vec::new();
    for name in names() {
        for (tag, packed) in packings {
            registry.push(&format!("{tag}/{name}"), "1", &[built(&name, Some(packed))]).unwrap();
            all.push(reference(tag, &name));
        }
        let fresh = run(&cache, &["scan", "--format", "json", "--no-cache", &reference("gzip", &name)]);
        alone.push((name, result(&fresh)));
    }
    let together = |options: &[&str]| -> Vec<Value> {
        let mut args = vec!["scan", "--format", "jsonl"];
        args.extend(options);
        args.extend(all.iter().map(String::as_str));
        let lines = stdout(&run(&cache, &args));
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["results"][0].clone()).collect()
    };
    for (state, options) in [("none", &["--no-cache"][..]), ("empty", &[]), ("filled", &[])] {
        let results = together(options);
        assert_eq!(results.len(), all.len());
        for (name, report) in &alone {
            for (tag, _) in packings {
                let of_image = |result: &&Value| result["reference"] == reference(tag, name);
                let result =
                    results.iter().find(of_image).unwrap_or_else(|| panic!("{tag}/{name} is missing"));
                assert_eq!(said(result.clone()), said(report.clone()), "{name}, {tag}, cache {state}");
                if tag == "gzip" {
                    assert_eq!(result, report, "{name}, cache {state}");
                }
            }
        }
    }
}

#[test]
fn an_unchanged_tag_costs_one_request_and_no_blob() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let image = format!("{}/a:1", registry.address());
    registry.push("a", "1", &[built("incident", None)]).unwrap();
    let first = run(dir.path(), &["scan", "--format", "json", &image]);
    let before = registry.seen().len();
    let second = run(dir.path(), &["scan", "--format", "json", &image]);
    assert_eq!(stdout(&first), stdout(&second));
    let seen = registry.seen().split_off(before);
    let asked: Vec<(&str, &str)> = seen.iter().map(|s| (s.method.as_str(), s.target.as_str())).collect();
    assert_eq!(asked, [("HEAD", "/v2/a/manifests/1")]);
    // By digest, nothing needs to be asked at all.
    let digest = result(&first)["digest"].as_str().unwrap().to_owned();
    let pinned = format!("{}/a@{digest}", registry.address());
    run(dir.path(), &["scan", "--format", "json", &pinned]);
    let before = registry.seen().len();
    run(dir.path(), &["scan", "--format", "json", &pinned]);
    assert_eq!(registry.seen().len(), before);
    // Without the cache everything is.
    run(dir.path(), &["scan", "--no-cache", &image]);
    assert!(registry.seen().split_off(before).iter().any(|s| s.target.contains("/blobs/")));
}

#[test]
fn a_tag_that_moved_is_followed_and_only_new_layers_are_fetched() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let image = format!("{}/a:1", registry.address());
    registry.push("a", "1", &[built("incident", None)]).unwrap();
    run(dir.path(), &["scan", "--format", "json", &image]);
    let moved = built("incident-fixed-in-env", None);
    let old = built("incident", None);
    registry.push("a", "1", std::slice::from_ref(&moved)).unwrap();
    let before = registry.seen().len();
    let cached = run(dir.path(), &["scan", "--format", "json", &image]);
    let fetched: Vec<String> = registry.seen().split_off(before).into_iter().map(|s| s.target).collect();
    for layer in &moved.layers {
        let is_new = old.layers.iter().all(|known| known.digest != layer.digest);
        let count = fetched.iter().filter(|target| target.ends_with(&layer.digest)).count();
        assert_eq!(count, usize::from(is_new), "{}", layer.digest);
    }
    assert_eq!(
        stdout(&cached),
        stdout(&run(dir.path(), &["scan", "--format", "json", "--no-cache", &image]))
    );
}

#[test]
fn a_layer_of_many_images_is_fetched_once() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let image = built("incident", None);
    for number in 0..12 {
        registry.push(&format!("team/a{number}"), "1", std::slice::from_ref(&image)).unwrap();
        registry.push(&format!("team/a{number}"), "2", &[built("incident-fixed-in-env", None)]).unwrap();
    }
    let pattern = format!("{}/team/*:*", registry.address());
    let output = run(dir.path(), &["scan", "--format", "jsonl", "--no-cache", "--exit-zero", &pattern]);
    assert_eq!(stdout(&output).lines().count(), 24, "{}", stderr(&output));
    let none = run(dir.path(), &["scan", "--format", "jsonl", &format!("{}/team/b*:*", registry.address())]);
    assert_eq!(none.status.code(), Some(3));
    assert!(stdout(&none).contains("fits the pattern"), "{}", stdout(&none));
    let seen = registry.seen();
    for layer in &image.layers {
        let count = seen.iter().filter(|s| s.target.ends_with(&layer.digest)).count();
        assert_eq!(count, 1, "{}", layer.digest);
    }
}

#[test]
fn one_failure_stops_nothing_and_a_run_is_taken_up_again() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = registry.address();
    registry.push("a", "1", &[built("incident", None)]).unwrap();
    registry.push("b", "1", &[built("incident", None)]).unwrap();
    let list = dir.path().join("images.txt");
    std::fs::write(&list, format!("# ours\n{at}/a:1\n{at}/gone:1\n\n{at}/b:1\n")).unwrap();
    let (list, lines) = (list.to_str().unwrap().to_owned(), dir.path().join("out.jsonl"));
    let args = ["scan", "--format", "jsonl", "--from-file", &list, "--resume", lines.to_str().unwrap()];
    let first = run(dir.path(), &args);
    assert_eq!(first.status.code(), Some(3));
    let text = stdout(&first);
    assert_eq!(text.lines().count(), 3);
    assert_eq!(text.lines().filter(|line| line.contains("\"not-found\"")).count(), 1);
    // The run ends in the middle of a line: what was whole is not done again.
    let whole = text.lines().find(|line| line.contains("/a:1")).unwrap();
    std::fs::write(&lines, format!("{whole}\n{{\"results\": [{{\"refer")).unwrap();
    let second = stdout(&run(dir.path(), &args));
    assert!(second.starts_with('\n'), "the broken line is ended first");
    assert_eq!(second.lines().filter(|line| !line.is_empty()).count(), 2);
    assert!(!second.contains("/a:1"));
}

#[test]
fn a_cache_that_is_damaged_or_gone_is_only_slower() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let image = format!("{}/a:1", registry.address());
    registry.push("a", "1", &[built("incident", None)]).unwrap();
    let first = stdout(&run(&cache, &["scan", "--format", "json", &image]));
    let mut pending = vec![cache.clone()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            if entry.path().is_dir() {
                pending.push(entry.path());
            } else {
                let mut bytes = std::fs::read(entry.path()).unwrap();
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                std::fs::write(entry.path(), bytes).unwrap();
            }
        }
    }
    assert_eq!(stdout(&run(&cache, &["scan", "--format", "json", &image])), first);
    let stats = stdout(&run(&cache, &["cache", "stats"]));
    assert!(stats.contains("layers") && !stats.contains("  all        0 entries"), "{stats}");
    assert!(stdout(&run(&cache, &["cache", "clear"])).contains("gone from"));
    assert!(stdout(&run(&cache, &["cache", "stats"])).contains("  all        0 entries"));
    assert_eq!(stdout(&run(&cache, &["scan", "--format", "json", &image])), first);
}

#[test]
fn a_file_is_looked_for_from_the_top_and_no_further() {
    let registry = Registry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let image = built("incident", None);
    registry.push("a", "1", std::slice::from_ref(&image)).unwrap();
    let at = format!("{}/a:1", registry.address());
    let printed = stdout(&run(dir.path(), &["cat", "--no-cache", &at, "/app/app.py"]));
    assert!(printed.contains("def application"), "{printed}");
    let seen = registry.seen();
    let fetched = |digest: &str| seen.iter().filter(|s| s.target.ends_with(digest)).count();
    let base = &image.layers[0].digest;
    assert_eq!(fetched(base), 0, "the base does not matter");
    assert!(image.layers.iter().any(|layer| fetched(&layer.digest) == 1));
}
