//! What pipelines copy and paste, run as far as it can be run here.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{image, workdir};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// A shell in a folder of its own beside the images, with the built binary on its path.
fn shell(dir: &Path, script: &[&str], env: &[(&str, &str)]) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_imgscan")).parent().unwrap().to_owned();
    Command::new("bash")
        .args(script)
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", dir)
        .envs(env.iter().copied())
        .output()
        .unwrap()
}

fn folder(name: &str) -> PathBuf {
    let dir = workdir().join("pipelines").join(name);
    drop(std::fs::remove_dir_all(&dir));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn the_github_action_annotates_writes_sarif_and_adds_to_the_summary() {
    let dir = folder("github");
    image("incident");
    std::fs::write(dir.join("summary"), "before\n").unwrap();
    let images = "oci:../../incident\n\n";
    let env = [
        ("INPUT_IMAGES", images),
        ("INPUT_FAIL_ON", "high"),
        ("INPUT_SARIF", "out.sarif"),
        ("INPUT_ARGS", "--cpus\n4"),
        ("GITHUB_STEP_SUMMARY", "summary"),
        ("GITHUB_OUTPUT", "output"),
    ];
    let script = root().join("ci/github-action.sh");
    let output = shell(&dir, &[script.to_str().unwrap()], &env);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("::error file=opt/conf/gunicorn.conf.py,line=5,"), "{said}");
    let sarif: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.join("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let summary = std::fs::read_to_string(dir.join("summary")).unwrap();
    assert!(summary.starts_with("before\n") && summary.contains("OVR005"), "{summary}");
    assert_eq!(std::fs::read_to_string(dir.join("output")).unwrap(), "sarif=out.sarif\nstatus=1\n");
}

#[test]
fn the_action_hands_its_inputs_on_as_variables_only() {
    let action = text("action.yml");
    let runs = action.split("\n      run: ").skip(1);
    let scripts: Vec<&str> = runs.map(|r| r.split("\n    - ").next().unwrap()).collect();
    assert_eq!(scripts.len(), 2);
    assert!(scripts.iter().all(|script| !script.contains("${{")), "an input would become a script");
    assert!(!action.contains("uses: "), "an action of a third party would have to be pinned");
    for line in action.lines().filter_map(|l| l.trim().strip_prefix("INPUT_")) {
        let name = line.split(':').next().unwrap();
        assert!(text("ci/github-action.sh").contains(&format!("INPUT_{name}")), "{name} is not read");
    }
}

#[test]
fn the_gitlab_component_writes_the_reports_that_it_declares() {
    let dir = folder("gitlab");
    image("incident");
    let template = text("templates/imgscan.yml");
    let script = template.lines().find_map(|l| l.strip_prefix("    - imgscan ")).unwrap();
    let env = [("SCANNED", "oci:../../incident"), ("FAIL_ON", "never")];
    let output = shell(&dir, &["-c", &format!("imgscan {script}")], &env);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["gl-code-quality-report.json", "imgscan-junit.xml", "imgscan.html"] {
        assert!(template.matches(name).count() >= 2, "{name} is declared");
        assert!(dir.join(name).metadata().unwrap().len() > 0, "{name} is written");
    }
}

#[test]
fn the_hook_is_a_command_of_ours() {
    let hook = text(".pre-commit-hooks.yaml");
    let entry = hook.lines().find_map(|l| l.trim().strip_prefix("entry: ")).unwrap();
    assert_eq!(entry, "imgscan scan");
    assert!(text("docs/pipelines/README.md").contains("      - id: imgscan\n"));
}

#[test]
fn the_container_is_static_and_without_root() {
    let file = text("Dockerfile");
    let last: Vec<&str> = file.split("\nFROM ").last().unwrap().lines().collect();
    assert_eq!(last[0], "scratch");
    assert!(last.contains(&"USER 65532:65532"));
    assert!(last.contains(&"ENTRYPOINT [\"/usr/bin/imgscan\"]"));
    let manifest = text("Cargo.toml");
    let rust = manifest.lines().find_map(|l| l.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(file.contains(&format!("FROM rust:{rust}-alpine")), "the compiler of Cargo.toml");
}
