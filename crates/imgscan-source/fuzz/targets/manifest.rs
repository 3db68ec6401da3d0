//! Manifests, indexes and configs: the bytes before the first 0xff are the manifest, those behind it the config, whose
//! digest and size stand in the manifest where it says DIGEST and SIZE. Whatever they hold, the answer is images or an
//! error, and an image is what its manifest says.

#![no_main]

use std::io::Cursor;

use imgscan_source::{Digest, Options, PlatformChoice, Reference, Sources};

/// A file of a tar.
fn file(tar: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let mut block = [0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = b'0';
    block[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend_from_slice(&block);
    tar.extend_from_slice(bytes);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn blob(tar: &mut Vec<u8>, bytes: &[u8]) -> String {
    let digest = Digest::of(bytes);
    file(tar, &format!("blobs/sha256/{}", digest.hex()), bytes);
    digest.to_string()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.iter().position(|b| *b == 0xff).unwrap_or(bytes.len());
    let (manifest, config) = (&bytes[..cut], bytes.get(cut + 1..).unwrap_or(&[]));
    let mut tar = Vec::new();
    let config_digest = blob(&mut tar, config);
    let manifest = String::from_utf8_lossy(manifest);
    let manifest = manifest.replace("DIGEST", &config_digest).replace("SIZE", &config.len().to_string());
    let digest = blob(&mut tar, manifest.as_bytes());
    for media_type in ["image.manifest", "image.index"] {
        let media_type = format!("application/vnd.oci.{media_type}.v1+json");
        let size = manifest.len();
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}]}}"#
        );
        let mut tar = tar.clone();
        file(&mut tar, "index.json", index.as_bytes());
        let Ok(reference) = Reference::parse("-") else { return };
        let sources = Sources::with_stdin(Options::default(), Cursor::new(tar));
        for image in sources.open(&reference, &PlatformChoice::All).unwrap_or_default() {
            assert_eq!(image.config_digest.map(|d| d.to_string()), Some(config_digest.clone()));
            assert_eq!(image.digest.map(|d| d.to_string()), Some(Digest::of(&image.manifest.unwrap()).to_string()));
        }
    }
});
