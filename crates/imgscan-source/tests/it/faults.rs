//! Everything that a registry and a network can do wrong: what is said, of which kind, and whether it is tried again.

use std::time::{Duration, Instant};

use crate::common::{
    CONFIG, INDEX, LAYER, MANIFEST, image, image_of, layer, layers, open, open_all, open_with, options,
};
use imgscan_source::{ErrorKind, Image, Options, SourceError};
use imgscan_testkit::layout::{Blob, BuiltImage};
use imgscan_testkit::registry::{Fault, On, Registry, Times};
use serde_json::json;

const SIZE: usize = 400_000;

/// A registry with `a:1`, and the image in it.
fn registry() -> (Registry, BuiltImage, String) {
    let registry = Registry::start().unwrap();
    let built = image("linux/amd64", &[SIZE, 5]);
    registry.push("a", "1", std::slice::from_ref(&built)).unwrap();
    let reference = format!("{}/a:1", registry.address());
    (registry, built, reference)
}

fn whole(reference: &str) -> Result<Image, SourceError> {
    let image = open(reference)?;
    layers(&image)?;
    Ok(image)
}

#[track_caller]
fn fails(result: Result<Image, SourceError>, kind: ErrorKind, words: &[&str]) -> SourceError {
    let error = result.expect_err("an error");
    assert_eq!(error.kind, kind, "{error}");
    for word in words {
        assert!(error.message.contains(word), "`{word}` is not in: {error}");
    }
    error
}

#[test]
fn what_passes_once_is_tried_again() {
    let faults = [
        Fault::Status(429),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::Reset,
        Fault::CutAfter(3),
        Fault::CutAfter(0),
    ];
    for fault in faults {
        for on in [On::Manifests, On::Blobs] {
            let (registry, ..) = registry();
            registry.fault(on.clone(), fault.clone(), Times::Some(2));
            whole(&format!("{}/a:1", registry.address())).unwrap_or_else(|e| panic!("{fault:?} {on:?}: {e}"));
        }
    }
}

#[test]
fn what_lasts_is_told_after_four_tries() {
    for (fault, kind, word) in [
        (Fault::Status(429), ErrorKind::Network, "429"),
        (Fault::Status(500), ErrorKind::Network, "500"),
        (Fault::Status(503), ErrorKind::Network, "503"),
        (Fault::Reset, ErrorKind::Network, "broke"),
        (Fault::CutAfter(0), ErrorKind::Network, "breaks off"),
    ] {
        for on in [On::Manifests, On::Blobs] {
            let (registry, _, reference) = registry();
            registry.fault(on.clone(), fault.clone(), Times::Always);
            fails(whole(&reference), kind, &[word, "tried 4 times"]);
            let tries = registry.seen().iter().filter(|s| matches!(s.status, 0 | 200 | 206 | 400..)).count();
            assert!((4..=5).contains(&tries), "{fault:?} {on:?}: {tries} requests");
        }
    }
}

#[test]
fn what_trying_cannot_cure_is_not_tried_again() {
    for (status, kind) in [
        (403, ErrorKind::Unauthorized),
        (404, ErrorKind::NotFound),
        (400, ErrorKind::Network),
        (410, ErrorKind::Network),
    ] {
        let (registry, _, reference) = registry();
        registry.fault(On::Manifests, Fault::Status(status), Times::Always);
        fails(whole(&reference), kind, &[&status.to_string()]);
        assert_eq!(registry.requests(), 1, "{status}");
    }
    let (registry, _, reference) = registry();
    registry.fault(On::Any, Fault::Status(401), Times::Always);
    fails(whole(&reference), ErrorKind::Unauthorized, &["127.0.0.1"]);
}

