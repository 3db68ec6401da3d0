//! Every form of a reference that people type works, or says what to type instead: `tests/references.toml` lists them.

#![allow(clippy::unwrap_used, clippy::panic)] // What is not as expected is a fault of the test.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{recipes, stderr, stdout};
use imgscan_testkit::layout::{self, BuiltImage};
use imgscan_testkit::recipe;
use imgscan_testkit::registry::Registry;
use serde_json::json;

/// The image in all the places that `references.toml` names.
struct Places {
    folder: tempfile::TempDir,
    registry: Registry,
    digest: String,
}

impl Places {
    fn new() -> Self {
        let image = layout::build(&recipe::load(&recipes().join("incident.recipe")).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        layout::write(&at("layout"), "latest", std::slice::from_ref(&image)).unwrap();
        tar(&at("layout.tar"), "-cf", &at("layout"));
        tar(&at("layout.tar.gz"), "-czf", &at("layout"));
        saved(&folder.path().join("saved"), &image);
        tar(&at("saved.tar"), "-cf", &at("saved"));
        unpacked(&at("rootfs"), &image);
        fs::write(at("rootfs.json"), &image.config.bytes).unwrap();
        let registry = Registry::start().unwrap();
        let digest = image.manifest.digest.clone();
        registry.push("library/app", "latest", std::slice::from_ref(&image)).unwrap();
        registry.push("shop/app", "1", &[image]).unwrap();
        Places { folder, registry, digest }
    }

    fn fill(&self, form: &str) -> String {
        form.replace("{registry}", &self.registry.address())
            .replace("{digest}", &self.digest)
            .replace("{folder}", &self.folder.path().display().to_string())
    }

    fn scan(&self, form: &str, stdin: Stdio) -> Output {
        let (hub, gcr) = (self.mirror("docker.io"), self.mirror("gcr.io"));
        let args =
            ["scan", "--format", "json", "--exit-zero", "--no-cache", "--mirror", &hub, "--mirror", &gcr];
        Command::new(env!("CARGO_BIN_EXE_imgscan"))
            .args(args)
            .arg(form)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(stdin)
            .output()
            .unwrap()
    }

    fn mirror(&self, host: &str) -> String {
        format!("{host}={}", self.registry.address())
    }
}

fn tar(file: &Path, option: &str, folder: &Path) {
    let status = Command::new("tar").arg(option).arg(file).arg("-C").arg(folder).arg(".").status().unwrap();
    assert!(status.success());
}

/// The folder that `docker save` packs, as engines before containerd's image store wrote it.
fn saved(folder: &Path, image: &BuiltImage) {
    fs::create_dir(folder).unwrap();
    let mut names = Vec::new();
    for (index, layer) in image.layers.iter().enumerate() {
        names.push(format!("{index}.tar"));
        fs::write(folder.join(&names[index]), &layer.bytes).unwrap();
    }
    fs::write(folder.join("config.json"), &image.config.bytes).unwrap();
    let manifest = json!([{ "Config": "config.json", "RepoTags": ["shop/app:1"], "Layers": names }]);
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

/// What `docker export` of a container holds; the image has no whiteouts.
fn unpacked(folder: &Path, image: &BuiltImage) {
    fs::create_dir(folder).unwrap();
    for layer in &image.layers {
        let file = folder.with_extension("layer");
        fs::write(&file, &layer.bytes).unwrap();
        let status = Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(folder).status().unwrap();
        assert!(status.success());
    }
}

#[test]
fn every_form_works_or_says_what_to_type_instead() {
    let table: toml::Table = include_str!("references.toml").parse().unwrap();
    let places = Places::new();
    let mut faults = String::new();
    for form in table["works"].as_array().unwrap() {
        let form = places.fill(form.as_str().unwrap());
        let output = places.scan(&form, Stdio::null());
        if output.status.code() != Some(0) || !stdout(&output).contains("\"OVR005\"") {
            faults.push_str(&format!(
                "{form}: {:?}\n{}{}\n",
                output.status.code(),
                stdout(&output),
                stderr(&output)
            ));
        }
    }
    for (section, status) in [("refused", 2), ("absent", 3)] {
        for (form, words) in table[section].as_table().unwrap() {
            let form = places.fill(form);
            let output = places.scan(&form, Stdio::null());
            let said = stdout(&output) + &stderr(&output);
            if output.status.code() != Some(status) || !said.contains(words.as_str().unwrap()) {
                faults.push_str(&format!("{form}: {:?}\n{said}\n", output.status.code()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn an_archive_may_come_by_standard_input() {
    let places = Places::new();
    for name in ["layout.tar", "layout.tar.gz", "saved.tar"] {
        let file = fs::File::open(places.folder.path().join(name)).unwrap();
        let output = places.scan("-", file.into());
        assert!(stdout(&output).contains("\"OVR005\""), "{name}: {}{}", stdout(&output), stderr(&output));
    }
}
