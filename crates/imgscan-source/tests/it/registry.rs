//! A registry as it should be: what is fetched, how often, with which credentials.

use std::time::Duration;

use crate::common::{
    choice, image, layer, layers, open, open_all, open_with, options, with_environment, with_login,
};
use imgscan_source::{
    Credential, CredentialOptions, ErrorKind, Event, Options, Reference, Secret, Sources, TlsOptions,
};
use imgscan_testkit::registry::{Access, Fault, On, Registry, Times, Tokens, tls_authority, tls_client};

fn login() -> (String, String) {
    ("user".into(), "pa:ss".into())
}

fn basic() -> Access {
    Access::Basic { username: "user".into(), password: "pa:ss".into() }
}

fn token(tokens: Tokens) -> Access {
    Access::Token(tokens)
}

#[test]
fn an_image_is_had_whole_with_two_requests_and_one_for_each_layer() {
    let registry = Registry::start().unwrap();
    let built = image("linux/amd64", &[10, 300_000, 0, 7]);
    let digest = registry.push("shop/app", "1", std::slice::from_ref(&built)).unwrap();
    let got = open(&format!("{}/shop/app:1", registry.address())).unwrap();
    assert_eq!(got.digest.as_ref().unwrap().to_string(), digest);
    assert_eq!(got.manifest.as_deref(), Some(built.manifest.bytes.as_slice()));
    assert_eq!(&*got.config, built.config.bytes.as_slice());
    assert_eq!(got.platform.to_string(), "linux/amd64");
    let expected: Vec<Vec<u8>> = built.layers.iter().map(|l| l.bytes.clone()).collect();
    assert_eq!(layers(&got).unwrap(), expected);
    assert_eq!(registry.requests(), 2 + 4);
    assert_eq!(got.layers()[1].diff_id.as_ref().unwrap().to_string(), built.layers[1].digest);
    assert!(got.problems.is_empty());
}

#[test]
fn layers_are_read_by_several_threads_at_once_and_again() {
    let registry = Registry::start().unwrap();
    let built = image("linux/amd64", &[200_000, 200_000, 200_000]);
    registry.push("a", "1", std::slice::from_ref(&built)).unwrap();
    let got = open(&format!("{}/a:1", registry.address())).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            for (index, want) in built.layers.iter().enumerate() {
                let got = &got;
                scope.spawn(move || assert_eq!(layer(got, index).unwrap(), want.bytes));
            }
        }
    });
}

#[test]
fn by_digest_and_by_tag_with_digest() {
    let registry = Registry::start().unwrap();
    let digest = registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let address = registry.address();
    assert!(open(&format!("{address}/a@{digest}")).is_ok());
    // The digest counts; the tag may have moved.
    registry.push("a", "1", &[image("linux/amd64", &[4])]).unwrap();
    let got = open(&format!("{address}/a:1@{digest}")).unwrap();
    assert_eq!(got.digest.unwrap().to_string(), digest);
}

#[test]
fn an_index_costs_one_request_more() {
    let registry = Registry::start().unwrap();
    registry.push("a", "1", &[image("linux/arm64/v8", &[3]), image("linux/amd64", &[4, 5])]).unwrap();
    let reference = format!("{}/a:1", registry.address());
    let got = open(&reference).unwrap();
    assert_eq!(got.platform.to_string(), "linux/amd64");
    assert_eq!(layers(&got).unwrap().len(), 2);
    assert_eq!(registry.requests(), 3 + 2);
    let all = open_all(options(), &reference, "all").unwrap();
    let platforms: Vec<String> = all.iter().map(|i| i.platform.to_string()).collect();
    assert_eq!(platforms, ["linux/arm64", "linux/amd64"]);
    let error = open_all(options(), &reference, "linux/s390x").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Platform);
    assert!(error.message.contains("`linux/amd64`, `linux/arm64`"), "{error}");
}

#[test]
fn basic_credentials_cost_one_request() {
    let registry = Registry::with(basic()).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3, 4])]).unwrap();
    let reference = format!("{}/a:1", registry.address());
    let got = open_with(with_login("user", "pa:ss"), &reference).unwrap();
    layers(&got).unwrap();
    assert_eq!(registry.requests(), 1 + 2 + 2);
    let error = open_with(with_login("user", "wrong"), &reference).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.message.contains("does not accept"), "{error}");
    let error = open(&reference).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.help.unwrap().contains("docker login"));
}

