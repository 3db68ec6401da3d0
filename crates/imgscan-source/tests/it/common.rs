//! What the tests of this crate share: small images, and a way to open them.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imgscan_source::{
    Content, Credential, CredentialOptions, Environment, Event, Image, Options, PlatformChoice, Progress,
    Reference, Secret, SourceError, Sources,
};
use imgscan_testkit::layout::{Blob, BuiltImage};
use serde_json::json;

pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Bytes that look like nothing, the same every time.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// An image for `os/arch[/variant]` with layers of these sizes.
pub(crate) fn image(platform: &str, sizes: &[usize]) -> BuiltImage {
    let layers: Vec<Blob> =
        sizes.iter().enumerate().map(|(i, n)| Blob::new(LAYER, noise(i as u64 + 1, *n))).collect();
    image_of(platform, layers)
}

/// An image of these layers.
pub(crate) fn image_of(platform: &str, layers: Vec<Blob>) -> BuiltImage {
    let mut parts = platform.split('/');
    let mut at = json!({ "os": parts.next(), "architecture": parts.next() });
    if let Some(variant) = parts.next() {
        at["variant"] = json!(variant);
    }
    let mut config = at.clone();
    config["rootfs"] =
        json!({ "type": "layers", "diff_ids": layers.iter().map(|l| &l.digest).collect::<Vec<_>>() });
    let config = Blob::new(CONFIG, config.to_string().into_bytes());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(),
        "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
    });
    let manifest = Blob::new(MANIFEST, manifest.to_string().into_bytes());
    BuiltImage { manifest, config, layers, platform: at }
}

/// Options that wait hardly at all and look up nothing.
pub(crate) fn options() -> Options {
    Options {
        backoff: Duration::from_millis(2),
        environment: Environment::of([("HOME", "/nonexistent")]),
        ..Options::default()
    }
}

/// Options with a user name and a password.
pub(crate) fn with_login(username: &str, password: &str) -> Options {
    let given = Credential::Basic { username: username.into(), password: Secret::new(password) };
    Options {
        credentials: CredentialOptions { given: Some(given), ..CredentialOptions::default() },
        ..options()
    }
}

/// Options with an environment.
pub(crate) fn with_environment(variables: &[(&str, &str)]) -> Options {
    Options { environment: Environment::of(variables.iter().copied()), ..options() }
}

pub(crate) fn choice(text: &str) -> PlatformChoice {
    match text {
        "" => PlatformChoice::One(imgscan_model::Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: None,
        }),
        "default" => PlatformChoice::Default,
        text => PlatformChoice::parse(text).unwrap(),
    }
}

/// Opens one image.
pub(crate) fn open_with(options: Options, reference: &str) -> Result<Image, SourceError> {
    open_all(options, reference, "").map(|mut images| {
        assert_eq!(images.len(), 1);
        images.remove(0)
    })
}

pub(crate) fn open(reference: &str) -> Result<Image, SourceError> {
    open_with(options(), reference)
}

pub(crate) fn open_all(options: Options, reference: &str, platform: &str) -> Result<Vec<Image>, SourceError> {
    let reference = Reference::parse(reference).unwrap();
    Sources::new(options).open(&reference, &choice(platform))
}

/// A layer whole.
pub(crate) fn layer(image: &Image, index: usize) -> Result<Vec<u8>, SourceError> {
    let Content::Layers(layers) = &image.content else { panic!("no layers") };
    let mut bytes = Vec::new();
    match layers.open(index)?.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(SourceError::find(&error).expect("a source error").clone()),
    }
}

/// Every layer whole.
pub(crate) fn layers(image: &Image) -> Result<Vec<Vec<u8>>, SourceError> {
    (0..image.layers().len()).map(|index| layer(image, index)).collect()
}

/// A hook that keeps what it is told.
pub(crate) fn listener() -> (Progress, Arc<Mutex<Vec<Event>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    (Progress::new(move |event| kept.lock().unwrap().push(event)), events)
}
