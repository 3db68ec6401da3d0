//! What people read to use imgscan: its rules, a first configuration file, completions for their shell.

use std::path::Path;

use clap::CommandFactory;
use imgscan_model::nearest;

use crate::cli::{Cli, CompletionsArgs, InitArgs, ManArgs, RulesArgs};
use crate::exit::{Exit, Failure};
use crate::output;

/// The configuration file that `imgscan init` writes: every key with what it means, nothing switched on.
pub(crate) const TEMPLATE: &str = include_str!("imgscan.template.toml");

/// Lists the rules, or shows the page of one.
pub(super) fn rules(args: &RulesArgs) -> Result<Exit, Failure> {
    let text = match &args.code {
        None => imgscan_rules::all()
            .iter()
            .map(|rule| rule.meta())
            .map(|m| {
                format!(
                    "{}  {:<6}  {:<28}  {}\n",
                    m.code,
                    format!("{:?}", m.severity).to_lowercase(),
                    m.name,
                    m.title
                )
            })
            .collect(),
        Some(code) => {
            let rule = imgscan_rules::find(code).ok_or_else(|| {
                let codes = imgscan_rules::all().iter().flat_map(|r| [r.meta().code, r.meta().name]);
                let help = match nearest(codes, code) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`imgscan rules` lists them".to_owned(),
                };
                Failure::usage(format!("there is no rule `{code}`\nhelp: {help}"))
            })?;
            imgscan_rules::pages::page(rule)
        }
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// Writes a commented configuration file.
pub(super) fn init(args: &InitArgs) -> Result<Exit, Failure> {
    let path = Path::new(&args.file);
    if path.exists() {
        return Err(Failure::usage(format!("`{}` is there already, it is left alone", path.display())));
    }
    output::save(path, TEMPLATE.as_bytes())?;
    Ok(Exit::Done)
}

/// Prints completions for a shell.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "imgscan", &mut script);
    output::print(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page, or writes those of all commands.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        output::written(clap_mangen::Man::new(Cli::command()).render(&mut page))?;
        output::print(&page)?;
        return Ok(Exit::Done);
    };
    let unwritable = |e: std::io::Error| Failure {
        exit: Exit::Unwritable,
        message: format!("cannot write to `{}`: {e}", dir.display()),
        help: None,
    };
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(unwritable)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;

    #[test]
    fn the_template_is_a_configuration_file_with_and_without_its_comments() {
        let codes: Vec<&str> = imgscan_rules::all().iter().map(|r| r.meta().code).collect();
        imgscan_policy::Policy::read("imgscan.toml", TEMPLATE, &codes).unwrap();
        let live: Vec<&str> = TEMPLATE.lines().map(|l| l.strip_prefix("#: ").unwrap_or(l)).collect();
        let policy = imgscan_policy::Policy::read("imgscan.toml", &live.join("\n"), &codes).unwrap();
        assert!(policy.fail_on.is_some() && policy.min_confidence.is_some());
        assert!(!policy.rules.is_empty() && !policy.ignores.is_empty() && !policy.expectations.is_empty());
    }
}
