//! The config blob: what is read, what is a problem, what is an error; history ↔ layers.

#![allow(clippy::unwrap_used, clippy::panic)]

use imgscan_layers::{ConfigError, read_config};
use imgscan_model::{ImageConfig, Problem};
use serde_json::{Value, json};

fn read(blob: Value) -> (ImageConfig, Vec<Problem>) {
    read_config(blob.to_string().as_bytes(), Some("sha256:c")).unwrap()
}

fn error(blob: &str) -> String {
    match read_config(blob.as_bytes(), None) {
        Ok(_) => panic!("{blob} was read"),
        Err(error) => error.to_string(),
    }
}

fn with_history(history: Value, layers: usize) -> (ImageConfig, Vec<Problem>) {
    let diff_ids: Vec<String> = (0..layers).map(|i| format!("sha256:{i}")).collect();
    read(json!({"history": history, "rootfs": {"type": "layers", "diff_ids": diff_ids}}))
}

fn made(history: Value, layers: usize) -> Vec<Option<String>> {
    let (config, _) = with_history(history, layers);
    config.layer_instructions.iter().map(|i| i.as_ref().map(ToString::to_string)).collect()
}

fn told(lines: &[&str]) -> Vec<Option<String>> {
    lines.iter().map(|l| if l.is_empty() { None } else { Some((*l).to_owned()) }).collect()
}

