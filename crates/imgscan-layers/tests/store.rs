//! An index that was written is read back as it was; anything else is refused.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::ErrorKind;
use std::sync::Arc;

use imgscan_layers::{Keep, LayerIndex, MergedView};
use imgscan_model::{FileView, Node};
use support::{Tar, index};

fn sample() -> LayerIndex {
    let tar = Tar::new()
        .file("etc/nginx/nginx.conf", "events {}")
        .raw_name(b"etc/bad.conf", "a")
        .entry(b'0', b"etc/binary.conf", "", b"\xff\xfe")
        .mode(0o755)
        .owner(1000, 2000)
        .file("usr/bin/run", "#!/bin/sh -e\nexec x")
        .symlink("app", "/srv/app")
        .file("app/x", "data")
        .hard_link("app/y", "app/x")
        .hard_link("z", "not/here")
        .file("etc/.wh.old", "")
        .file("var/.wh..wh..opq", "")
        .file("d/a", "")
        .file("d", "replaced")
        .file("../up", "");
    index(&tar.bytes(), &Keep::default_rules())
}

fn stored(index: &LayerIndex) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    bytes
}

fn nodes(index: LayerIndex) -> (Vec<Node>, Vec<String>) {
    let view = MergedView::new(vec![Arc::new(index)], &[]);
    let (mut nodes, mut contents) = (Vec::new(), Vec::new());
    view.for_each(&mut |node| {
        contents.push(format!("{:?}", view.content(&node.path)));
        nodes.push(node.clone());
    });
    contents.extend(view.problems().into_iter().map(|p| format!("{p:?}")));
    (nodes, contents)
}

#[test]
fn an_index_is_read_back_as_it_was_written() {
    let bytes = stored(&sample());
    let read = LayerIndex::read_from(&bytes[..], &Keep::nothing()).unwrap();
    assert_eq!((read.entries(), read.unpacked_bytes()), (sample().entries(), sample().unpacked_bytes()));
    assert_eq!(stored(&read), bytes);
    assert_eq!(nodes(read), nodes(sample()));
}

#[test]
fn the_same_layer_gives_the_same_bytes() {
    assert_eq!(stored(&sample()), stored(&sample()));
}

#[test]
fn anything_else_is_refused() {
    let bytes = stored(&sample());
    let refused = |bytes: &[u8]| match LayerIndex::read_from(bytes, &Keep::nothing()) {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::InvalidData,
    };
    for length in 0..bytes.len() {
        assert!(refused(&bytes[..length]), "{length}");
    }
    for at in 0..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1 << (at % 8);
        assert!(refused(&wrong), "{at}");
    }
    assert!(refused(&[&bytes[..], b"x"].concat()));
}
