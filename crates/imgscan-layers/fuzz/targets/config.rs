//! Config blobs: whatever they hold, the answer is a config or an error, and history fits the layers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok((config, _)) = imgscan_layers::read_config(bytes, None) {
        assert_eq!(config.layer_instructions.len(), config.diff_ids.len());
        let layers = config.history.iter().filter_map(|entry| entry.layer);
        assert!(layers.is_sorted_by(|a, b| a < b));
    }
});
