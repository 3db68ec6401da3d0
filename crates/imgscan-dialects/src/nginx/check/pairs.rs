//! Blocks that hold pairs and no directives: `types`, `map`, `geo`, `split_clients`, `charset_map`.

use std::collections::HashMap;

use super::{Call, Check, Checked, Refusal, directive, message, regex, script, slots};
use crate::nginx::cidr;
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::parser::Directive;
use crate::nginx::table::Contexts;
use crate::nginx::units;
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("map", map),
    ("geo", geo),
    ("split_clients", map),
    ("map_hash_max_size", map_hash),
    ("map_hash_bucket_size", map_hash),
];

/// What is remembered within a block of pairs.
#[derive(Clone, Debug, Default)]
pub(in crate::nginx) struct Pairs {
    /// Keys with their values.
    seen: HashMap<String, String>,
    /// `hostnames` of a map.
    hostnames: bool,
    /// `ranges` of a geo.
    ranges: bool,
    /// Whether networks of a geo were named before.
    networks: bool,
    /// Hundredths of a percent that are given away.
    percent: u32,
}

/// `ngx_http_map_block`, `ngx_conf_split_clients_block` and their twins of stream.
pub(super) fn map(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let section = call.section();
    script::compile(loader, section, call.arg(0))?;
    script::variable(call.arg(1))?;
    script::define(loader, section, call.arg(1))
}

/// The first `map` fixes the sizes: one that comes later `is duplicate`.
pub(super) fn map_hash(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if loader.config.named(call.block, "map").next().is_some() {
        return directive("is duplicate");
    }
    slots::check(loader, call)
}

/// `ngx_http_geo_block` and its twin of stream.
pub(super) fn geo(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let section = call.section();
    if call.len() == 2 {
        let name = script::variable(call.arg(0))?;
        loader.state.variables(section).note(name);
    }
    script::define(loader, section, call.arg(call.len() - 1))
}

/// The directive that opens a block of pairs.
fn opener<'a>(loader: &'a Loader<'_>, block: BlockId) -> &'a str {
    loader.config.head(block).map_or("", |head| head.name())
}

fn section(loader: &Loader<'_>, block: BlockId) -> Section {
    let in_stream = loader
        .config
        .block(block)
        .parent
        .is_some_and(|p| loader.config.block(p).context.meet(Contexts::ALL_STREAM));
    if in_stream { Section::Stream } else { Section::Http }
}

/// Whether `include` is followed in the block.
pub(in crate::nginx) fn includes(loader: &Loader<'_>, block: BlockId) -> bool {
    matches!(opener(loader, block), "types" | "map" | "geo")
}

/// What is there at the start of a block: several `types` of one level are one.
pub(in crate::nginx) fn open(loader: &mut Loader<'_>, block: BlockId) {
    if opener(loader, block) == "types"
        && let Some(parent) = loader.config.block(block).parent
    {
        loader.state.pairs.seen = loader.state.types.remove(&parent).unwrap_or_default();
    }
}

/// The end of a block.
pub(in crate::nginx) fn close(loader: &mut Loader<'_>, block: BlockId) {
    match opener(loader, block) {
        "types" => {
            let seen = std::mem::take(&mut loader.state.pairs.seen);
            if let Some(parent) = loader.config.block(block).parent {
                loader.state.types.insert(parent, seen);
            }
        }
        "map" => map_fits(loader, block),
        "split_clients" if loader.state.pairs.percent > 10_000 => {
            loader.complain(Weight::Fatal, "percent total is greater than 100%", None);
        }
        _ => {}
    }
}