#[test]
fn everything_that_decides_the_start_is_read() {
    let (config, problems) = read(json!({
        "created": "2024-01-01T00:00:00Z", "architecture": "amd64", "os": "linux",
        "config": {
            "Env": ["PATH=/bin", "A=x=y", "EMPTY="], "Entrypoint": ["/e.sh"], "Cmd": ["gunicorn", "app:app"],
            "WorkingDir": "/app", "User": "app", "StopSignal": "SIGQUIT", "Labels": {"b": "2", "a": "1"},
            "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}, "Volumes": {"/data": {}}, "Shell": ["/bin/bash", "-c"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 3}, "OnBuild": null
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:a"]}
    }));
    assert_eq!(problems, []);
    assert_eq!(config.digest.as_deref(), Some("sha256:c"));
    assert_eq!(config.entrypoint.unwrap(), ["/e.sh"]);
    assert_eq!(config.cmd.unwrap(), ["gunicorn", "app:app"]);
    let env: Vec<(&str, &str)> = config.env.iter().map(|v| (v.name.as_str(), v.value.raw())).collect();
    assert_eq!(env, [("PATH", "/bin"), ("A", "x=y"), ("EMPTY", "")]);
    assert_eq!((config.working_dir.as_str(), config.user.as_str()), ("/app", "app"));
    assert_eq!(config.stop_signal.as_deref(), Some("SIGQUIT"));
    assert_eq!(config.labels, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    assert_eq!(config.exposed_ports, ["443/tcp", "80/tcp"]);
    assert_eq!(config.healthcheck.unwrap(), ["CMD", "true"]);
    assert_eq!(config.diff_ids, ["sha256:a"]);
    assert_eq!(config.layer_instructions, [None]);
}

#[test]
fn null_and_absent_are_the_same() {
    let (config, problems) =
        read(json!({"config": {"Env": null, "Cmd": null, "Entrypoint": [], "Labels": null}}));
    assert_eq!((config.cmd, config.entrypoint), (None, None));
    assert_eq!(problems, []);
    let (config, problems) = read(json!({"config": null, "rootfs": null, "history": null}));
    assert_eq!(
        (config, problems),
        (ImageConfig { digest: Some("sha256:c".into()), ..Default::default() }, vec![])
    );
}

#[test]
fn keys_are_matched_as_go_matches_them() {
    let text = r#"{"Config": {"CMD": ["a"], "cmd": ["b"], "env": ["A=1"]}}"#;
    let (config, _) = read_config(text.as_bytes(), None).unwrap();
    assert_eq!(config.cmd.unwrap(), ["b"]);
    assert_eq!(config.env.len(), 1);
}

#[test]
fn what_decides_the_start_must_have_its_type() {
    assert_eq!(error("[]"), "the config blob is a list with other things in it; an object must stand there");
    assert_eq!(error("{\"a\": "), "the config blob breaks JSON at line 1, column 6");
    assert_eq!(error("\u{1f}"), "the config blob breaks JSON at line 1, column 1");
    assert_eq!(error(r#"{"config": 3}"#), "`config` is a number; an object must stand there");
    let wrong = r#"{"config": {"Cmd": {"hunter2": 1}}}"#;
    assert_eq!(error(wrong), "`config.Cmd` is an object; a list of strings must stand there");
    let wrong = r#"{"config": {"Env": ["TOKEN=hunter2", 3]}}"#;
    assert!(!error(wrong).contains("hunter2"));
    assert_eq!(
        error(wrong),
        "`config.Env` is a list with other things in it; a list of strings must stand there"
    );
    assert!(error(r#"{"config": {"Cmd": ["a\u0000b"]}}"#).contains("NUL"));
    assert!(read_config(&[b'{', 0xff, b'}'], None).is_err());
}

#[test]
fn what_does_not_is_a_problem() {
    let (config, problems) = read(json!({
        "config": {"Labels": {"a": 1}, "StopSignal": 15, "ExposedPorts": [], "Env": ["A", "=x", "B=1"], "Cmd": "sh"},
        "history": [3, {"created_by": 4, "empty_layer": "no"}], "rootfs": {"diff_ids": 5}
    }));
    assert_eq!(config.cmd.unwrap(), ["sh"]);
    assert_eq!(config.env.len(), 1);
    let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
    for part in [
        "element 0 of `config.Env` has no `=`",
        "element 1 of `config.Env` has no name",
        "label `a` is not a string",
        "`config.StopSignal` is a number",
        "`config.ExposedPorts` is a list",
        "`config.Cmd` is a string",
        "`history[0]` is not an object",
        "`history[1].created_by` is a number",
        "`history[1].empty_layer` is a string",
        "`rootfs.diff_ids` is a number",
        "the history tells of 2 layers and the image has 0",
    ] {
        assert!(messages.iter().any(|m| m.contains(part)), "{part} not in {messages:#?}");
    }
    assert_eq!(messages.len(), 11, "{messages:#?}");
}

#[test]
fn lists_and_blobs_have_a_bound() {
    let many = format!(r#"{{"config": {{"Cmd": [{}"x"]}}}}"#, "\"x\",".repeat(20_000));
    assert!(matches!(read_config(many.as_bytes(), None), Err(ConfigError::Limit(_))));
    let deep = format!(r#"{{"config": {{"Labels": {}1{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read_config(deep.as_bytes(), None).unwrap().1.len(), 1);
    let large = format!("{}{{}}", " ".repeat(9 << 20));
    assert!(matches!(read_config(large.as_bytes(), None), Err(ConfigError::Limit(_))));
}

#[test]
fn buildkit() {
    let kit = "buildkit.dockerfile.v0";
    let history = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:a3bc in / ", "comment": ""},
        {"created_by": "ENV A=1", "comment": kit, "empty_layer": true},
        {"created_by": "RUN |1 NODE_ENV=prod /bin/sh -c npm ci # buildkit", "comment": kit},
        {"created_by": "COPY --chown=app app.py /app/ # buildkit", "comment": kit},
        {"created_by": "WORKDIR /app", "comment": kit},
        {"created_by": "EXPOSE [80/tcp 443/tcp]", "comment": kit, "empty_layer": true},
        {"created_by": "CMD [\"gunicorn\" \"app:app\"]", "comment": kit, "empty_layer": true}
    ]);
    let expected =
        told(&["ADD file:a3bc in /", "RUN npm ci", "COPY --chown=app app.py /app/", "WORKDIR /app"]);
    assert_eq!(made(history.clone(), 4), expected);
    let (config, problems) = with_history(history, 4);
    assert_eq!(problems, []);
    let text = |i: usize| config.history[i].instruction.as_ref().unwrap().text.to_string();
    assert_eq!((text(5), text(6)), ("EXPOSE 80/tcp 443/tcp".into(), r#"CMD ["gunicorn", "app:app"]"#.into()));
    assert_eq!(
        config.history.iter().map(|h| h.layer).collect::<Vec<_>>(),
        [Some(0), None, Some(1), Some(2), Some(3), None, None]
    );
}

#[test]
fn the_shell_of_a_run_is_known_from_the_shell_instruction() {
    let kit = "buildkit.dockerfile.v0";
    let history = json!([
        {"created_by": "SHELL [/bin/bash -o pipefail -c]", "comment": kit, "empty_layer": true},
        {"created_by": "RUN |2 A=x y B=2 /bin/bash -o pipefail -c a | b # buildkit", "comment": kit},
        {"created_by": "RUN |1 A=x pip install flask # buildkit", "comment": kit},
        {"created_by": "RUN /bin/bash -o pipefail -c echo hi # buildkit", "comment": kit},
        {"created_by": "RUN |1 odd # buildkit", "comment": kit}
    ]);
    assert_eq!(made(history, 4), told(&["RUN a | b", "RUN pip install flask", "RUN echo hi", "RUN |1 odd"]));
}

#[test]
fn the_classic_builder() {
    let history = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": "/bin/sh -c #(nop)  CMD [\"bash\"]", "empty_layer": true},
        {"created_by": "|1 V=2 /bin/sh -c pip install x==$V"},
        {"created_by": "/bin/sh -c #(nop) COPY dir:9f in /app "},
        {"created_by": "/bin/sh -c true", "empty_layer": true},
        {"created_by": "/bin/sh -c apt-get update"},
        {"created_by": "cmd /S /C #(nop) WORKDIR C:\\app"}
    ]);
    let expected = [
        "ADD file:1 in /",
        "RUN pip install x==$V",
        "COPY dir:9f in /app",
        "RUN apt-get update",
        "WORKDIR C:\\app",
    ];
    assert_eq!(made(history, 5), told(&expected));
}

#[test]
fn a_layer_squashed_by_buildah_belongs_to_no_single_instruction() {
    let history = json!([
        {"created_by": "/bin/sh -c #(nop) COPY file:ce45 in /app/a.txt ", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) WORKDIR /app", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) CMD gunicorn app:app"}
    ]);
    assert_eq!(made(history.clone(), 1), told(&["(squashed by buildah: COPY, WORKDIR, CMD)"]));
    let (config, _) = with_history(history, 1);
    assert!(config.history.iter().all(|h| h.layer.is_none()));

    let on_a_base = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": "/bin/sh -c #(nop)  CMD [\"bash\"]", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) ENV A=1", "empty_layer": true, "comment": "FROM docker.io/library/debian:12"},
        {"created_by": "/bin/sh -c pip install flask", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) COPY file:ce45 in /app/a.txt "}
    ]);
    assert_eq!(made(on_a_base, 2), told(&["ADD file:1 in /", "(squashed by buildah: ENV, RUN, COPY)"]));

    // From scratch no entry names a base: the classic builder and buildah cannot be told apart.
    let ambiguous = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in /x ", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) COPY file:ce45 in /app/a.txt "}
    ]);
    assert_eq!(made(ambiguous, 1), told(&[""]));
}

