//! Every recorded case that needs no start script: no wrong value, nearly all exact.

use imgscan_dialects::nginx::select::{explain, setting};
use imgscan_model::{Data, Server, Setting, StartStatus};
use regex::Regex;
use serde_json::Value;

use crate::case::Case;

pub(crate) const CASES: &str = include_str!("../../../../testdata/nginx/cases.jsonl");

/// What became of a case.
#[derive(Debug, PartialEq)]
enum Outcome {
    Exact,
    /// An honest "not known".
    Unknown(String),
    Wrong(String),
    /// Nothing in it that the dialect could answer.
    NotAsked,
}

#[test]
fn recorded_cases() {
    let mut counts = [0_usize; 4];
    let mut wrong = Vec::new();
    for case in Case::all(CASES).iter().filter(|c| !c.needs_scripts()) {
        for version in case.versions() {
            let outcome = run(case, version);
            let line = format!("{} {version} {outcome:?}", case.id());
            match outcome {
                Outcome::Exact => counts[0] += 1,
                Outcome::Unknown(_) => {
                    counts[1] += 1;
                    eprintln!("{line}");
                }
                Outcome::Wrong(_) => {
                    counts[2] += 1;
                    eprintln!("{line}");
                    wrong.push(line);
                }
                Outcome::NotAsked => counts[3] += 1,
            }
        }
    }
    let [exact, unknown, _, not_asked] = counts;
    eprintln!("exact {exact}, unknown {unknown}, wrong {}, not asked {not_asked}", wrong.len());
    assert!(wrong.is_empty(), "{} wrong", wrong.len());
    let asked = exact + unknown;
    assert!(exact * 100 >= asked * 97, "{exact} of {asked} exact");
}

fn run(case: &Case, version: &str) -> Outcome {
    let server = case.server(version);
    if case.kind() == "error" {
        return error(case, &server);
    }
    if server.start.status == StartStatus::Fails {
        return Outcome::Wrong(format!("refused: {:?}", server.start.message));
    }
    if let Some(pattern) = case.json["expect_warning"].as_str() {
        let warning = Regex::new(pattern).unwrap();
        if !server.problems.iter().any(|p| warning.is_match(&p.message)) {
            return Outcome::Wrong(format!("no warning: {:?}", server.problems));
        }
        if case.json["expect"].is_null() {
            return Outcome::Exact;
        }
    }
    value(case, &server)
}

fn error(case: &Case, server: &Server) -> Outcome {
    let message = server.start.message.clone().unwrap_or_default();
    match server.start.status {
        StartStatus::Unknown => Outcome::Unknown(message),
        StartStatus::Fails => match case.json["expect_error"].as_str() {
            Some(pattern) if !Regex::new(pattern).unwrap().is_match(&message) => {
                Outcome::Wrong(format!("said: {message}"))
            }
            _ => Outcome::Exact,
        },
        other => Outcome::Wrong(format!("{other:?}")),
    }
}

/// Questions that are about what comes back and not about a directive.
const NO_DIRECTIVE: &[&str] = &["handler", "status"];

fn value(case: &Case, server: &Server) -> Outcome {
    let question = &case.json["question"];
    let Some(name) = question["directive"].as_str() else { return Outcome::NotAsked };
    let expect = &case.json["expect"];
    if expect.is_null() || NO_DIRECTIVE.contains(&name) || by_request_only(case) {
        return Outcome::NotAsked;
    }
    let found = if question["level"] == "main" {
        setting(server, None, name)
    } else {
        explain(server, &case.question(), name).map(|a| a.setting)
    };
    let Some(found) = found else { return Outcome::Wrong("no answer".to_owned()) };
    match found.value().known() {
        None => Outcome::Unknown(found.value().to_string()),
        Some(data) if matches(data, expect, name) => origins(case, &found),
        Some(data) => Outcome::Wrong(format!("{data:?} for {expect}")),
    }
}

/// `expect` was written down by a person where only requests were recorded; it is compared where it has the form of
/// the others.
fn by_request_only(case: &Case) -> bool {
    let name = case.json["question"]["directive"].as_str();
    matches!(name, Some("return" | "proxy_pass" | "access_log" | "error_log" | "limit_req"))
        && case.json["expect_checked_by"].to_string().contains("behaviour only")
}

/// Whether a value in the report's form is the one in the oracle's form.
fn matches(data: &Data, expect: &Value, name: &str) -> bool {
    match (data, expect) {
        (Data::Int(n), Value::Number(e)) => Some(*n) == e.as_i64(),
        (Data::Bool(b), Value::Number(e)) => Some(i64::from(*b)) == e.as_i64(),
        (Data::Int(n), Value::String(e)) => Some(*n) == milliseconds(e),
        (Data::List(items), Value::String(e)) => items.first().and_then(Data::as_str).is_some_and(|s| {
            format!("{s}000ms") == *e || format!("{s}ms") == *e || seconds(s) == milliseconds(e)
        }),
        (Data::Str(s), Value::String(e)) => s == e,
        (Data::Bool(b), Value::Array(e)) => *e == [Value::from(if *b { "on" } else { "off" })],
        (Data::Str(s), Value::Array(e)) => *e == [Value::from(s.as_str())],
        (Data::List(items), Value::Array(e)) => list(items, e, name),
        _ => false,
    }
}

fn milliseconds(text: &str) -> Option<i64> {
    match text.strip_suffix("ms") {
        Some(ms) => ms.parse().ok(),
        None => text.strip_suffix('s')?.parse::<i64>().ok().map(|s| s * 1000),
    }
}

fn seconds(text: &str) -> Option<i64> {
    text.strip_suffix('s').unwrap_or(text).parse::<i64>().ok().map(|s| s * 1000)
}

fn list(items: &[Data], expect: &[Value], name: &str) -> bool {
    let words = |data: &Data| -> Vec<String> {
        match data {
            Data::List(words) => words.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    };
    if name == "try_files" {
        let flat: Vec<String> = items.iter().flat_map(words).collect();
        return flat.iter().map(String::as_str).eq(expect.iter().filter_map(Value::as_str));
    }
    items.len() == expect.len() && items.iter().zip(expect).all(|(item, e)| entry(&words(item), e, name))
}

fn entry(words: &[String], expect: &Value, name: &str) -> bool {
    match expect {
        Value::String(e) => words.join(" ") == *e,
        Value::Array(e) if name == "error_page" => {
            let overwrite = e[1].as_i64().unwrap();
            let mut as_written = vec![e[0].to_string()];
            if overwrite >= 0 {
                as_written.push(if overwrite == 0 { "=".to_owned() } else { format!("={overwrite}") });
            }
            as_written.push(e[2].as_str().unwrap().to_owned());
            words == as_written
        }
        Value::Array(e) => words.iter().map(String::as_str).eq(e.iter().filter_map(Value::as_str)),
        _ => false,
    }
}

/// Whether the places of the effective candidates are those whose removal changed the value in real nginx.
fn origins(case: &Case, found: &Setting) -> Outcome {
    let Some(expect) = case.json["origins"].as_array() else { return Outcome::Exact };
    for origin in expect {
        let at = (origin["file"].as_str(), origin["line"].as_u64(), origin["column"].as_u64());
        let known = found.candidates().iter().any(|c| {
            let span = c.origin().span();
            let place = span.map(|s| (u64::from(s.line), u64::from(s.column)));
            (c.origin().path(), place.map(|p| p.0), place.map(|p| p.1)) == at
        });
        if !known {
            return Outcome::Wrong(format!("origin {at:?} is not among {:?}", found.candidates()));
        }
    }
    Outcome::Exact
}