/// Keys have to fit the buckets of the hash (`ngx_hash_init`).
fn map_fits(loader: &mut Loader<'_>, block: BlockId) {
    let around = loader.config.block(block).parent.unwrap_or(block);
    let size = |name: &str, default: usize| {
        let set = loader.config.named(around, name).find_map(|e| e.args().next());
        set.and_then(units::number).and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
    };
    let (bucket, max) =
        (size("map_hash_bucket_size", 64).next_multiple_of(64), size("map_hash_max_size", 2048));
    // Keys stand behind a sign; those with wildcards are kept elsewhere.
    let wildcards = loader.state.pairs.hostnames;
    let keys = loader.state.pairs.seen.keys().filter_map(|k| k.strip_prefix('='));
    let exact = keys.filter(|k| !wildcards || !(k.contains('*') || k.starts_with('.')));
    let Some(longest) = exact.map(str::len).max() else { return };
    if max == 0 {
        let text = "could not build map_hash, you should increase map_hash_max_size: 0";
        loader.complain_bare(Weight::Fatal, text.to_owned(), None);
    } else if longest > longest_key(bucket) {
        let text = format!("could not build map_hash, you should increase map_hash_bucket_size: {bucket}");
        loader.complain_bare(Weight::Fatal, text, None);
    }
}

/// The longest key that fits a bucket (`NGX_HASH_ELT_SIZE` on 64-bit systems): a pointer for the element, a pointer at
/// the end, and two bytes before the key, which is padded to eight.
pub(in crate::nginx) fn longest_key(bucket: usize) -> usize {
    bucket.saturating_sub(18)
}

/// One pair.
pub(in crate::nginx) fn pair(loader: &mut Loader<'_>, block: BlockId, pair: &Directive) -> Checked {
    let words: Vec<&str> = pair.words.iter().map(|w| w.value.as_str()).collect();
    let section = section(loader, block);
    match opener(loader, block) {
        "types" => {
            extension(loader, &words);
            Ok(())
        }
        "map" => map_pair(loader, section, &words),
        "geo" => geo_pair(loader, section, &words),
        "split_clients" => share(loader, &words),
        "charset_map" => {
            let to = loader.config.head(block).and_then(|head| head.args().nth(1));
            byte_pair(to.is_some_and(|to| to.eq_ignore_ascii_case("utf-8")), &words)
        }
        _ => Ok(()),
    }
}

/// `ngx_http_core_type`: of two, the last one holds.
fn extension(loader: &mut Loader<'_>, words: &[&str]) {
    let Some((kind, extensions)) = words.split_first() else { return };
    for extension in extensions {
        let key = extension.to_ascii_lowercase();
        if let Some(old) = loader.state.pairs.seen.insert(key.clone(), (*kind).to_owned()) {
            let text = format!(
                "duplicate extension \"{key}\", content type: \"{kind}\", previous content type: \"{old}\""
            );
            loader.complain(Weight::Warning, &text, None);
        }
    }
}

/// `ngx_http_map`.
fn map_pair(loader: &mut Loader<'_>, section: Section, words: &[&str]) -> Checked {
    let (key, value) = match words {
        ["hostnames"] => {
            loader.state.pairs.hostnames = true;
            return Ok(());
        }
        ["volatile"] => return Ok(()),
        [key, value] => (*key, *value),
        _ => return message("invalid number of the map parameters"),
    };
    if section == Section::Stream || !value.is_empty() {
        script::compile(loader, section, value)?;
    }
    if key == "default" {
        return match loader.state.pairs.seen.insert(String::new(), String::new()) {
            Some(_) => message("duplicate default map parameter"),
            None => Ok(()),
        };
    }
    if let Some(pattern) = key.strip_prefix('~') {
        return regex::compile(loader, section, pattern.strip_prefix('*').unwrap_or(pattern));
    }
    let key = key.strip_prefix('\\').unwrap_or(key);
    if loader.state.pairs.hostnames && !is_host_key(key) {
        return message(format!("invalid hostname or wildcard \"{key}\""));
    }
    // The key of the map itself stands behind a sign that no key has before it.
    let seen = format!("={}", key.to_ascii_lowercase());
    match loader.state.pairs.seen.insert(seen, String::new()) {
        Some(_) => message(format!("conflicting parameter \"{key}\"")),
        None => Ok(()),
    }
}

/// Whether a name may stand in a hash of names with wildcards (`ngx_hash_add_key`).
pub(in crate::nginx) fn is_host_key(key: &str) -> bool {
    if key.matches('*').count() > 1 || key.contains("..") || key.contains('\0') {
        return false;
    }
    if key.len() > 1 && key.starts_with('.') {
        return !key.contains('*');
    }
    if !key.contains('*') {
        return true;
    }
    (key.len() > 2 && key.starts_with("*.")) || (key.len() > 2 && key.ends_with(".*"))
}

