//! Tars: every block gets a checksum that fits, so that the walk goes on. Two layers are cut from the bytes and merged.

#![no_main]

use std::sync::Arc;

use imgscan_layers::{Keep, MergedView, extract, read_layer};
use imgscan_model::{FileView, NodeKind};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let (lower, upper) = tar.split_at(tar.len() / 1024 * 512);
    let keep = Keep::default_rules();
    let layers: Vec<_> =
        [lower, upper].iter().filter_map(|tar| read_layer(*tar, "", &keep).ok()).map(Arc::new).collect();
    let view = MergedView::new(layers, &[]);
    let mut last = String::new();
    view.for_each(&mut |node| {
        assert!(*last < *node.path, "{last:?} {:?}", node.path);
        last = node.path.to_string();
        assert_eq!(view.entry(&node.path).as_ref(), Some(node));
        assert!(view.versions(&node.path).last().is_some_and(|v| v.node.is_some()));
        if node.kind == NodeKind::Dir {
            view.children(&node.path);
        }
        let _ = view.read(&node.path);
    });
    for wanted in view.take_wanted() {
        let index = &view.layers()[wanted.layer as usize];
        for tar in [lower, upper] {
            let _ = extract(tar, "", index, std::slice::from_ref(&wanted.path));
        }
    }
});