#[test]
fn retry_after_is_honoured_within_reason() {
    let (registry, _, reference) = registry();
    let wait = |seconds: &str| Fault::Answer {
        status: 429,
        headers: vec![("Retry-After".into(), seconds.into())],
        body: vec![],
    };
    registry.fault(On::Manifests, wait("1"), Times::Once);
    let started = Instant::now();
    whole(&reference).unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    registry.fault(On::Manifests, wait("3600"), Times::Once);
    let started = Instant::now();
    fails(whole(&reference), ErrorKind::Network, &["429", "3600 s"]);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_blob_goes_on_where_it_broke_off() {
    let (registry, built, reference) = registry();
    let digest = built.layers[0].digest.clone();
    registry.fault(On::Ending(digest.clone()), Fault::CutAfter(SIZE / 2), Times::Once);
    let got = open(&reference).unwrap();
    assert_eq!(layer(&got, 0).unwrap(), built.layers[0].bytes);
    let seen: Vec<_> = registry.seen().into_iter().filter(|s| s.target.ends_with(&digest)).collect();
    assert_eq!(seen.len(), 2);
    let range = seen[1].header("range").expect("only the rest is asked for");
    assert_eq!(range, format!("bytes={}-{}", SIZE / 2, SIZE - 1));
}

#[test]
fn a_blob_goes_on_where_ranges_are_unknown() {
    let (registry, built, reference) = registry();
    let on = || On::Ending(built.layers[0].digest.clone());
    registry.fault(on(), Fault::CutAfter(SIZE / 2), Times::Once);
    registry.fault(on(), Fault::IgnoreRange, Times::Always);
    let got = open(&reference).unwrap();
    assert_eq!(layer(&got, 0).unwrap(), built.layers[0].bytes);
}

#[test]
fn a_wrong_range_is_not_taken() {
    let (registry, built, reference) = registry();
    let on = || On::Ending(built.layers[0].digest.clone());
    registry.fault(on(), Fault::CutAfter(SIZE / 2), Times::Once);
    registry.fault(on(), Fault::WrongRange, Times::Always);
    fails(whole(&reference), ErrorKind::Network, &["another part"]);
}

#[test]
fn a_blob_that_breaks_off_for_ever_ends() {
    let (registry, built, reference) = registry();
    registry.fault(On::Ending(built.layers[0].digest.clone()), Fault::CutAfter(1000), Times::Always);
    let error = fails(whole(&reference), ErrorKind::Network, &["breaks off after", "of 400000 bytes"]);
    assert!(registry.requests() < 60, "{error}");
}

#[test]
fn wrong_bytes_are_damage() {
    for (fault, words) in [
        (Fault::FlipBit, &["have the digest"][..]),
        (Fault::Truncate(100), &["100 bytes", "400000"]),
        (Fault::Longer(9), &["400009 bytes", "400000"]),
        (Fault::Body(b"<html>login</html>".to_vec()), &["18 bytes"]),
        (Fault::Headers(vec![("Content-Encoding".into(), "gzip".into())]), &["packed with `gzip`"]),
    ] {
        let (registry, built, reference) = registry();
        registry.fault(On::Ending(built.layers[0].digest.clone()), fault.clone(), Times::Always);
        fails(whole(&reference), ErrorKind::Damaged, &[&[built.layers[0].digest.as_str()], words].concat());
    }
}

#[test]
fn wrong_bytes_are_damage_without_a_length_too() {
    let (registry, built, reference) = registry();
    let digest = &built.layers[0].digest;
    registry.put_blob_as(digest, &[built.layers[0].bytes.as_slice(), b"more"].concat());
    registry.fault(On::Ending(digest.clone()), Fault::Chunked, Times::Always);
    fails(whole(&reference), ErrorKind::Damaged, &[digest, "more than the 400000 bytes"]);
    registry.put_blob_as(digest, &built.layers[0].bytes);
    whole(&reference).unwrap();
}

#[test]
fn a_wrong_manifest_is_damage() {
    let (registry, built, _) = registry();
    let digest = &built.manifest.digest;
    registry.fault(On::Manifests, Fault::FlipBit, Times::Always);
    let by_digest = format!("{}/a@{digest}", registry.address());
    fails(whole(&by_digest), ErrorKind::Damaged, &[digest, "have the digest"]);
    // By tag the registry's own header tells that the bytes changed on the way.
    fails(
        whole(&format!("{}/a:1", registry.address())),
        ErrorKind::Damaged,
        &["the registry calls it", digest],
    );
}

#[test]
fn a_wrong_config_is_damage() {
    let (registry, built, reference) = registry();
    registry.fault(On::Ending(built.config.digest.clone()), Fault::FlipBit, Times::Always);
    fails(whole(&reference), ErrorKind::Damaged, &["config", &built.config.digest]);
}

#[test]
fn what_the_manifest_names_and_the_registry_lacks_is_damage() {
    let (registry, built, reference) = registry();
    registry.remove_blob(&built.layers[1].digest);
    fails(whole(&reference), ErrorKind::Damaged, &["layer", &built.layers[1].digest, "404 BLOB_UNKNOWN"]);
    registry.remove_blob(&built.config.digest);
    fails(whole(&reference), ErrorKind::Damaged, &["config", "404"]);
}

#[test]
fn what_is_not_there() {
    let (registry, ..) = registry();
    let at = registry.address();
    fails(whole(&format!("{at}/gone:1")), ErrorKind::NotFound, &["gone:1", "MANIFEST_UNKNOWN"]);
    fails(whole(&format!("{at}/a:2")), ErrorKind::NotFound, &["a:2"]);
    fails(whole("127.0.0.1:1/a:1"), ErrorKind::Network, &["127.0.0.1:1", "refused"]);
    fails(
        whole("no-such-host.invalid/a:1"),
        ErrorKind::Network,
        &["no-such-host.invalid", "cannot be found"],
    );
}

#[test]
fn endless_manifests_and_tokens_are_not_swallowed() {
    let (registry, _, reference) = registry();
    registry.fault(On::Manifests, Fault::Longer(5 << 20), Times::Always);
    fails(whole(&reference), ErrorKind::Limit, &["4194304"]);
    let (registry, _, reference) = self::registry();
    registry.put_manifest("a", "1", MANIFEST, &vec![b' '; 5 << 20]);
    registry.fault(On::Manifests, Fault::Chunked, Times::Always);
    fails(whole(&reference), ErrorKind::Limit, &["4194304"]);
}

#[test]
fn an_error_page_of_any_size_is_read_in_part() {
    let (registry, _, reference) = registry();
    let body = vec![b'x'; 1 << 20];
    registry.fault(On::Manifests, Fault::Answer { status: 404, headers: vec![], body }, Times::Always);
    let error = fails(whole(&reference), ErrorKind::NotFound, &["404"]);
    assert!(error.message.len() < 500, "{error}");
}

#[test]
fn foreign_text_in_errors_is_escaped() {
    let (registry, _, reference) = registry();
    let body = br#"{"errors":[{"code":"DENIED","message":"\u001b[31m\u202egone"}]}"#.to_vec();
    registry.fault(On::Manifests, Fault::Answer { status: 403, headers: vec![], body }, Times::Always);
    let error = fails(whole(&reference), ErrorKind::Unauthorized, &["DENIED", "\\u{1b}", "\\u{202e}"]);
    assert!(!error.message.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn redirects_end() {
    let (registry, _, reference) = registry();
    let target = format!("http://{}/v2/a/manifests/1", registry.address());
    registry.fault(On::Manifests, Fault::Redirect(target), Times::Always);
    fails(whole(&reference), ErrorKind::Network, &["redirects more than 5 times"]);
    for (target, word) in [("http://registry.example/x", "plain http"), ("file:///etc/passwd", "neither")] {
        let (registry, _, reference) = self::registry();
        registry.fault(On::Manifests, Fault::Redirect(target.into()), Times::Always);
        fails(whole(&reference), ErrorKind::Unauthorized, &["redirect", word]);
    }
}

#[test]
fn a_slow_drip_ends_at_the_deadline() {
    let (registry, built, reference) = registry();
    let drip = Fault::Drip { bytes: 1, every: Duration::from_millis(20) };
    registry.fault(On::Ending(built.layers[0].digest.clone()), drip, Times::Always);
    let started = Instant::now();
    let got = open_with(Options { deadline: Duration::from_secs(2), ..options() }, &reference).unwrap();
    let error = layer(&got, 0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.help.unwrap().contains("--timeout"));
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn silence_ends_at_the_deadline() {
    let (registry, _, reference) = registry();
    registry.fault(On::Any, Fault::Silence(Duration::from_secs(60)), Times::Always);
    let started = Instant::now();
    let options = Options { deadline: Duration::from_millis(300), ..options() };
    assert_eq!(open_with(options, &reference).unwrap_err().kind, ErrorKind::Network);
    assert!(started.elapsed() < Duration::from_secs(30));
}

/// Puts a manifest of any JSON as `a:1`.
fn with_manifest(media_type: &str, manifest: &serde_json::Value) -> (Registry, String) {
    let registry = Registry::start().unwrap();
    registry.put_manifest("a", "1", media_type, manifest.to_string().as_bytes());
    let reference = format!("{}/a:1", registry.address());
    (registry, reference)
}

#[test]
fn what_is_no_image_is_named() {
    let blob = |media_type: &'static str| Blob::new(media_type, b"{}".to_vec()).descriptor();
    let artifact = |config: &'static str, layer: &'static str| json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": blob(config), "layers": [blob(layer)]});
    for (manifest, word) in [
        (
            artifact(
                "application/vnd.cncf.helm.config.v1+json",
                "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
            ),
            "Helm chart",
        ),
        (artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"), "cosign signature"),
        (artifact("application/vnd.oci.empty.v1+json", "application/spdx+json"), "SBOM"),
        (json!({"schemaVersion": 1, "name": "a", "tag": "1", "fsLayers": [], "history": []}), "schema 1"),
    ] {
        let media_type = if manifest["schemaVersion"] == 1 {
            "application/vnd.docker.distribution.manifest.v1+json"
        } else {
            MANIFEST
        };
        let (_registry, reference) = with_manifest(media_type, &manifest);
        fails(whole(&reference), ErrorKind::Unsupported, &[word, "a:1"]);
    }
}

#[test]
fn confused_documents_are_refused() {
    let built = image("linux/amd64", &[3]);
    let mut both: serde_json::Value = serde_json::from_slice(&built.manifest.bytes).unwrap();
    both["manifests"] = json!([]);
    let (_registry, reference) = with_manifest(MANIFEST, &both);
    fails(whole(&reference), ErrorKind::Damaged, &["index and image at once"]);
    let index = json!({"schemaVersion": 2, "manifests": []});
    let (_registry, reference) = with_manifest(MANIFEST, &index);
    fails(whole(&reference), ErrorKind::Damaged, &["confused"]);
    let (_registry, reference) = with_manifest("application/json", &json!([1]));
    fails(whole(&reference), ErrorKind::Damaged, &["no manifest"]);
    let (_registry, reference) = with_manifest(INDEX, &index);
    fails(whole(&reference), ErrorKind::Unsupported, &["holds no image"]);
}

#[test]
fn a_size_lie_in_the_manifest_is_damage() {
    let built = image("linux/amd64", &[SIZE]);
    for (size, kind, word) in [
        (json!(SIZE - 1), ErrorKind::Damaged, "399999"),
        (json!(SIZE + 1), ErrorKind::Damaged, "400001"),
        (json!(-1), ErrorKind::Damaged, "-1 bytes"),
        (json!(u64::MAX), ErrorKind::Damaged, "no manifest"),
        (json!(1u64 << 40), ErrorKind::Limit, "1099511627776"),
    ] {
        let mut manifest: serde_json::Value = serde_json::from_slice(&built.manifest.bytes).unwrap();
        manifest["layers"][0]["size"] = size;
        let (registry, reference) = with_manifest(MANIFEST, &manifest);
        registry.put_blob(&built.config);
        registry.put_blob(&built.layers[0]);
        fails(whole(&reference), kind, &[word]);
    }
}

#[test]
fn configs_of_a_wrong_type_are_damage() {
    for (config, word) in [("[]", "no JSON object"), ("not json", "no JSON")] {
        let config = Blob::new(CONFIG, config.as_bytes().to_vec());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(), "layers": []});
        let (registry, reference) = with_manifest(MANIFEST, &manifest);
        registry.put_blob(&config);
        fails(whole(&reference), ErrorKind::Damaged, &[word]);
    }
}

#[test]
fn what_is_odd_and_harmless_is_a_problem() {
    let mut built =
        image_of("linux/amd64", vec![Blob::new("application/x-tar", vec![1]), Blob::new(LAYER, vec![2])]);
    built.platform = json!({"os": "linux", "architecture": "arm64"});
    let other = image("linux/s390x", &[3]);
    let registry = Registry::start().unwrap();
    registry.push("a", "1", &[built, other]).unwrap();
    let got = open_all(options(), &format!("{}/a:1", registry.address()), "linux/arm64").unwrap();
    let problems: Vec<&str> = got[0].problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("application/x-tar") && problems[1].contains("linux/amd64"), "{problems:?}");
}