#[test]
fn a_layer_of_buildah_that_one_instruction_made_is_its_own() {
    let history = json!([
        {"created_by": "/bin/sh -c #(nop) CMD [\"bash\"]", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) ENV A=1", "empty_layer": true, "comment": "FROM docker.io/library/debian:12"},
        {"created_by": "/bin/sh -c #(nop) WORKDIR /app", "empty_layer": true},
        {"created_by": "/bin/sh -c #(nop) COPY file:ce45 in /app/a.txt "},
        {"created_by": "/bin/sh -c pip install flask"}
    ]);
    assert_eq!(made(history, 2), told(&["COPY file:ce45 in /app/a.txt", "RUN pip install flask"]));
}

#[test]
fn kaniko() {
    let history = json!([
        {"author": "kaniko", "created_by": "RUN pip install -r requirements.txt"},
        {"author": "kaniko", "created_by": "COPY app /app"}
    ]);
    assert_eq!(made(history, 2), told(&["RUN pip install -r requirements.txt", "COPY app /app"]));
    let single = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"author": "kaniko", "created_by": "CMD [\"gunicorn\"]"}
    ]);
    let expected = ["ADD file:1 in /", r#"(one snapshot by kaniko, up to: CMD ["gunicorn"])"#];
    assert_eq!(made(single, 2), told(&expected));
}