#[test]
fn a_token_is_fetched_once() {
    let registry = Registry::with(token(Tokens { login: Some(login()), ..Tokens::default() })).unwrap();
    registry.push("a/b", "1", &[image("linux/amd64", &[3, 4, 5])]).unwrap();
    let reference = format!("{}/a/b:1", registry.address());
    let got = open_with(with_login("user", "pa:ss"), &reference).unwrap();
    std::thread::scope(|scope| {
        for index in 0..3 {
            let got = &got;
            scope.spawn(move || layer(got, index).unwrap());
        }
    });
    let seen = registry.seen();
    assert_eq!(seen.iter().filter(|s| s.target.starts_with("/token")).count(), 1);
    assert_eq!(seen.len(), 2 + 2 + 3);
    let error = open_with(with_login("user", "wrong"), &reference).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.message.contains("incorrect username or password"), "{error}");
}

#[test]
fn anonymous_tokens() {
    for access_token in [false, true] {
        let registry = Registry::with(token(Tokens { access_token, ..Tokens::default() })).unwrap();
        registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
        layers(&open(&format!("{}/a:1", registry.address())).unwrap()).unwrap();
    }
}

#[test]
fn an_expired_token_is_renewed_in_the_middle() {
    let registry = Registry::with(token(Tokens::default())).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3, 4])]).unwrap();
    let got = open(&format!("{}/a:1", registry.address())).unwrap();
    layer(&got, 0).unwrap();
    registry.expire_tokens();
    layer(&got, 1).unwrap();
    let tokens = registry.seen().iter().filter(|s| s.target.starts_with("/token")).count();
    assert_eq!(tokens, 2);
}

#[test]
fn a_token_that_ends_soon_is_renewed_before_it_is_refused() {
    let registry = Registry::with(token(Tokens { told: Some(1), ..Tokens::default() }));
    let registry = registry.unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3, 4])]).unwrap();
    let got = open(&format!("{}/a:1", registry.address())).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    layer(&got, 0).unwrap();
    let refused = registry.seen().iter().filter(|s| s.status == 401).count();
    assert_eq!(refused, 1, "only the very first request");
    assert!(registry.seen().iter().filter(|s| s.target.starts_with("/token")).count() >= 2);
}

#[test]
fn identity_tokens_by_oauth2_and_by_get() {
    for oauth2 in [true, false] {
        let tokens =
            Tokens { login: Some(login()), identity: Some("refresh".into()), oauth2, ..Tokens::default() };
        let registry = Registry::with(token(tokens)).unwrap();
        registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
        let reference = format!("{}/a:1", registry.address());
        let identity = |text: &str| {
            let given = Some(Credential::Identity(Secret::new(text)));
            Options { credentials: CredentialOptions { given, ..CredentialOptions::default() }, ..options() }
        };
        assert!(open_with(identity("refresh"), &reference).is_ok(), "oauth2: {oauth2}");
        let error = open_with(identity("stale"), &reference).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{error}");
    }
}

#[test]
fn credentials_go_to_no_other_host() {
    let outside = Registry::start().unwrap();
    let registry = Registry::with(basic()).unwrap();
    let built = image("linux/amd64", &[300]);
    registry.push("a", "1", std::slice::from_ref(&built)).unwrap();
    outside.put_blob(&built.layers[0]);
    let target = format!("http://{}/v2/x/blobs/{}", outside.address(), built.layers[0].digest);
    registry.fault(On::Ending(built.layers[0].digest.clone()), Fault::Redirect(target), Times::Always);
    let got = open_with(with_login("user", "pa:ss"), &format!("{}/a:1", registry.address())).unwrap();
    assert_eq!(layer(&got, 0).unwrap(), built.layers[0].bytes);
    assert_eq!(outside.seen().len(), 1);
    assert_eq!(outside.seen()[0].header("authorization"), None);
}

