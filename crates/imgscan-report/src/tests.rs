//! The formats, seen as a whole.

use imgscan_model::{Explanation, Report, ScopeRef, Setting};
use serde_json::Value as Json;

use crate::fixture;
use crate::json::v1;
use crate::text::{self, Options};

fn report(image: imgscan_model::ImageReport) -> Report {
    Report { results: vec![image], errors: Vec::new() }
}

fn explanation(image: &imgscan_model::ImageReport, name: &str) -> Explanation {
    let server = &image.servers[0];
    Explanation {
        process: server.id.clone(),
        name: name.to_owned(),
        setting: server.settings[name].clone(),
        scope: None,
        differs: Vec::new(),
    }
}

fn scoped(image: &imgscan_model::ImageReport) -> Explanation {
    let at = |n: usize| {
        let scope = &image.servers[0].scopes[n];
        (
            ScopeRef { id: scope.id.clone(), path: scope.path.clone() },
            scope.settings["client_max_body_size"].clone(),
        )
    };
    let (scope, setting): (ScopeRef, Setting) = at(2);
    Explanation {
        process: "nginx".into(),
        name: "client_max_body_size".into(),
        setting,
        scope: Some(scope),
        differs: vec![at(3)],
    }
}

#[test]
fn the_incident_on_one_screen() {
    insta::assert_snapshot!(text::render(
        &report(fixture::incident()),
        Options { width: 100, colour: false }
    ));
}

#[test]
fn the_incident_on_a_narrow_screen_in_colour() {
    insta::assert_snapshot!(text::render(&report(fixture::incident()), Options { width: 60, colour: true }));
}

#[test]
fn scopes_are_a_tree() {
    insta::assert_snapshot!(text::render(&report(fixture::nginx()), Options::default()));
}

#[test]
fn nothing_of_a_hostile_image_reaches_the_terminal() {
    let shown = text::render(&report(fixture::hostile()), Options::default());
    assert!(shown.chars().all(|c| c == '\n' || !crate::escape::is_unsafe(c)), "{shown:?}");
    insta::assert_snapshot!(shown);
}

#[test]
fn credentials_are_in_no_format() {
    let image = fixture::hostile();
    let explained = explanation(&image, "raw_env");
    let all = [
        text::render_explanation(&image, &explained, Options::default()),
        v1::render_explanation(&image, &explained).unwrap(),
        text::views::config(&image.config, Options::default()),
        text::views::history(&image.config, &image.layers, Options::default()),
        text::render(&report(image.clone()), Options::default()),
        v1::render(&report(image), v1::Options { stats: true }).unwrap(),
    ];
    for shown in all {
        for secret in ["sup3r-s3cret", "tok-123", "ghtok", "pw9"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn inputs_without_a_result_are_told_with_help() {
    let report = Report { results: Vec::new(), errors: fixture::errors() };
    insta::assert_snapshot!(text::render(&report, Options::default()));
}

#[test]
fn a_setting_explained() {
    let image = fixture::incident();
    insta::assert_snapshot!(
        ["timeout", "workers"]
            .map(|name| text::render_explanation(&image, &explanation(&image, name), Options::default()))
            .join("----\n")
    );
}

#[test]
fn a_setting_of_a_scope_explained() {
    let image = fixture::nginx();
    let explained = scoped(&image);
    insta::assert_snapshot!(text::render_explanation(&image, &explained, Options::default()));
    insta::assert_snapshot!(v1::render_explanation(&image, &explained).unwrap());
}

#[test]
fn views_on_an_image() {
    let image = fixture::incident();
    let options = Options { width: 80, colour: false };
    insta::assert_snapshot!("view_config", text::views::config(&image.config, options));
    insta::assert_snapshot!("view_history", text::views::history(&image.config, &image.layers, options));
    let files = imgscan_model::testing::MemoryFiles::new()
        .layer(2, "COPY . /app")
        .file_with_mode("/app/run.sh", "x", 0o4755)
        .link("/app/now", "run.sh")
        .file("/app/\u{1b}[2J", "");
    let mut nodes = Vec::new();
    imgscan_model::FileView::for_each(&files, &mut |node| nodes.push(node.clone()));
    insta::assert_snapshot!("view_ls", text::views::ls(&nodes, options));
}

#[test]
fn a_document_keeps_its_shape_and_loses_its_credentials() {
    let image = fixture::hostile();
    let raw = br#"{"config":{"Env":["DB_PASSWORD=sup3r-s3cret","PORT=80"]},"note":"\u009b","history":[{"created_by":"ENV DB_PASSWORD=sup3r-s3cret"}]}"#;
    insta::assert_snapshot!(text::views::document(raw, &image.config).unwrap());
    assert!(text::views::document(b"{", &image.config).is_err());
}

#[test]
fn the_incident_as_json() {
    insta::assert_snapshot!(v1::render(&report(fixture::incident()), v1::Options::default()).unwrap());
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let render = || v1::render(&report(fixture::hostile()), v1::Options::default()).unwrap();
    assert_eq!(render(), render());
}

#[test]
fn stats_are_printed_only_when_asked_for() {
    let stats = |stats| -> Json {
        let text = v1::render_line(&fixture::incident(), v1::Options { stats }).unwrap();
        serde_json::from_str::<Json>(&text).unwrap()["stats"].clone()
    };
    assert_eq!(stats(false), Json::Null);
    assert_eq!(stats(true)["elapsed_ms"], 7);
}

/// `SNAPSHOTS=overwrite cargo test -p imgscan-report` writes the file anew.
#[test]
fn the_schema_in_docs_is_the_schema_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/report-v1.schema.json");
    let schema = v1::schema().unwrap();
    if std::env::var_os("SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == schema, "docs/report-v1.schema.json is stale: run with SNAPSHOTS=overwrite");
}

#[test]
fn reports_are_valid_by_the_schema() {
    let schema: Json = serde_json::from_str(&v1::schema().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let all = Report {
        results: vec![fixture::incident(), fixture::hostile(), fixture::nginx()],
        errors: fixture::errors(),
    };
    let mut document: Json =
        serde_json::from_str(&v1::render(&all, v1::Options { stats: true }).unwrap()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(faults, [] as [&str; 0]);
    // The control: a report that breaks the contract is refused.
    document["results"][0]["findings"][0]["severity"] = Json::from("dire");
    assert!(!validator.is_valid(&document));
}
