//! `cargo xtask gunicorn-settings`: the table of settings of every gunicorn version, from the real packages.
//!
//! Each version is installed by pip into a directory of its own and asked for its table by a small Python script.
//! What is kept is the first version in full and, for each later one, what changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::{Failure, root};

/// The first version that is supported.
const FIRST: [u64; 3] = [19, 9, 0];
/// Where the tables are kept, from the root of the repository.
const KEPT: &str = "crates/imgscan-dialects/data/gunicorn/settings.json";
/// The script that asks an installed gunicorn.
const ASK: &str = "xtask/src/gunicorn_settings.py";

/// Writes the tables of all versions since the first supported one. `args` may name a directory for the
/// installations, which then are kept and used again; else a temporary one is used.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let temporary = std::env::temp_dir().join(format!("gunicorn-settings-{}", std::process::id()));
    let place = args.first().map_or_else(|| temporary.clone(), PathBuf::from);
    fs::create_dir_all(&place)?;
    let made = tables(&place);
    if temporary.exists() {
        fs::remove_dir_all(&temporary)?;
    }
    let made = made?;
    fs::write(root().join(KEPT), render(&made))?;
    println!("{KEPT}: {} versions", made.len());
    Ok(())
}

/// A version with its rows, oldest first.
type Tables = Vec<(String, Vec<Value>)>;

fn tables(place: &Path) -> Result<Tables, Failure> {
    let python = venv(place)?;
    let mut tables = Tables::new();
    for version in versions(&python)? {
        let dir = place.join(&version);
        if !dir.exists() {
            let wanted = format!("gunicorn=={version}");
            let target = dir.display().to_string();
            output(
                Command::new(&python)
                    .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
                    .args([&target, &wanted]),
            )?;
        }
        let asked = output(Command::new(&python).arg(root().join(ASK)).arg(&dir))?;
        let rows: Vec<Value> = serde_json::from_str(&asked)?;
        println!("{version}: {} settings", rows.len());
        tables.push((version, rows));
    }
    Ok(tables)
}

/// A Python of our own with `pkg_resources`, which gunicorn imports before 21.0.
fn venv(place: &Path) -> Result<PathBuf, Failure> {
    let venv = place.join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        output(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        output(Command::new(&python).args(["-m", "pip", "install", "--quiet", "setuptools<81"]))?;
    }
    Ok(python)
}

/// Every released version from the first supported one on, oldest first.
fn versions(python: &Path) -> Result<Vec<String>, Failure> {
    let listed = output(Command::new(python).args(["-m", "pip", "index", "versions", "gunicorn"]))?;
    let line = listed.lines().find_map(|l| l.strip_prefix("Available versions:"));
    let line = line.ok_or("pip lists no versions of gunicorn")?;
    let mut versions: Vec<&str> = line.split(',').map(str::trim).filter(|v| number(v) >= FIRST).collect();
    versions.sort_by_key(|v| number(v));
    Ok(versions.into_iter().map(str::to_owned).collect())
}

fn number(version: &str) -> [u64; 3] {
    let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

fn output(command: &mut Command) -> Result<String, Failure> {
    let done = command.env_remove("PYTHONPATH").output()?;
    if done.status.success() {
        return Ok(String::from_utf8(done.stdout)?);
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&done.stderr)).into())
}

/// One line a version and one line a setting, so that a change of the tables reads well.
fn render(tables: &Tables) -> String {
    let mut text = String::from("[");
    let mut before: &[Value] = &[];
    for (i, (version, rows)) in tables.iter().enumerate() {
        let (removed, set) = changes(before, rows);
        let comma = if i == 0 { "" } else { "," };
        text.push_str(&format!(
            "{comma}\n{{\"version\": \"{version}\", \"remove\": {}, \"set\": [",
            json!(removed)
        ));
        let lines: Vec<String> = set.iter().map(|row| format!("\n  {row}")).collect();
        text.push_str(&lines.join(","));
        text.push_str("]}");
        before = rows;
    }
    text.push_str("\n]\n");
    text
}

/// What leads from one table to the next: names to take out, then rows to put in, each behind the setting that it
/// names (`after`) or, where the setting stands already, in its place.
fn changes(before: &[Value], rows: &[Value]) -> (Vec<String>, Vec<Value>) {
    let stays = common(before, rows);
    let removed = before.iter().map(name).filter(|n| !stays.contains(n)).map(str::to_owned).collect();
    let old: BTreeMap<&str, &Value> = before.iter().map(|row| (name(row), row)).collect();
    let mut set = Vec::new();
    let mut last: Option<&str> = None;
    for row in rows {
        let known = stays.contains(&name(row));
        if !known || old.get(name(row)) != Some(&row) {
            set.push(compact(row, last.filter(|_| !known)));
        }
        last = Some(name(row));
    }
    (removed, set)
}

fn name(row: &Value) -> &str {
    row["name"].as_str().unwrap_or("")
}

/// The longest list of names that stand in both tables in the same order.
fn common<'a>(before: &'a [Value], rows: &'a [Value]) -> Vec<&'a str> {
    let mut best: Vec<Vec<Vec<&str>>> = vec![vec![Vec::new(); rows.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate() {
        for (j, new) in rows.iter().enumerate() {
            best[i + 1][j + 1] = if name(old) == name(new) {
                let mut longer = best[i][j].clone();
                longer.push(name(old));
                longer
            } else if best[i][j + 1].len() >= best[i + 1][j].len() {
                best[i][j + 1].clone()
            } else {
                best[i + 1][j].clone()
            };
        }
    }
    best.pop().and_then(|mut last| last.pop()).unwrap_or_default()
}

/// A row without the fields that say nothing.
fn compact(row: &Value, after: Option<&str>) -> Value {
    let empty = |key: &str, value: &Value| match key {
        "default" => false,
        "stored" => *value == row["default"],
        "action" => value == "store",
        _ => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
    };
    let fields = row.as_object().cloned().unwrap_or_default();
    let mut kept: Map<String, Value> = fields.into_iter().filter(|(k, v)| !empty(k, v)).collect();
    if let Some(after) = after {
        kept.insert("after".into(), after.into());
    }
    Value::Object(kept)
}