#[test]
fn a_realm_off_loopback_by_http_is_not_asked() {
    for realm in
        ["http://auth.example/token", "ftp://127.0.0.1/token", "http://user:pw@127.0.0.1:1/token", "nonsense"]
    {
        let registry =
            Registry::with(token(Tokens { realm: Some(realm.into()), ..Tokens::default() })).unwrap();
        registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
        let error =
            open_with(with_login("user", "pa:ss"), &format!("{}/a:1", registry.address())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{error}");
        assert!(error.message.contains("token server"), "{error}");
    }
}

#[test]
fn docker_config_is_read() {
    let registry = Registry::with(basic()).unwrap();
    registry.push("a/b", "1", &[image("linux/amd64", &[3])]).unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    // `user:pa:ss`
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjpwYTpzcw=="}}}}}}"#, registry.address());
    std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let options = with_environment(&[("HOME", home.path().to_str().unwrap())]);
    assert!(open_with(options, &format!("{}/a/b:1", registry.address())).is_ok());
}

#[test]
fn credentials_of_the_environment() {
    let registry = Registry::with(basic()).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let reference = format!("{}/a:1", registry.address());
    let variables = [("IMGSCAN_USERNAME", "user"), ("IMGSCAN_PASSWORD", "pa:ss")];
    assert!(open_with(with_environment(&variables), &reference).is_ok());
    let anonymous = CredentialOptions { anonymous: true, ..CredentialOptions::default() };
    let options = Options { credentials: anonymous, ..with_environment(&[("HOME", "/nonexistent")]) };
    assert_eq!(open_with(options, &reference).unwrap_err().kind, ErrorKind::Unauthorized);
}

#[test]
fn a_token_that_was_given_is_sent_as_it_is() {
    let registry = Registry::with(token(Tokens { login: Some(login()), ..Tokens::default() })).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let reference = format!("{}/a:1", registry.address());
    assert!(open_with(with_login("user", "pa:ss"), &reference).is_ok());
    let seen = registry.seen();
    let sent = seen.last().unwrap().header("authorization").unwrap().trim_start_matches("Bearer ").to_owned();
    registry.forget();
    assert!(open_with(with_environment(&[("IMGSCAN_TOKEN", &sent)]), &reference).is_ok());
    assert!(registry.seen().iter().all(|s| !s.target.starts_with("/token")));
    let error = open_with(with_environment(&[("IMGSCAN_TOKEN", "stale")]), &reference).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}

#[test]
fn a_helper_that_is_not_installed_is_no_end() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.json"), r#"{"credsStore":"gone"}"#).unwrap();
    let options = with_environment(&[("DOCKER_CONFIG", home.path().to_str().unwrap())]);
    let open_tokens = Registry::with(token(Tokens::default())).unwrap();
    open_tokens.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    assert!(open_with(options.clone(), &format!("{}/a:1", open_tokens.address())).is_ok());
    let closed = Registry::with(basic()).unwrap();
    let error = open_with(options, &format!("{}/a:1", closed.address())).unwrap_err();
    assert!(error.message.contains("`docker-credential-gone` is not installed"), "{error}");
}

#[test]
fn tls_with_our_own_authority() {
    let registry = Registry::with_tls(Access::Anybody, false).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, tls_authority()).unwrap();
    let tls = TlsOptions { ca_files: vec![authority], client: None };
    for host in ["localhost", "127.0.0.1"] {
        let reference = format!("{host}:{}/a:1", registry.port());
        layers(&open_with(Options { tls: tls.clone(), ..options() }, &reference).unwrap()).unwrap();
        let error = open(&reference).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network);
        assert!(error.message.contains("certificate") && error.help.is_some(), "{error}");
        let insecure = Options { insecure: vec![format!("{host}:{}", registry.port())], ..options() };
        assert!(open_with(insecure, &reference).is_ok());
    }
}

#[test]
fn a_page_of_nginx_about_tls_is_understood() {
    let registry = Registry::start().unwrap();
    let page = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
        .to_vec();
    registry.fault(On::Any, Fault::Answer { status: 400, headers: vec![], body: page }, Times::Always);
    let error = open(&format!("{}/a:1", registry.address())).unwrap_err();
    assert!(
        error.message.contains("tls handshake"),
        "it is asked again by TLS, which this one has not: {error}"
    );
    let registry = Registry::start().unwrap();
    registry.fault(On::Any, Fault::Status(400), Times::Always);
    let error = open(&format!("{}/a:1", registry.address())).unwrap_err();
    assert!(error.message.contains("400 FAULT"), "{error}");
}

#[test]
fn a_client_certificate_is_shown() {
    let registry = Registry::with_tls(Access::Anybody, true).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = tls_client();
    let client = imgscan_source::ClientCertificate {
        certificate: file("client.pem", certificate),
        key: file("client.key", key),
    };
    let ca_files = vec![file("ca.pem", tls_authority())];
    let reference = format!("localhost:{}/a:1", registry.port());
    let with = |client| Options { tls: TlsOptions { ca_files: ca_files.clone(), client }, ..options() };
    assert!(open_with(with(Some(client)), &reference).is_ok());
    assert_eq!(open_with(with(None), &reference).unwrap_err().kind, ErrorKind::Network);
}

