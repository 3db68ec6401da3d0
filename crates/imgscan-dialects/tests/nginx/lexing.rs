//! How texts become words, against the answers of real nginx 1.22.1: `testdata/nginx/lexing.jsonl` has a line for each
//! text, with nginx's own complaint (which shows the words) or `null` where nginx takes it. The classes are those in
//! which readers of nginx configurations are known to differ from nginx.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, EnvSource, Origin, Server, StartStatus, Text};
use serde_json::Value;

use crate::case::process;

/// A recorded text.
pub(crate) struct Recorded {
    pub(crate) class: String,
    pub(crate) source: String,
    /// nginx's complaint.
    pub(crate) says: Option<String>,
}

pub(crate) fn all() -> Vec<Recorded> {
    let lines = include_str!("../../../../testdata/nginx/lexing.jsonl").lines();
    let recorded = lines.map(|line| {
        let json: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        Recorded { class: text("class").unwrap(), source: text("source").unwrap(), says: text("says") }
    });
    recorded.collect()
}

fn read(source: &str) -> Server {
    let files = MemoryFiles::new().dir("/tmp").dir("/run").file("/etc/nginx/nginx.conf", source);
    let mut env = Env::default();
    let version = Text::new("1.22.1", Origin::image_env("NGINX_VERSION", "1.22.1", None));
    env.set("NGINX_VERSION", version, EnvSource::Image);
    let word = Text::new("nginx", Origin::ImageCmd { index: 0, chars: None, instruction: None });
    Nginx.read(&process(vec![word], env, files)).server
}

#[test]
fn words_are_those_of_nginx() {
    let mut faults = String::new();
    let all = all();
    assert!(all.len() > 80);
    for Recorded { class, source, says } in all {
        let start = read(&source).start;
        let expected = if says.is_some() { StartStatus::Fails } else { StartStatus::Ok };
        if start.status != expected || start.message != says {
            faults.push_str(&format!("{class}: {source:?}\n  {start:?}\n  nginx {says:?}\n"));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
