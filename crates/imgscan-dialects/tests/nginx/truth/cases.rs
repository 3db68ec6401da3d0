//! The recorded cases, answered once more by the real nginx.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use regex::Regex;
use serde_json::Value;

use super::real::{Content, Files};
use super::{Compared, compare, real};
use crate::case::Case;
use crate::cases::CASES;

/// The files of a case; `None` where they are not all kept with it.
fn files(case: &Case) -> Option<Files> {
    let content = |json: &Value| match json {
        Value::String(text) => Some(Content::Bytes(text.clone().into_bytes())),
        json if json["symlink"].is_string() => Some(Content::Link(json["symlink"].as_str()?.to_owned())),
        json if json["hex"].is_string() => {
            let hex = json["hex"].as_str()?;
            let byte = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
            Some(Content::Bytes((0..hex.len()).step_by(2).map(byte).collect::<Option<_>>()?))
        }
        json => Some(Content::Bytes(json["text"].as_str()?.to_owned().into_bytes())),
    };
    case.json["files"].as_object()?.iter().map(|(path, json)| Some((path.clone(), content(json)?))).collect()
}

#[test]
fn recorded_cases_hold_for_the_nginx_at_hand() {
    let Some(real) = real() else { return };
    let (mut asked, mut faults) = (0, Vec::new());
    for case in Case::all(CASES).iter().filter(|c| !c.needs_scripts()) {
        let Some(files) = files(case).filter(|_| case.versions().contains(&real.version.as_str())) else {
            continue;
        };
        let argv: Vec<&str> =
            case.json["argv"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        // A process that only tests is no daemon; what nginx says is the same.
        real.lay(&files);
        let theirs = real.test(&argv[1..]);
        asked += 1;
        if let Some(pattern) = case.json["expect_error"].as_str() {
            let refusal = theirs.refusal.as_deref().unwrap_or("taken");
            // Debian keeps stream in a module file that these cases do not load.
            let no_stream = real.is_debian && refusal.contains("unknown directive");
            if !refusal.is_empty() && !no_stream && !Regex::new(pattern).unwrap().is_match(refusal) {
                faults.push(format!("{}: the record says `{pattern}`, nginx `{refusal}`", case.id()));
            }
        }
        let ours = Nginx.read(&real.process(&files, &argv[1..])).server;
        match compare(&ours, &theirs) {
            Compared::Equal => {}
            other => faults.push(format!("{}: {other:?}", case.id())),
        }
    }
    faults.iter().for_each(|f| eprintln!("{f}"));
    eprintln!("{asked} recorded cases asked of nginx {}, {} faults", real.version, faults.len());
    assert!(faults.is_empty());
}
