//! The report against real gunicorn.

use serde_json::Value;

use super::scenario::Scenario;

/// How many settings are equal, and a line for each that is not. A setting that only the run time knows is not held
/// against the report; a wrong value, a missing one and a wrong word about starting are.
pub fn settings(scenario: &Scenario, report: &Value, truth: &Value) -> (usize, Vec<String>) {
    let process = &report["results"][0]["processes"][0];
    let mut faults = Vec::new();
    let mut fault = |text: String| faults.push(format!("{}: {text}", scenario.name));
    let starts = process["start"]["status"].as_str().unwrap_or("none");
    if process["server"] != "gunicorn" {
        fault(format!("the first process is {}", process["server"]));
    }
    let Some(real) = truth["settings"].as_object() else {
        let said = truth["error"].as_str().unwrap_or("");
        let ours = process["start"]["message"].as_str().unwrap_or("");
        if starts != "fails" || !said.contains(ours.lines().last().unwrap_or("?")) {
            fault(format!("real gunicorn says `{}`, the report says {starts}: `{ours}`", said.trim()));
            return (0, faults);
        }
        return (1, faults);
    };
    if starts == "fails" || starts == "exits" {
        fault(format!("real gunicorn starts, the report says {starts}: {}", process["start"]["message"]));
    }
    let mut equal = 0;
    for (name, value) in real {
        let ours = &process["settings"][name];
        match ours["kind"].as_str() {
            Some("known") if same(&ours["value"], value) => equal += 1,
            Some("unset") if value.is_null() => equal += 1,
            Some("symbolic") => {}
            _ => fault(format!("`{name}` is {value}, the report says {} {}", ours["kind"], ours["value"])),
        }
    }
    (equal, faults)
}

/// Objects are compared by what they are, everything else to the letter.
fn same(ours: &Value, real: &Value) -> bool {
    match real.get("object") {
        Some(kind) => ours.get("type") == Some(kind),
        None => ours == real,
    }
}
