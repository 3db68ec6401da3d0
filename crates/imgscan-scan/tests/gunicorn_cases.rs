//! The answers of real gunicorn, asked of whole images: each case becomes an image with that gunicorn installed, goes
//! through source, layers, launch and dialect, and must come back without a wrong value.
//!
//! Two versions of each case run in the ordinary tests, all of them with `IMGSCAN_TRUTH=1`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

use std::path::{Path, PathBuf};

use imgscan_model::{Data, ImageReport, Overrides, Server, StartStatus, Value};
use imgscan_scan::{ScanOptions, scan};
use imgscan_source::{Options, PlatformChoice, Reference, Sources};
use imgscan_testkit::layout;
use imgscan_testkit::recipe::{self, Compression, Entry, EntryKind, LayerSpec};
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// An image of the case with gunicorn `version`, scanned.
fn scanned(case: &Json, version: &str, dir: &Path) -> ImageReport {
    let base = format!("USE bases/python-3.11 VERSION={version}\nCOPY . /\n");
    let mut spec = recipe::parse(&root().join("testdata/images/case.recipe"), &base).unwrap();
    spec.layers.push(LayerSpec { entries: entries(case), compression: Compression::None });
    spec.history.last_mut().unwrap().as_object_mut().unwrap().shift_remove("empty_layer");
    let path = "PATH=/usr/local/bin:/usr/bin:/bin";
    let env = case["env"].as_object().unwrap().iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap()));
    let mut env: Vec<String> = env.collect();
    if !env.iter().any(|e| e.starts_with("PATH=")) {
        env.insert(0, path.to_owned());
    }
    spec.config.insert("Env".into(), env.into());
    spec.config.insert("Cmd".into(), case["argv"].clone());
    spec.config.insert("WorkingDir".into(), case["workdir"].clone());
    if let Some(user) = case["user"].as_str() {
        spec.config.insert("User".into(), user.into());
    }
    layout::write(dir, "latest", &[layout::build(&spec).unwrap()]).unwrap();
    let reference = Reference::parse(&format!("oci:{}", dir.display())).unwrap();
    let choice = PlatformChoice::parse("linux/amd64").unwrap();
    let image = Sources::new(Options::default()).open(&reference, &choice).unwrap().remove(0);
    let cpus = Some(case["cpus"].as_u64().unwrap_or(4) as u32);
    let overrides = Overrides { cpus, ..Overrides::default() };
    let options = ScanOptions { overrides, ..ScanOptions::default() };
    scan(&image, &options).unwrap()
}

fn entries(case: &Json) -> Vec<Entry> {
    let entry = |path: &str, kind, mode| Entry {
        path: path.trim_start_matches('/').into(),
        kind,
        mode,
        uid: 0,
        gid: 0,
    };
    let mut entries = vec![entry(case["workdir"].as_str().unwrap(), EntryKind::Dir, 0o755)];
    for (path, text) in case["files"].as_object().into_iter().flatten() {
        entries.push(entry(path, EntryKind::File(text.as_str().unwrap().into()), 0o644));
    }
    for (path, target) in case["symlinks"].as_object().into_iter().flatten() {
        entries.push(entry(path, EntryKind::Symlink(target.as_str().unwrap().into()), 0o777));
    }
    for dir in case["dirs"].as_array().into_iter().flatten() {
        entries.push(entry(dir.as_str().unwrap(), EntryKind::Dir, 0o755));
    }
    // The base has no entry at the root itself.
    entries.retain(|e| !e.path.is_empty());
    entries
}

/// Whether a known value is what real gunicorn had; an object counts when both are objects.
fn same(ours: &Data, real: &Json) -> bool {
    match (ours, real) {
        (Data::Object { .. }, Json::Object(real)) => real.contains_key("__repr__"),
        (Data::None, Json::Null) => true,
        (Data::Bool(a), Json::Bool(b)) => a == b,
        (Data::Int(a), Json::Number(b)) => b.as_i64() == Some(*a),
        (Data::Float(a), Json::Number(b)) => b.as_f64() == Some(*a),
        (Data::Str(a), Json::String(b)) => a == b,
        (Data::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Data::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|real| same(v, real)))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Tally {
    exact: usize,
    open: Vec<String>,
    wrong: Vec<String>,
}

fn judge(case: &Json, server: &Server, at: &str, tally: &mut Tally) {
    let status = server.start.status;
    let error = case["expect_error"].as_str();
    let expected = match (error, case["expect_exit"].as_i64()) {
        (Some(_), Some(0)) => StartStatus::Exits,
        (Some(_), _) => StartStatus::Fails,
        // The answers were taken before gunicorn sets up its listeners and checks: what fails or ends there is not in
        // them.
        (None, _) => status,
    };
    match status {
        s if s == expected => tally.exact += 1,
        StartStatus::Unknown => tally.open.push(format!("{at}: start {:?}", server.start.message)),
        s => tally
            .wrong
            .push(format!("{at}: start is {s:?}, not {expected:?} ({error:?}): {:?}", server.start.message)),
    }
    for (name, real) in case["expect"].as_object().into_iter().flatten() {
        let Some(setting) = server.settings.get(name) else {
            if error.is_none() {
                tally.wrong.push(format!("{at}: no setting `{name}`"));
            }
            continue;
        };
        match setting.value() {
            Value::Known(data) if same(data, real) => tally.exact += 1,
            Value::Unset if real.is_null() => tally.exact += 1,
            Value::Known(_) | Value::Unset => {
                tally.wrong.push(format!("{at}: `{name}` is {}, real gunicorn has {real}", setting.value()));
            }
            other => tally.open.push(format!("{at}: `{name}` is {other}, real gunicorn has {real}")),
        }
    }
}

#[test]
fn whole_images_agree_with_real_gunicorn() {
    let text = std::fs::read_to_string(root().join("testdata/gunicorn/cases.jsonl")).unwrap();
    let all = std::env::var_os("IMGSCAN_TRUTH").is_some();
    let temp = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    let mut runs = 0;
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let case: Json = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let versions: Vec<&str> =
            case["versions"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let last = versions.len() - 1;
        for (i, version) in versions.iter().enumerate().filter(|(i, _)| all || *i == 0 || *i == last) {
            let report = scanned(&case, version, &temp.path().join(format!("{id}-{i}")));
            let at = format!("{id} {version}");
            runs += 1;
            match report.servers.first().filter(|s| s.name == "gunicorn") {
                Some(server) => judge(&case, server, &at, &mut tally),
                None => tally.open.push(format!("{at}: no gunicorn is found: {:?}", report.problems)),
            }
        }
    }
    println!("{runs} images, {} answers exact, {} open", tally.exact, tally.open.len());
    tally.open.iter().for_each(|line| println!("open: {line}"));
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
}