#[test]
fn certificates_are_found_where_docker_and_podman_keep_them() {
    let registry = Registry::with_tls(Access::Anybody, true).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let home = tempfile::tempdir().unwrap();
    let name = format!("localhost:{}", registry.port());
    let folder = home.path().join(".config/containers/certs.d").join(&name);
    std::fs::create_dir_all(&folder).unwrap();
    let options = || with_environment(&[("HOME", home.path().to_str().unwrap())]);
    let reference = format!("{name}/a:1");
    assert_eq!(open_with(options(), &reference).unwrap_err().kind, ErrorKind::Network);
    let (certificate, key) = tls_client();
    for (name, text) in [("ca.crt", tls_authority()), ("client.cert", certificate), ("client.key", key)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    layers(&open_with(options(), &reference).unwrap()).unwrap();
    let other = format!("127.0.0.1:{}/a:1", registry.port());
    assert_eq!(open_with(options(), &other).unwrap_err().kind, ErrorKind::Network, "they are for one host");
}

#[test]
fn mirrors_come_first_and_the_registry_last() {
    let (mirror, origin) = (Registry::start().unwrap(), Registry::start().unwrap());
    let built = image("linux/amd64", &[3, 4]);
    mirror.push("cache/shop/app", "1", std::slice::from_ref(&built)).unwrap();
    origin.push("shop/app", "1", std::slice::from_ref(&built)).unwrap();
    origin.push("shop/other", "1", &[image("linux/amd64", &[5])]).unwrap();
    let mirrors =
        vec![imgscan_source::Mirror { of: origin.address(), at: format!("{}/cache", mirror.address()) }];
    let options = || Options { mirrors: mirrors.clone(), ..options() };
    let got = open_with(options(), &format!("{}/shop/app:1", origin.address())).unwrap();
    mirror.remove_blob(&built.layers[1].digest);
    layers(&got).unwrap();
    assert_eq!(origin.requests(), 1, "only the blob that the mirror has lost");
    assert!(open_with(options(), &format!("{}/shop/other:1", origin.address())).is_ok());
}

#[test]
fn a_proxy_is_asked_and_loopback_is_not() {
    // The proxy is a registry that knows the image under the whole URL; only the request line tells them apart.
    let registry = Registry::start().unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    let proxy = "http://127.0.0.1:1";
    let options = with_environment(&[("HTTP_PROXY", proxy), ("HTTPS_PROXY", proxy)]);
    assert!(open_with(options.clone(), &format!("{}/a:1", registry.address())).is_ok());
    let error = open_with(options, "registry.example/a:1").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("refused"), "the proxy is asked, not a name server: {error}");
}

#[test]
fn progress_is_told() {
    let registry = Registry::start().unwrap();
    let built = image("linux/amd64", &[100_000]);
    registry.push("a", "1", std::slice::from_ref(&built)).unwrap();
    let (progress, events) = crate::common::listener();
    let got = open_with(Options { progress, ..options() }, &format!("{}/a:1", registry.address())).unwrap();
    layers(&got).unwrap();
    let events = events.lock().unwrap();
    let requests = events.iter().filter(|e| matches!(e, Event::Request { .. })).count();
    assert_eq!(requests, registry.requests());
    let digest = &built.layers[0].digest;
    let received: u64 = events
        .iter()
        .map(|e| match e {
            Event::BlobBytes { blob, bytes } if blob == digest => *bytes,
            _ => 0,
        })
        .sum();
    assert_eq!(received, 100_000);
}

#[test]
fn one_session_serves_all_images_of_a_run() {
    let registry = Registry::with(token(Tokens::default())).unwrap();
    registry.push("a", "1", &[image("linux/amd64", &[3])]).unwrap();
    registry.push("a", "2", &[image("linux/amd64", &[4])]).unwrap();
    let sources = Sources::new(options());
    for tag in ["1", "2", "1"] {
        let reference = Reference::parse(&format!("{}/a:{tag}", registry.address())).unwrap();
        sources.open(&reference, &choice("")).unwrap();
    }
    assert_eq!(registry.requests(), 2 + 3 * 2);
}

#[test]
fn tags_and_repositories_come_in_pages() {
    for access in [Access::Anybody, token(Tokens::default())] {
        let registry = Registry::with(access).unwrap();
        let names = ["a/a", "b", "c", "d", "e"];
        for name in names {
            registry.push(name, "1", &[image("linux/amd64", &[3])]).unwrap();
        }
        for tag in ["2", "3", "4", "5"] {
            registry.push("b", tag, &[image("linux/amd64", &[3])]).unwrap();
        }
        let sources = Sources::new(options());
        let name = imgscan_source::RegistryName::parse(&format!("{}/b", registry.address())).unwrap();
        assert_eq!(sources.tags(&name).unwrap(), ["1", "2", "3", "4", "5"]);
        assert_eq!(sources.catalog(&registry.address()).unwrap(), names);
        let gone = imgscan_source::RegistryName::parse(&format!("{}/gone", registry.address())).unwrap();
        assert_eq!(sources.tags(&gone).unwrap_err().kind, ErrorKind::NotFound);
    }
}