#[test]
fn jib_and_ko() {
    let history = json!([
        {"created_by": "jib-maven-plugin:3.4.0", "author": "Jib", "comment": "dependencies"},
        {"created_by": "jib-maven-plugin:3.4.0", "author": "Jib", "comment": "classes"}
    ]);
    let expected = ["jib-maven-plugin:3.4.0 (dependencies)", "jib-maven-plugin:3.4.0 (classes)"];
    assert_eq!(made(history, 2), told(&expected));
    let padded = json!([
        {"created_by": "RUN make # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"comment": "auto-generated by Jib"},
        {"created_by": "jib-gradle-plugin:3.4.0", "author": "Jib", "comment": "resources"}
    ]);
    assert_eq!(made(padded, 3), told(&["", "", "jib-gradle-plugin:3.4.0 (resources)"]));
    let ko = json!([{"author": "ko", "created_by": "ko build ko://example.com/x", "comment": "go build output, at /ko-app/x"}]);
    assert_eq!(made(ko, 1), told(&["ko build ko://example.com/x (go build output, at /ko-app/x)"]));
}

#[test]
fn what_buildkit_filled_up_is_not_aligned() {
    let history = json!([
        {"created_by": "RUN a # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"created_by": "COPY b / # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"created_by": "pulled from docker.io/library/x", "comment": "buildkit.exporter.image.v0"}
    ]);
    assert_eq!(made(history, 3), told(&["", "", ""]));
}

#[test]
fn images_without_history_are_no_problem() {
    let (config, problems) = with_history(json!([]), 2);
    assert_eq!((config.layer_instructions, problems), (vec![None, None], vec![]));
}

#[test]
fn a_history_that_disagrees_is_not_guessed_at() {
    let history = json!([
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": "/bin/sh -c a"}
    ]);
    assert_eq!(made(history.clone(), 3), told(&["ADD file:1 in /", "", ""]));
    assert_eq!(made(history.clone(), 1), told(&[""]));
    let (_, problems) = with_history(history, 3);
    assert_eq!(
        problems[0].message,
        "the history tells of 2 layers and the image has 3: which instruction made which layer is not known"
    );
}

#[test]
fn fields_know_their_instruction() {
    let (config, _) = read(json!({
        "config": {
            "Env": ["GUNICORN_CMD_ARGS=--bind=:80 --workers=3", "API_TOKEN=hunter2", "LATER=1"],
            "Cmd": ["gunicorn", "app:application"], "Entrypoint": ["/tini", "--"], "StopSignal": "SIGINT"
        },
        "history": [
            {"created_by": "ENV GUNICORN_CMD_ARGS=--bind=:80 --workers=3", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
            {"created_by": "ENV API_TOKEN=hunter2", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
            {"created_by": "CMD [\"python3\"]", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
            {"created_by": "CMD [\"gunicorn\" \"app:application\"]", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
            {"created_by": "ENTRYPOINT [\"/bin/old\"]", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
            {"created_by": "STOPSIGNAL SIGINT", "comment": "buildkit.dockerfile.v0", "empty_layer": true}
        ]
    }));
    assert_eq!(config.cmd_instruction.as_deref(), Some(r#"CMD ["gunicorn", "app:application"]"#));
    assert_eq!(config.entrypoint_instruction, None);
    assert_eq!(config.instruction("STOPSIGNAL").as_deref(), Some("STOPSIGNAL SIGINT"));
    let env: Vec<Option<&str>> = config.env.iter().map(|v| v.instruction.as_deref()).collect();
    let args = "ENV GUNICORN_CMD_ARGS=--bind=:80 --workers=3";
    assert_eq!(env, [Some(args), Some("ENV API_TOKEN=[redacted]"), None]);
}
