//! The book under `docs/`: every page stands in its summary, and every recorded case that it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Failure, files, root};

/// Pages that the summary leaves out, pages that it invents, and proofs that nobody recorded.
pub fn faults() -> Result<Vec<String>, Failure> {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md"))?;
    let mut faults = Vec::new();
    for page in files(&docs, ".md")? {
        let name = page.strip_prefix(&docs)?.to_string_lossy().into_owned();
        if name != "SUMMARY.md" && !summary.contains(&format!("]({name})")) {
            faults.push(format!("docs/{name} is not in docs/SUMMARY.md"));
        }
    }
    faults.extend(variables(&docs)?);
    for server in ["gunicorn", "nginx"] {
        let page = docs.join(format!("resolution/{server}.md"));
        let text = fs::read_to_string(&page)?;
        let known = cases(&root().join("testdata").join(server))?;
        let cited = text.split('`').filter(|word| word.contains(".jsonl#"));
        let missing = cited.filter(|word| !known.contains(*word));
        faults.extend(missing.map(|word| format!("docs/resolution/{server}.md: there is no case `{word}`")));
    }
    Ok(faults)
}

/// Variables of ours that the code reads and `docs/reference/environment.md` does not tell.
fn variables(docs: &Path) -> Result<Vec<String>, Failure> {
    let told = fs::read_to_string(docs.join("reference/environment.md"))?;
    let mut faults = BTreeSet::new();
    for file in files(&root().join("crates"), ".rs")? {
        let text = fs::read_to_string(&file)?;
        for (at, _) in text.match_indices("\"IMGSCAN_") {
            let name = text[at + 1..].split('"').next().unwrap_or_default();
            let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            // What only tests ask for is no part of the program.
            let of_tests = file.components().any(|c| c.as_os_str() == "tests") || name == "IMGSCAN_TRUTH";
            if is_name && !of_tests && !told.contains(&format!("`{name}`")) {
                faults.insert(format!("docs/reference/environment.md does not tell of `{name}`"));
            }
        }
    }
    Ok(faults.into_iter().collect())
}

/// The recorded cases of a server as `FILE#ID`.
fn cases(dir: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut known = BTreeSet::new();
    for file in files(dir, "cases.jsonl")? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for line in fs::read_to_string(&file)?.lines() {
            let case: Value = serde_json::from_str(line)?;
            if let Some(id) = case["id"].as_str() {
                known.insert(format!("{name}#{id}"));
            }
        }
    }
    Ok(known)
}
