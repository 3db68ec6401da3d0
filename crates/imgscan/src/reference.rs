//! `docs/reference/cli.md`, from the declaration of the command line.

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;

/// The page: every command with its options.
fn page() -> String {
    let mut program = Cli::command();
    program.build();
    let mut out = String::from(
        "# Command line\n\nGenerated from the program. `imgscan COMMAND --help` prints the same; \
         `imgscan IMAGE` alone is `imgscan scan IMAGE`.\n",
    );
    let commands: Vec<&Command> =
        program.get_subcommands().filter(|c| c.get_name() != "help" && !c.is_hide_set()).collect();
    out.push_str("\n| command | what it does |\n|---|---|\n");
    for command in &commands {
        let name = command.get_name();
        out.push_str(&format!("| [`{name}`](#imgscan-{name}) | {} |\n", about(command)));
    }
    commands.iter().for_each(|command| section(command, &mut out));
    out
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn section(command: &Command, out: &mut String) {
    let mut shown = command.clone();
    let usage = shown.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    out.push_str(&format!("\n## imgscan {}\n\n{}\n\n", command.get_name(), about(command)));
    out.push_str(&format!("```text\n{usage}\n```\n"));
    let mut headings: Vec<&str> = Vec::new();
    for arg in command.get_arguments() {
        let heading = heading(arg);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for wanted in headings {
        let args: Vec<&Arg> = command
            .get_arguments()
            .filter(|a| heading(a) == wanted && !a.is_hide_set() && a.get_id() != "help")
            .collect();
        if args.is_empty() {
            continue;
        }
        out.push_str(&format!("\n| {wanted} | |\n|---|---|\n"));
        args.iter().for_each(|arg| out.push_str(&row(arg)));
    }
}

fn heading(arg: &Arg) -> &str {
    let own = if arg.is_positional() { "Arguments" } else { "Options" };
    arg.get_help_heading().unwrap_or(own)
}

fn row(arg: &Arg) -> String {
    let mut names: Vec<String> = arg.get_short().map(|s| format!("-{s}")).into_iter().collect();
    names.extend(arg.get_long().map(|l| format!("--{l}")));
    let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let value = value.and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let shown = match (names.is_empty(), value.is_empty()) {
        (true, _) => value,
        (false, true) => names.join(", "),
        (false, false) => format!("{} {value}", names.join(", ")),
    };
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        help.push_str(&format!(" [default: `{}`]", defaults.join(" ")));
    }
    let words: Vec<String> =
        arg.get_possible_values().iter().map(|v| format!("`{}`", v.get_name())).collect();
    if !words.is_empty() && arg.get_action().takes_values() {
        help.push_str(&format!(" [{}]", words.join(", ")));
    }
    format!("| `{shown}` | {} |\n", help.replace('|', "\\|").replace('\n', " "))
}

/// `SNAPSHOTS=overwrite cargo test -p imgscan` writes the page anew.
#[test]
fn the_page_in_docs_is_the_command_line() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    let page = page();
    if std::env::var_os("SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/reference/cli.md is stale: run with SNAPSHOTS=overwrite");
}
