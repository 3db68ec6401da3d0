//! Random layer stacks against what the kernel's overlay file system showed of them (`testdata/overlay.py`).
//!
//! `IMGSCAN_OVERLAY_STACKS=FILE` takes more of them from a file that the script wrote.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::io::Read;

use imgscan_layers::MergedView;
use imgscan_model::{FileView, NodeKind};
use serde_json::Value;
use support::{Tar, view};

fn stacks() -> String {
    if let Ok(path) = std::env::var("IMGSCAN_OVERLAY_STACKS") {
        return std::fs::read_to_string(path).unwrap();
    }
    let packed =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/overlay-stacks.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    text
}

fn tar(ops: &Value) -> Tar {
    ops.as_array().unwrap().iter().fold(Tar::new(), |tar, op| {
        let [kind, path, argument] = [0, 1, 2].map(|i| op[i].as_str().unwrap());
        let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
        match kind {
            "file" => tar.file(path, argument),
            "dir" => tar.dir(path),
            "symlink" => tar.symlink(path, argument),
            "hardlink" => tar.hard_link(path, argument),
            "whiteout" => tar.file(&format!("{dir}/.wh.{name}"), ""),
            "opaque" => tar.file(&format!("{path}/.wh..wh..opq"), ""),
            other => panic!("{other}"),
        }
    })
}

fn tree(view: &MergedView) -> BTreeMap<String, [String; 2]> {
    let mut tree = BTreeMap::new();
    view.for_each(&mut |node| {
        assert_eq!(view.entry(&node.path).as_ref(), Some(node));
        let [kind, value] = match &node.kind {
            NodeKind::File => ["file", view.content(&node.path).unwrap().raw()].map(str::to_owned),
            NodeKind::Dir => ["dir", ""].map(str::to_owned),
            NodeKind::Symlink(target) => ["symlink", target].map(str::to_owned),
            NodeKind::Special => panic!("{}", node.path),
        };
        tree.insert(node.path.to_string(), [kind, value]);
    });
    tree
}

#[test]
fn stacks_show_what_the_kernel_shows() {
    let stacks = stacks();
    assert!(stacks.lines().count() >= 400);
    for (number, line) in stacks.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let layers: Vec<Tar> = case["layers"].as_array().unwrap().iter().map(tar).collect();
        let expected: BTreeMap<String, [String; 2]> = serde_json::from_value(case["tree"].clone()).unwrap();
        assert_eq!(tree(&view(&layers)), expected, "stack {number}: {:#}", case["layers"]);
    }
}
