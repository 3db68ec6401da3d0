use std::sync::Arc;
use std::time::Instant;

use imgscan_testkit::registry::{Fault, On, Registry, Times};
use rustls::crypto::ring::default_provider;

use super::*;
use crate::Options;

/// A place where a server answers everything with this JSON.
fn server(json: &str) -> Registry {
    let registry = Registry::start().unwrap();
    let fault = Fault::Answer { status: 200, headers: vec![], body: json.as_bytes().to_vec() };
    registry.fault(On::Any, fault, Times::Always);
    registry
}

const ANSWER: &str = r#"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#;

fn find(variables: &[(&str, &str)]) -> (Option<Credential>, Vec<String>) {
    let environment = Environment::of(variables.iter().copied());
    let options =
        Options { environment: environment.clone(), backoff: Duration::from_millis(1), ..Options::default() };
    let http = Http::new(Arc::new(options), Instant::now()).unwrap();
    let mut failed = Vec::new();
    let found = http.wait(async { Ok(credential(&http, &environment, &mut failed).await) }).unwrap();
    (found, failed)
}

fn token() -> Option<Credential> {
    Some(Credential::basic("_token", "ya29.token"))
}

#[test]
fn which_registries_are_googles() {
    for name in ["gcr.io", "eu.gcr.io", "europe-docker.pkg.dev", "x.google.com"] {
        assert!(is_google(name), "{name}");
    }
    for name in ["evil-gcr.io", "gcr.io.example", "pkg.dev", "docker.io", "google.com"] {
        assert!(!is_google(name), "{name}");
    }
}

#[test]
fn a_users_own_login() {
    let server = server(ANSWER);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("application_default_credentials.json");
    let uri = format!("http://{}/token", server.address());
    let user = json!({"type": "authorized_user", "client_id": "id", "client_secret": "se&cret", "refresh_token": "1//r",
        "token_uri": uri, "account": ""});
    std::fs::write(&file, user.to_string()).unwrap();
    assert_eq!(find(&[("CLOUDSDK_CONFIG", folder.path().to_str().unwrap())]), (token(), vec![]));
    let seen = server.seen();
    let body = String::from_utf8(seen[0].body.clone()).unwrap();
    assert_eq!(seen[0].method, "POST");
    assert_eq!(body, "grant_type=refresh_token&client_id=id&client_secret=se%26cret&refresh_token=1%2F%2Fr");
}

#[test]
fn a_service_account_signs() {
    let server = server(ANSWER);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    let uri = format!("http://{}/token", server.address());
    let key = include_str!("../../tests/data/rsa.key");
    let account = json!({"type": "service_account", "client_email": "a@b.iam", "private_key": key,
        "private_key_id": "k1", "token_uri": uri, "project_id": "p"});
    std::fs::write(&file, account.to_string()).unwrap();
    let named = [("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap())];
    assert_eq!(find(&named), (token(), vec![]));
    let body = String::from_utf8(server.seen()[0].body.clone()).unwrap();
    let assertion = body.split("assertion=").nth(1).unwrap();
    let parts: Vec<&str> = assertion.split('.').collect();
    let json = |part: &str| -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(json(parts[0]), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
    let claims = json(parts[1]);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["scope"]),
        (&json!("a@b.iam"), &json!(uri), &json!(SCOPE))
    );
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    let public = include_bytes!("../../tests/data/rsa.pub");
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let message = format!("{}.{}", parts[0], parts[1]);
    let algorithms = default_provider().signature_verification_algorithms;
    let (_, algorithms) =
        algorithms.mapping.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256).unwrap();
    assert!(algorithms.iter().any(|a| a.verify_signature(public, message.as_bytes(), &signature).is_ok()));
}

#[test]
fn the_machines_account() {
    let server = server(ANSWER);
    assert_eq!(find(&[("GCE_METADATA_HOST", &server.address())]), (token(), vec![]));
    let seen = server.seen();
    assert_eq!(seen[0].header("metadata-flavor"), Some("Google"));
    assert!(seen[0].target.starts_with("/computeMetadata/v1/instance/service-accounts/default/token"));
    // Off Google's machines: nobody there, or somebody who never answers.
    let silent = Registry::start().unwrap();
    silent.fault(On::Any, Fault::Silence(Duration::from_secs(60)), Times::Always);
    for host in ["127.0.0.1:1", &silent.address()] {
        let started = Instant::now();
        assert_eq!(find(&[("GCE_METADATA_HOST", host)]).0, None);
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn what_gcloud_is_logged_in_as() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("gcloud");
    let script = r#"#!/bin/sh
test "$*" = "config config-helper --force-auth-refresh --format=json(credential)" || exit 1
echo '{"credential":{"access_token":"ya29.token","token_expiry":"2026-01-01T00:00:00Z"}}'"#;
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    assert_eq!(find(&[("PATH", &path), ("GCE_METADATA_HOST", "127.0.0.1:1")]), (token(), vec![]));
}

#[test]
fn what_fails_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    for (text, word) in [
        ("nonsense", "no credentials of Google"),
        (r#"{"type":"external_account"}"#, "`gcloud` only"),
        (
            r#"{"type":"service_account","client_email":"a","private_key":"x","token_uri":"http://127.0.0.1:1/"}"#,
            "private key is none",
        ),
        (
            r#"{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c","token_uri":"http://example.com/"}"#,
            "not https",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let variables = [
            ("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap()),
            ("GCE_METADATA_HOST", "127.0.0.1:1"),
        ];
        let (found, failed) = find(&variables);
        assert_eq!(found, None);
        assert!(failed.iter().any(|f| f.contains(word)), "{word}: {failed:?}");
        assert!(failed.iter().any(|f| f.contains("`gcloud` is not installed")), "{failed:?}");
    }
}