#[test]
fn a_list_does_not_lead_elsewhere_or_in_circles() {
    for link in ["<https://other.example/v2/b/tags/list>; rel=\"next\"", "</v2/b/tags/list>; rel=next"] {
        let registry = Registry::start().unwrap();
        registry.push("b", "1", &[image("linux/amd64", &[3])]).unwrap();
        registry.fault(On::Any, Fault::Headers(vec![("Link".into(), link.into())]), Times::Always);
        let name = imgscan_source::RegistryName::parse(&format!("{}/b", registry.address())).unwrap();
        let error = Sources::new(options()).tags(&name).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged, "{error}");
    }
}

#[test]
fn referrers_by_the_api_and_by_the_tag() {
    for api in [true, false] {
        let registry = Registry::start().unwrap();
        let built = image("linux/amd64", &[3]);
        let digest = registry.push("b", "1", &[built]).unwrap();
        let sbom = serde_json::json!({"mediaType": crate::common::MANIFEST, "digest": digest, "size": 7,
            "artifactType": "application/spdx+json"});
        let name = imgscan_source::RegistryName::parse(&format!("{}/b", registry.address())).unwrap();
        let subject = digest.parse().unwrap();
        if !api {
            registry.without_referrers_api();
        }
        let sources = Sources::new(options());
        assert_eq!(sources.referrers(&name, &subject, None).unwrap(), []);
        match api {
            true => registry.put_referrer("b", &digest, sbom),
            false => {
                let index = serde_json::json!({"schemaVersion": 2, "mediaType": crate::common::INDEX, "manifests": [sbom]});
                let tag = digest.replace(':', "-");
                registry.put_manifest("b", &tag, crate::common::INDEX, index.to_string().as_bytes());
            }
        }
        let found = sources.referrers(&name, &subject, None).unwrap();
        assert_eq!((found.len(), found[0].size), (1, 7), "api: {api}");
        assert_eq!(sources.referrers(&name, &subject, Some("application/spdx+json")).unwrap().len(), 1);
        assert_eq!(sources.referrers(&name, &subject, Some("other")).unwrap().len(), 0);
    }
}

#[test]
fn foreign_layers_are_fetched_when_asked_for() {
    let (registry, elsewhere) = (Registry::start().unwrap(), Registry::start().unwrap());
    let built = image("linux/amd64", &[300]);
    let layer = &built.layers[0];
    let mut manifest: serde_json::Value = serde_json::from_slice(&built.manifest.bytes).unwrap();
    let url = format!("http://{}/v2/x/blobs/{}", elsewhere.address(), layer.digest);
    manifest["layers"][0]["urls"] = serde_json::json!([url]);
    manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar".into();
    registry.put_blob(&built.config);
    registry.put_manifest("a", "1", crate::common::MANIFEST, manifest.to_string().as_bytes());
    elsewhere.put_blob(layer);
    let reference = format!("{}/a:1", registry.address());
    let error = layers(&open(&reference).unwrap()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains(&url) && error.help.unwrap().contains("--foreign-layers"));
    assert_eq!(elsewhere.requests(), 0);
    elsewhere.fault(On::Blobs, Fault::CutAfter(100), Times::Once);
    let got = open_with(Options { foreign_layers: true, ..options() }, &reference).unwrap();
    assert_eq!(layers(&got).unwrap(), std::slice::from_ref(&layer.bytes));
    registry.put_blob(layer);
    elsewhere.forget();
    layers(&open(&reference).unwrap()).unwrap();
    assert_eq!(elsewhere.requests(), 0, "the registry itself has it");
}

#[test]
fn registries_conf_is_followed() {
    let (mirror, origin) = (Registry::start().unwrap(), Registry::start().unwrap());
    mirror.push("cache/app", "1", &[image("linux/amd64", &[3])]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registries.conf");
    let text = format!(
        "[[registry]]\nlocation = \"{}\"\n[[registry.mirror]]\nlocation = \"{}/cache\"\n",
        origin.address(),
        mirror.address()
    );
    std::fs::write(&file, text).unwrap();
    let options = with_environment(&[("CONTAINERS_REGISTRIES_CONF", file.to_str().unwrap())]);
    layers(&open_with(options, &format!("{}/app:1", origin.address())).unwrap()).unwrap();
    assert_eq!(origin.requests(), 0);
}
