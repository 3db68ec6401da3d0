//! Variables in arguments (`ngx_http_script_compile`, `ngx_http_add_variable`, `ngx_http_variables_init_vars`).

use std::collections::HashMap;
use std::sync::OnceLock;

use imgscan_model::Place;

use super::{Call, Checked, message};
use crate::nginx::config::{BlockId, BlockKind, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::version::{Version, Versions};

static VARIABLES: &str = include_str!("../../../data/nginx/variables.tsv");

/// A piece of an argument with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::nginx) enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A variable, by its name.
    Variable(&'a str),
    /// A capture of the last regular expression, `$1` to `$9`.
    Capture(u8),
}

/// Cuts an argument at its variables.
///
/// # Errors
///
/// nginx's words.
pub(in crate::nginx) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    const INVALID: &str = "invalid variable name";
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let after = after.get(1..).unwrap_or_default();
        if let Some(digit) = after.bytes().next().filter(|b| (b'1'..=b'9').contains(b)) {
            pieces.push(Piece::Capture(digit - b'0'));
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let (inner, braced) = match after.strip_prefix('{') {
            Some(inner) => (inner, true),
            None => (after, false),
        };
        if inner.is_empty() {
            return Err(INVALID.to_owned());
        }
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, behind) = inner.split_at(end);
        if braced && !behind.starts_with('}') {
            return Err(format!("the closing bracket in \"{name}\" variable is missing"));
        }
        if name.is_empty() {
            return Err(INVALID.to_owned());
        }
        pieces.push(Piece::Variable(name));
        rest = if braced { behind.get(1..).unwrap_or_default() } else { behind };
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Checks an argument with variables and notes those that it uses.
pub(super) fn compile(loader: &mut Loader<'_>, section: Section, text: &str) -> Checked {
    match pieces(text) {
        Err(words) => message(words),
        Ok(pieces) => {
            for piece in pieces {
                if let Piece::Variable(name) = piece {
                    loader.state.variables(section).note(name);
                }
            }
            Ok(())
        }
    }
}

/// An argument that is looked into when levels are merged.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct Later {
    /// The level.
    pub(in crate::nginx) block: BlockId,
    /// The directive.
    pub(in crate::nginx) name: &'static str,
    /// The argument.
    pub(in crate::nginx) text: String,
    /// Where the directive stands.
    pub(in crate::nginx) place: Option<Place>,
}

/// Notes an argument that is looked into when levels are merged.
pub(super) fn compile_at_merge(loader: &mut Loader<'_>, call: &Call<'_>, text: &str) {
    if text.contains('$') {
        let place = loader.place(call.directive);
        let later = Later { block: call.block, name: call.name(), text: text.to_owned(), place };
        loader.state.later.push(later);
    }
}

/// Looks into those arguments at the end of `http`. What stands in `http` counts if a server takes it over.
pub(in crate::nginx) fn merge(loader: &mut Loader<'_>, http: BlockId) {
    let all = std::mem::take(&mut loader.state.later);
    let servers: Vec<BlockId> = loader
        .config
        .children(http)
        .filter(|id| loader.config.block(*id).kind == BlockKind::Server)
        .collect();
    for later in all {
        let takes = |server: &BlockId| loader.config.named(*server, later.name).next().is_none();
        if later.block == http && !servers.iter().any(takes) {
            continue;
        }
        if let Err(super::Refusal::Message(words)) = compile(loader, Section::Http, &later.text) {
            loader.complain(Weight::Fatal, &words, later.place);
        }
    }
}

/// The name behind the `$` of an argument that is a variable.
pub(super) fn variable(text: &str) -> Result<&str, super::Refusal> {
    match text.strip_prefix('$') {
        None => Err(super::Refusal::Message(format!("invalid variable name \"{text}\""))),
        Some("") => Err(super::Refusal::Message("invalid variable name \"$\"".to_owned())),
        Some(name) => Ok(name),
    }
}

/// Defines a variable, given with its `$`.
pub(super) fn define(loader: &mut Loader<'_>, section: Section, text: &str) -> Checked {
    let name = variable(text)?.to_ascii_lowercase();
    let version = loader.world.installed.version;
    if let Some(built_in) = built_in(section, &name, version)
        && !built_in.changeable
    {
        return message(format!("the duplicate \"{name}\" variable"));
    }
    loader.state.variables(section).defined.insert(name);
    Ok(())
}

/// A variable that nginx defines itself.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct BuiltIn {
    changeable: bool,
    prefix: bool,
    versions: Versions,
}

/// Finds a built-in variable by its exact name.
fn built_in(section: Section, name: &str, version: Option<Version>) -> Option<&'static BuiltIn> {
    let found = table().get(&section)?.get(name)?;
    (!found.prefix && version.is_none_or(|v| found.versions.contain(v))).then_some(found)
}

/// Whether nginx knows a variable without any directive that defines it.
pub(in crate::nginx) fn is_built_in(section: Section, name: &str, version: Option<Version>) -> bool {
    if built_in(section, name, version).is_some() {
        return true;
    }
    let holds = |b: &BuiltIn| version.is_none_or(|v| b.versions.contain(v));
    let of_section = table().get(&section).into_iter().flatten();
    of_section.filter(|(_, b)| b.prefix).any(|(prefix, b)| name.starts_with(prefix) && holds(b))
}

type Variables = HashMap<Section, HashMap<&'static str, BuiltIn>>;

fn table() -> &'static Variables {
    static TABLE: OnceLock<Variables> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Variables::new();
        for ((section, name), variable) in
            VARIABLES.lines().filter(|l| !l.starts_with('#')).filter_map(read_line)
        {
            table.entry(section).or_default().insert(name, variable);
        }
        table
    })
}

fn read_line(line: &'static str) -> Option<((Section, &'static str), BuiltIn)> {
    let mut columns = line.split('\t');
    let section = if columns.next()? == "stream" { Section::Stream } else { Section::Http };
    let (_, name, flag) = (columns.next()?, columns.next()?, columns.next()?);
    let versions = Versions::parse(columns.next()?)?;
    Some(((section, name), BuiltIn { changeable: flag == "changeable", prefix: flag == "prefix", versions }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_cut_at_variables() {
        let cut = |text| pieces(text).unwrap();
        assert_eq!(cut("a$b-c"), [Piece::Text("a"), Piece::Variable("b"), Piece::Text("-c")]);
        assert_eq!(cut("${a}b$1"), [Piece::Variable("a"), Piece::Text("b"), Piece::Capture(1)]);
        assert_eq!(cut("plain"), [Piece::Text("plain")]);
        assert_eq!(pieces("a$").unwrap_err(), "invalid variable name");
        assert_eq!(pieces("$-").unwrap_err(), "invalid variable name");
        assert_eq!(pieces("${a b}").unwrap_err(), "the closing bracket in \"a\" variable is missing");
        assert_eq!(pieces("${RT").unwrap_err(), "the closing bracket in \"RT\" variable is missing");
    }

    #[test]
    fn built_in_variables_are_known_by_name_prefix_and_version() {
        assert!(is_built_in(Section::Http, "host", None) && is_built_in(Section::Http, "http_x_y", None));
        assert!(!is_built_in(Section::Http, "hots", None) && !is_built_in(Section::Stream, "host", None));
        assert!(!is_built_in(Section::Http, "proxy_protocol_tlv_ssl", Some(Version(1, 22, 1))));
    }
}
