//! What two reports disagree about.

use std::collections::{BTreeMap, BTreeSet};

use imgscan_model::{Change, Differences, Finding, ImageReport, Server, Setting, Side, Start};

/// What differs between two reports, the first one being "before".
pub fn differences(before: &ImageReport, after: &ImageReport) -> Differences {
    let mut differences = Differences::default();
    servers(&mut differences, before, after);
    let names = |report: &ImageReport| -> BTreeSet<String> {
        report.findings.iter().map(|f| f.finding.fingerprint()).collect()
    };
    let (then, now) = (names(before), names(after));
    let only = |report: &ImageReport, others: &BTreeSet<String>| -> Vec<Finding> {
        let findings = report.findings.iter().map(|f| &f.finding);
        findings.filter(|f| !others.contains(&f.fingerprint())).cloned().collect()
    };
    differences.appeared = only(after, &then);
    differences.gone = only(before, &now);
    differences
}

fn servers(found: &mut Differences, before: &ImageReport, after: &ImageReport) {
    let ids: BTreeSet<&str> =
        [before, after].iter().flat_map(|r| r.servers.iter().map(|s| s.id.as_str())).collect();
    for id in ids {
        let find = |report: &'_ ImageReport| report.servers.iter().find(|s| s.id == id).cloned();
        let (then, now) = (find(before), find(after));
        if let (Some(then), Some(now)) = (&then, &now) {
            server(found, then, now);
            continue;
        }
        let side = |server: &Server| Side { text: command(server), setting: None };
        let change =
            Change { what: id.to_owned(), before: then.as_ref().map(side), after: now.as_ref().map(side) };
        found.processes.push(change);
    }
}

fn server(found: &mut Differences, then: &Server, now: &Server) {
    if outcome(&then.start) != outcome(&now.start) {
        let side = |server: &Server| Some(Side { text: outcome(&server.start), setting: None });
        found.processes.push(Change {
            what: format!("{} start", then.id),
            before: side(then),
            after: side(now),
        });
    }
    compare(found, &format!("{}.", then.id), &then.settings, &now.settings);
    let ids: BTreeSet<&str> =
        [then, now].iter().flat_map(|s| s.scopes.iter().map(|c| c.id.as_str())).collect();
    let none = BTreeMap::new();
    for id in ids {
        let of = |server: &'_ Server| server.scopes.iter().find(|s| s.id == id).map(|s| s.settings.clone());
        let (a, b) = (of(then), of(now));
        compare(
            found,
            &format!("{} {id} ", then.id),
            a.as_ref().unwrap_or(&none),
            b.as_ref().unwrap_or(&none),
        );
    }
}

fn compare(
    found: &mut Differences,
    prefix: &str,
    then: &BTreeMap<String, Setting>,
    now: &BTreeMap<String, Setting>,
) {
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    for name in names {
        let (a, b) = (then.get(name), now.get(name));
        if a.map(Setting::value) == b.map(Setting::value) {
            continue;
        }
        let side = |setting: &Setting| {
            let text = if setting.winner().secret { "[redacted]".to_owned() } else { setting.text() };
            Side { text, setting: Some(setting.clone()) }
        };
        let what = format!("{prefix}{name}");
        found.settings.push(Change { what, before: a.map(side), after: b.map(side) });
    }
}

fn command(server: &Server) -> String {
    let words = server.process.argv.iter();
    let words: Vec<String> =
        words.map(|w| if w.is_secret() { "[redacted]".into() } else { w.display() }).collect();
    words.join(" ")
}

fn outcome(start: &Start) -> String {
    let message = start.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    format!("{:?}{message}", start.status).to_lowercase()
}