/// `ngx_http_geo`.
fn geo_pair(loader: &mut Loader<'_>, section: Section, words: &[&str]) -> Checked {
    let in_http = section == Section::Http;
    let knows_volatile = loader.world.installed.version.is_none_or(|v| v >= Version(1, 29, 3));
    let (net, value) = match words {
        ["ranges"] => {
            if loader.state.pairs.networks {
                return message("the \"ranges\" directive must be the first directive inside \"geo\" block");
            }
            loader.state.pairs.ranges = true;
            return Ok(());
        }
        ["proxy_recursive"] if in_http => return Ok(()),
        ["volatile"] if knows_volatile => return Ok(()),
        [net, value] => (*net, *value),
        _ => return message("invalid number of the geo parameters"),
    };
    if !loader.state.pairs.ranges && (net != "proxy" || !in_http) {
        loader.state.pairs.networks = true;
    }
    if net == "default" {
        loader.state.pairs.seen.insert(net.to_owned(), value.to_owned());
        return Ok(());
    }
    let word = net;
    let proxy = word == "proxy" && in_http;
    let (net, value) = if word == "delete" || proxy { (value, "") } else { (net, value) };
    if loader.state.pairs.ranges && !proxy {
        if !is_range(net) {
            return message(format!("invalid range \"{net}\""));
        }
        loader.state.pairs.seen.insert(net.to_owned(), value.to_owned());
        return Ok(());
    }
    match cidr::parse(net) {
        None if net != "255.255.255.255" => return message(format!("invalid network \"{net}\"")),
        Some(cidr) if cidr.has_low_bits() => {
            let text = format!("low address bits of {net} are meaningless");
            loader.complain(Weight::Warning, &text, None);
        }
        _ => {}
    }
    if proxy {
        return Ok(());
    }
    if word == "delete" {
        if loader.state.pairs.seen.remove(net).is_none() {
            loader.complain(Weight::Warning, &format!("no network \"{net}\" to delete"), None);
        }
        return Ok(());
    }
    if let Some(old) = loader.state.pairs.seen.insert(net.to_owned(), value.to_owned()) {
        let text = format!("duplicate network \"{net}\", value: \"{value}\", old value: \"{old}\"");
        loader.complain(Weight::Warning, &text, None);
    }
    Ok(())
}

fn is_range(net: &str) -> bool {
    let Some((start, end)) = net.split_once('-') else { return false };
    match (crate::nginx::address::ipv4(start), crate::nginx::address::ipv4(end)) {
        (Some(start), Some(end)) => start <= end,
        _ => false,
    }
}

/// `ngx_http_split_clients`.
fn share(loader: &mut Loader<'_>, words: &[&str]) -> Checked {
    let key = words.first().copied().unwrap_or_default();
    if key == "*" {
        loader.state.pairs.percent = loader.state.pairs.percent.max(10_000);
        return Ok(());
    }
    match key.strip_suffix('%').and_then(hundredths).filter(|n| *n > 0) {
        Some(share) => {
            loader.state.pairs.percent = loader.state.pairs.percent.saturating_add(share);
            Ok(())
        }
        None => Err(Refusal::Message(format!("invalid percent value \"{key}\""))),
    }
}

/// `ngx_http_charset_map`: a byte, and the byte or the bytes of UTF-8 that it becomes.
fn byte_pair(utf8: bool, words: &[&str]) -> Checked {
    let [from, to] = words else { return message("invalid parameters number") };
    let byte = |text: &str| {
        let hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(text, 16).ok().filter(|n| *n <= 255)).flatten()
    };
    if byte(from).is_none() {
        return message(format!("invalid value \"{from}\""));
    }
    let taken = match utf8 {
        true => to.as_bytes().chunks(2).all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit)),
        false => byte(to).is_some(),
    };
    if taken { Ok(()) } else { message(format!("invalid value \"{to}\"")) }
}

/// A decimal fraction with up to two digits, in hundredths (`ngx_atofp`).
fn hundredths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return None;
    }
    format!("{whole}{fraction:0<2}").parse().ok()
}
