//! The HTML page as a browser lays it out: headless Chromium measures it on a wide window and on a phone, and prints it.
//! What is compared is structure (what is seen, in which order, what sticks out), not pixels. Left out, saying so, where no
//! Chromium is installed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{image, imgscan, stderr, workdir};
use serde_json::Value;

/// Puts the page, as it is, into a frame of a width and tells what is seen in it.
const MEASURE: &str = include_str!("page/measure.html");

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file())
}

/// A headless browser that talks to nobody.
fn headless(browser: &Path, dir: &Path) -> Command {
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--virtual-time-budget=5000",
    ]);
    command.arg(format!("--user-data-dir={}", dir.join("profile").display())).env("HOME", dir);
    command
}

/// The page of an image and its report as JSON.
fn page(dir: &Path, name: &str) -> (String, Value) {
    let (html, json) = (dir.join(format!("{name}.html")), dir.join(format!("{name}.json")));
    let outputs = [format!("html={}", html.display()), format!("json={}", json.display())];
    let output = imgscan(&["scan", &image(name), "--exit-zero", "-o", &outputs[0], "-o", &outputs[1]]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    (std::fs::read_to_string(html).unwrap(), report["results"][0].clone())
}

fn measured(browser: &Path, dir: &Path, page: &str, width: u32) -> Value {
    let file = dir.join("measure.html");
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    std::fs::write(&file, MEASURE.replace("{page}", &quoted).replace("{width}", &width.to_string())).unwrap();
    let output =
        headless(browser, dir).arg("--dump-dom").arg(format!("file://{}", file.display())).output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = dom.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next());
    let told = told.unwrap_or_else(|| panic!("{dom}\n{}", stderr(&output)));
    let told = told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn the_page_is_seen_whole_on_a_desk_on_a_phone_and_on_paper() {
    let Some(browser) = browser() else {
        println!("left out: no Chromium is installed");
        return;
    };
    std::fs::create_dir_all(workdir()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for name in ["incident", "nginx-incident"] {
        let (html, report) = page(dir.path(), name);
        for width in [1280, 360] {
            let seen = measured(&browser, dir.path(), &html, width);
            let place = format!("{name}, {width} px: {seen:#}");
            // Nothing is cut off at the right, and nobody has to scroll sideways.
            assert_eq!(seen["sideways"], 0, "{place}");
            assert_eq!(seen["outside"], serde_json::json!([]), "{place}");
            assert!(seen["smallest"].as_f64().unwrap() >= 12.0, "{place}");
            let count = |part: &str| report[part].as_array().unwrap().len();
            assert_eq!(seen["findings"], count("findings"), "{place}");
            assert_eq!(seen["layers"], count("layers"), "{place}");
            let headings: Vec<&str> =
                seen["headings"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
            // First what is wrong, then what starts, then who wrote what.
            assert_eq!(headings.first().copied(), report["reference"].as_str(), "{place}");
            assert!(headings[1].ends_with("findings") || headings[1].ends_with("finding"), "{place}");
            let servers = report["processes"].as_array().unwrap();
            for (at, server) in servers.iter().enumerate() {
                assert!(headings[2 + at].starts_with(server["id"].as_str().unwrap()), "{place}");
            }
            assert_eq!(headings[2 + servers.len()], "Layers", "{place}");
        }
        let (file, pdf) = (dir.path().join(format!("{name}.html")), dir.path().join(format!("{name}.pdf")));
        let printed = headless(&browser, dir.path())
            .arg(format!("--print-to-pdf={}", pdf.display()))
            .arg(format!("file://{}", file.display()))
            .output()
            .unwrap();
        let bytes = std::fs::read(&pdf).unwrap_or_else(|e| panic!("{e}: {}", stderr(&printed)));
        assert!(bytes.starts_with(b"%PDF-"), "{name}");
    }
}
