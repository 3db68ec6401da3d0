use super::*;
use crate::error::ErrorKind;

fn hex(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn image(config: &str, layers: &[&str]) -> String {
    let layers: Vec<_> =
        layers.iter().map(|t| format!(r#"{{"mediaType":"{t}","digest":"{}","size":3}}"#, hex("b"))).collect();
    let config = format!(r#"{{"mediaType":"{config}","digest":"{}","size":2}}"#, hex("a"));
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{}]}}"#, layers.join(","))
}

fn kind_of(raw: &str, claimed: Option<&str>) -> Result<&'static str, ErrorKind> {
    match parse("`x`", raw.as_bytes(), claimed) {
        Ok(Manifest::Image(_)) => Ok("image"),
        Ok(Manifest::Index(_)) => Ok("index"),
        Err(error) => Err(error.kind),
    }
}

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

#[test]
fn images_and_indexes_are_told_apart() {
    let raw = image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]);
    assert_eq!(kind_of(&raw, None), Ok("image"));
    assert_eq!(kind_of(&raw, Some(media::IMAGE_MANIFEST_MEDIA_TYPE)), Ok("image"));
    assert_eq!(kind_of(&raw, Some("text/plain")), Ok("image"));
    let index = r#"{"schemaVersion":2,"manifests":[]}"#;
    assert_eq!(kind_of(index, Some(media::OCI_IMAGE_INDEX_MEDIA_TYPE)), Ok("index"));
}

#[test]
fn no_layers_as_go_writes_them() {
    for layers in ["[]", "null"] {
        let raw = image(media::IMAGE_CONFIG_MEDIA_TYPE, &[]).replace("[]", layers);
        assert_eq!(kind_of(&raw, None), Ok("image"), "{raw}");
    }
}

#[test]
fn confusion_is_refused() {
    let raw = image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]);
    assert_eq!(kind_of(&raw, Some(media::OCI_IMAGE_INDEX_MEDIA_TYPE)), Err(ErrorKind::Damaged));
    let both = raw.replacen('{', r#"{"manifests":[],"#, 1);
    assert_eq!(kind_of(&both, None), Err(ErrorKind::Damaged));
    let says_index =
        raw.replacen('{', &format!(r#"{{"mediaType":"{}","#, media::OCI_IMAGE_INDEX_MEDIA_TYPE), 1);
    assert_eq!(kind_of(&says_index, None), Err(ErrorKind::Damaged));
    let twice = raw.replacen('{', r#"{"layers":[],"#, 1);
    assert_eq!(kind_of(&twice, None), Err(ErrorKind::Damaged), "a field that stands twice");
}

#[test]
fn what_is_no_image_is_named() {
    let empty = "application/vnd.oci.empty.v1+json";
    for (config, layer, word) in [
        (
            "application/vnd.cncf.helm.config.v1+json",
            "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
            "Helm chart",
        ),
        (media::IMAGE_CONFIG_MEDIA_TYPE, "application/vnd.dev.cosign.simplesigning.v1+json", "signature"),
        (empty, "application/spdx+json", "SBOM"),
        (media::IMAGE_CONFIG_MEDIA_TYPE, "application/vnd.in-toto+json", "attestation"),
        (empty, "text/plain", "no container image"),
        (
            media::IMAGE_CONFIG_MEDIA_TYPE,
            "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
            "encrypted",
        ),
    ] {
        let error = parse("`x`", image(config, &[layer]).as_bytes(), None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn an_unknown_layer_type_among_known_ones_is_a_problem() {
    let raw = image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER, "application/x-tar"]);
    let Ok(Manifest::Image(image)) = parse("`x`", raw.as_bytes(), None) else { panic!() };
    assert_eq!(image.problems.len(), 1);
    let raw = self::image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]);
    let Ok(Manifest::Image(image)) = parse("`x`", raw.as_bytes(), None) else { panic!() };
    assert!(image.problems.is_empty());
}

#[test]
fn damage_has_words() {
    for (raw, word) in [
        ("", "no manifest"),
        ("<html>", "begins with `<html>`"),
        ("[]", "no manifest"),
        (r#"{"schemaVersion":2,"manifests":7}"#, "no manifest"),
        (&image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]).replace("\"size\":3", "\"size\":-3"), "-3 bytes"),
        (
            &image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]).replace("\"size\":3", "\"size\":1e30"),
            "no manifest",
        ),
        (&image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]).replace("sha256:b", "sha256:../"), "no digest"),
    ] {
        let error = parse("`x`", raw.as_bytes(), None).expect_err(raw);
        assert_eq!(error.kind, ErrorKind::Damaged, "{error}");
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn schema_1_is_unsupported() {
    let raw = r#"{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[]}"#;
    assert_eq!(kind_of(raw, None), Err(ErrorKind::Unsupported));
}

#[test]
fn bounds_hold() {
    let layers = vec![LAYER; limits::LAYERS + 1];
    assert_eq!(kind_of(&image(media::IMAGE_CONFIG_MEDIA_TYPE, &layers), None), Err(ErrorKind::Limit));
    let raw =
        image(media::IMAGE_CONFIG_MEDIA_TYPE, &[LAYER]).replace("\"size\":3", "\"size\":99999999999999");
    assert_eq!(kind_of(&raw, None), Err(ErrorKind::Limit));
}

#[test]
fn attestations_are_not_usable() {
    let of = |platform: &str, annotations: &str| {
        let raw = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{}","digest":"{}","size":1,{platform}{annotations}"x":0}}]}}"#,
            media::OCI_IMAGE_MEDIA_TYPE,
            hex("c")
        );
        let Ok(Manifest::Index(entries)) = parse("`x`", raw.as_bytes(), None) else { panic!("{raw}") };
        is_usable(&entries[0])
    };
    assert!(of(r#""platform":{"os":"linux","architecture":"arm64"},"#, ""));
    assert!(of("", ""));
    assert!(!of(r#""platform":{"os":"unknown","architecture":"unknown"},"#, ""));
    assert!(!of("", r#""annotations":{"vnd.docker.reference.type":"attestation-manifest"},"#));
}
