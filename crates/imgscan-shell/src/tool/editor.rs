//! Programs that are known to change the files that their words name.

use imgscan_model::{Text, path};

use crate::shell::Shell;
use crate::shell::disk::Found;

/// Programs that edit files in place, whose outcome is not followed.
const EDITORS: [&str; 22] = [
    "sed",
    "perl",
    "yq",
    "crudini",
    "augtool",
    "ed",
    "ex",
    "vi",
    "vim",
    "patch",
    "confd",
    "consul-template",
    "gomplate",
    "dockerize",
    "j2",
    "jinja2",
    "ansible-playbook",
    "xmlstarlet",
    "gawk",
    "awk",
    "tee",
    "envtpl",
];

/// Files that a program named among its words may have changed are not known from here on: those of an editor, and
/// whatever stands behind `-o`, `--output` and the like.
pub(crate) fn spoil_named(shell: &mut Shell, argv: &[Text]) {
    let Some((name, args)) = argv.split_first() else { return };
    let name = name.known().map(path::name).unwrap_or_default().to_owned();
    let edits = EDITORS.contains(&name.as_str());
    let mut after_output = false;
    let by = shell.here();
    for arg in args {
        let raw = arg.raw().to_owned();
        let output =
            ["-o=", "--output=", "--out=", "of=", "--dest="].iter().find_map(|p| raw.strip_prefix(p));
        // dockerize and confd name `template:target`.
        let target = raw.rsplit_once(':').map(|(_, target)| target).filter(|_| edits);
        for candidate in
            [output, Some(raw.as_str()).filter(|_| edits || after_output), target].into_iter().flatten()
        {
            spoil(shell, candidate, &name, after_output || output.is_some(), &by);
        }
        after_output = matches!(raw.as_str(), "-o" | "--output" | "--out" | "--dest");
    }
}

fn spoil(shell: &mut Shell, candidate: &str, name: &str, makes: bool, by: &imgscan_model::Origin) {
    if candidate.is_empty() || candidate.starts_with('-') {
        return;
    }
    match shell.find(candidate, true) {
        Found::Node(node) if node.is_file() => {
            let path = node.path.to_string();
            shell.spoil(&path, format!("`{name}` may have changed it"), by);
        }
        Found::Missing { at: Some(at) } if makes => {
            shell.spoil(&at, format!("`{name}` may have written it"), by);
        }
        _ => {}
    }
}
