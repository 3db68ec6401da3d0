//! Archives: every block gets a checksum that fits, so that the walk goes on. Whatever is in them, the answer is images
//! or an error; a layer that can be read to its end has the size that its descriptor tells.

#![no_main]

use std::io::{Cursor, Read};

use imgscan_source::{Content, Options, PlatformChoice, Reference, Sources};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    for bytes in [tar, bytes.to_vec()] {
        let Ok(reference) = Reference::parse("-") else { return };
        let sources = Sources::with_stdin(Options::default(), Cursor::new(bytes));
        for image in sources.open(&reference, &PlatformChoice::All).unwrap_or_default() {
            let Content::Layers(layers) = &image.content else { continue };
            for (index, descriptor) in layers.descriptors().iter().enumerate() {
                let mut read = Vec::new();
                if let Ok(mut layer) = layers.open(index)
                    && layer.read_to_end(&mut read).is_ok()
                    && descriptor.digest.is_some()
                {
                    assert_eq!(read.len() as u64, descriptor.size);
                }
            }
        }
    }
});
