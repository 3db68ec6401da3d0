//! Blobs as they come: compression, then the walk.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = imgscan_layers::read_layer(bytes, "", &imgscan_layers::Keep::default_rules());
});
