//! Methods of `str`.

use std::rc::Rc;

use imgscan_model::Shape;
use num_bigint::BigInt;

use super::text_case;
use crate::interp::{Args, Interp, Res, Stop};
use crate::number::parse::is_space;
use crate::object::{Dict, Key, Kind, Object, Piece, Symbolic, Type, Value};

fn unclear(words: &str) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(words)))
}

/// The answer of a question about letters.
fn answer(answer: Option<bool>) -> Res<Value> {
    match answer {
        Some(truth) => Ok(Value::bool(truth)),
        None => Err(unclear("what characters outside of ASCII are depends on the version")),
    }
}

fn changed(text: Option<String>) -> Res<Value> {
    match text {
        Some(text) => Ok(Value::str(text)),
        None => Err(unclear("what characters outside of ASCII become depends on the version")),
    }
}

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, this: &Rc<str>, name: &str, args: Args) -> Res<Value> {
    interp.charge(this.len() / 64)?;
    let text: &str = this;
    match name {
        "upper" => Ok(Value::str(text.to_uppercase())),
        "lower" => Ok(Value::str(text.to_lowercase())),
        "casefold" => changed(text.is_ascii().then(|| text.to_ascii_lowercase())),
        "capitalize" => changed(text_case::capitalize(text)),
        "title" => changed(text_case::title(text)),
        "swapcase" => changed(text_case::swap_case(text)),
        "strip" | "lstrip" | "rstrip" => strip(interp, text, name, args),
        "split" | "rsplit" => split(interp, text, name == "rsplit", args),
        "splitlines" => split_lines(interp, text, args),
        "join" => join(interp, this, args),
        "replace" => replace(interp, text, args),
        "startswith" | "endswith" => affix(interp, text, name, args),
        "find" | "rfind" | "index" | "rindex" | "count" => find(interp, text, name, args),
        "partition" | "rpartition" => partition(interp, text, name == "rpartition", args),
        "format" => interp.format_template(text, &args),
        "format_map" => format_map(interp, text, args),
        "encode" => {
            let [encoding, errors] = interp.params("encode", args, ["encoding", "errors"], 0)?;
            encode(interp, this, encoding.as_ref(), errors.as_ref())
        }
        "center" | "ljust" | "rjust" => justify(interp, text, name, args),
        "zfill" => zero_fill(interp, text, args),
        "expandtabs" => expand_tabs(interp, text, args),
        "removeprefix" | "removesuffix" => {
            let part = interp.only(name, args)?;
            let part = interp.text(&part)?;
            let rest =
                if name == "removeprefix" { text.strip_prefix(&*part) } else { text.strip_suffix(&*part) };
            Ok(Value::str(rest.unwrap_or(text)))
        }
        "translate" => translate(interp, text, args),
        "isascii" => Ok(Value::bool(text.is_ascii())),
        "isalnum" => answer(text_case::every(text, |c| c.is_ascii_alphanumeric())),
        "isalpha" => answer(text_case::every(text, |c| c.is_ascii_alphabetic())),
        "isdigit" | "isdecimal" | "isnumeric" => answer(text_case::every(text, |c| c.is_ascii_digit())),
        "isspace" => answer(Some(!text.is_empty() && text.chars().all(is_space))),
        "islower" => answer(text_case::is_lower(text)),
        "isupper" => answer(text_case::is_upper(text)),
        "istitle" => answer(text_case::is_title(text)),
        "isidentifier" => answer(is_identifier(text)),
        "isprintable" => answer(Some(text.chars().all(crate::format::repr::is_printable))),
        _ => Err(unclear(&format!("`str.{name}` is not modelled"))),
    }
}

fn is_identifier(text: &str) -> Option<bool> {
    if !text.is_ascii() {
        return None;
    }
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic());
    Some(first && chars.all(|c| c == '_' || c.is_ascii_alphanumeric()))
}

fn strip(interp: &mut Interp<'_>, text: &str, name: &str, args: Args) -> Res<Value> {
    let [chars] = interp.params(name, args, ["$"], 0)?;
    let set: Option<Vec<char>> = match chars {
        Some(chars) if !chars.is_none() => match &chars.kind {
            Kind::Str(chars) => Some(chars.chars().collect()),
            _ if !chars.is_known() => return Err(Stop::Opaque(Box::new(chars))),
            _ => return Err(interp.type_error(format!("{name} arg must be None or str"))),
        },
        _ => None,
    };
    let drop = |c: char| match &set {
        Some(set) => set.contains(&c),
        None => is_space(c),
    };
    Ok(Value::str(match name {
        "strip" => text.trim_matches(drop),
        "lstrip" => text.trim_start_matches(drop),
        _ => text.trim_end_matches(drop),
    }))
}

fn split(interp: &mut Interp<'_>, text: &str, from_right: bool, args: Args) -> Res<Value> {
    let [separator, most] = interp.params("split", args, ["sep", "maxsplit"], 0)?;
    let most = match most {
        Some(most) => usize::try_from(interp.count(&most)?).ok(),
        None => None,
    };
    let separator = match separator {
        Some(separator) if !separator.is_none() => match &separator.kind {
            Kind::Str(separator) => Some(Rc::clone(separator)),
            _ if !separator.is_known() => return Err(Stop::Opaque(Box::new(separator))),
            _ => {
                let name = interp.type_name(&separator);
                return Err(interp.type_error(format!("must be str or None, not {name}")));
            }
        },
        _ => None,
    };
    let parts: Vec<String> = match separator {
        Some(separator) if separator.is_empty() => return Err(interp.value_error("empty separator")),
        Some(separator) => match (from_right, most) {
            (false, None) | (true, None) => text.split(&*separator).map(str::to_owned).collect(),
            (false, Some(most)) => {
                text.splitn(most.saturating_add(1), &*separator).map(str::to_owned).collect()
            }
            (true, Some(most)) => {
                let mut parts: Vec<String> =
                    text.rsplitn(most.saturating_add(1), &*separator).map(str::to_owned).collect();
                parts.reverse();
                parts
            }
        },
        None => split_space(text, most, from_right),
    };
    interp.check_size(parts.len())?;
    // Each word is as secret as the whole.
    let parts = parts.into_iter().map(Value::str).collect();
    Ok(interp.list(parts))
}

/// Splits at runs of white space.
fn split_space(text: &str, most: Option<usize>, from_right: bool) -> Vec<String> {
    let Some(most) = most else {
        return text.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    };
    let mut parts = Vec::new();
    let mut rest =
        if from_right { text.trim_end_matches(is_space) } else { text.trim_start_matches(is_space) };
    while parts.len() < most && !rest.is_empty() {
        let at = if from_right {
            rest.char_indices()
                .rev()
                .find(|(_, c)| is_space(*c))
                .map(|(at, c)| (at + c.len_utf8(), rest.len()))
        } else {
            rest.find(is_space).map(|at| (0, at))
        };
        let Some((start, end)) = at else { break };
        parts.push(rest.get(start..end).unwrap_or("").to_owned());
        rest = if from_right {
            rest.get(..start).unwrap_or("").trim_end_matches(is_space)
        } else {
            rest.get(end..).unwrap_or("").trim_start_matches(is_space)
        };
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned());
    }
    if from_right {
        parts.reverse();
    }
    parts
}

fn split_lines(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    let [keep] = interp.params("splitlines", args, ["keepends"], 0)?;
    let keep = interp.flag(keep.as_ref(), false)?;
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, ending) = match rest.find(text_case::ends_line) {
            None => (rest.len(), 0),
            Some(at) => {
                let tail = rest.get(at..).unwrap_or("");
                let width =
                    if tail.starts_with("\r\n") { 2 } else { tail.chars().next().map_or(0, char::len_utf8) };
                (at, width)
            }
        };
        let end = if keep { line + ending } else { line };
        lines.push(Value::str(rest.get(..end).unwrap_or("")));
        rest = rest.get(line + ending..).unwrap_or("");
    }
    Ok(interp.list(lines))
}

fn join(interp: &mut Interp<'_>, this: &Rc<str>, args: Args) -> Res<Value> {
    let value = interp.only("str.join", args)?;
    let items = match interp.collect(&value) {
        Err(Stop::Raise(_)) if !interp.is_unclear(&value) && interp.instance_class(&value).is_none() => {
            let plain = !matches!(
                value.id().map(|id| interp.heap.get(id)),
                Some(Object::Generator(_) | Object::Iter(_) | Object::View(..))
            );
            if plain {
                return Err(interp.type_error("can only join an iterable"));
            }
            return Err(unclear("the joined generator raises"));
        }
        other => other?,
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut trace = crate::object::Trace::default();
    let mut size = 0;
    for (at, item) in items.iter().enumerate() {
        trace = trace.merge(&item.trace);
        if at > 0 {
            pieces.push(Piece::Text(Rc::clone(this)));
        }
        match &item.kind {
            Kind::Str(text) => {
                size += text.len() + this.len();
                pieces.push(Piece::Text(Rc::clone(text)));
            }
            Kind::Symbolic(symbolic) if symbolic.class == Some(Type::Str) && symbolic.choice.is_none() => {
                pieces.extend(symbolic.to_pieces());
            }
            _ if interp.is_unclear(item) => return Err(Stop::Opaque(Box::new(item.clone()))),
            _ => {
                let name = interp.type_name(item);
                let message = format!("sequence item {at}: expected str instance, {name} found");
                return Err(interp.type_error(message));
            }
        }
    }
    interp.check_size(size)?;
    let text = match pieces.iter().all(|p| matches!(p, Piece::Text(_))) {
        true => {
            let texts = pieces.iter().map(|p| if let Piece::Text(text) = p { &**text } else { "" });
            Value::str(texts.collect::<String>())
        }
        false => interp.of_pieces(pieces)?,
    };
    Ok(text.traced(trace))
}

fn replace(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    // `count` may be given by name since 3.13.
    let [Some(old), Some(new), count] = interp.params("replace", args, ["$", "$", "count"], 2)? else {
        return Ok(Value::none());
    };
    let (old, new) = (interp.text(&old)?, interp.text(&new)?);
    let count = match count {
        Some(count) => usize::try_from(interp.count(&count)?).ok(),
        None => None,
    };
    let times = if old.is_empty() { text.len() + 1 } else { text.len() / old.len() };
    interp
        .check_size(text.len().saturating_add(times.min(count.unwrap_or(times)).saturating_mul(new.len())))?;
    Ok(Value::str(match count {
        Some(count) => text.replacen(&*old, &new, count),
        None => text.replace(&*old, &new),
    }))
}

/// The part of a text between two positions counted in characters, and how many characters stand before it; `None`
/// where the start lies behind the end of the text.
fn cut<'t>(
    interp: &mut Interp<'_>,
    text: &'t str,
    start: Option<&Value>,
    stop: Option<&Value>,
) -> Res<Option<(&'t str, usize)>> {
    if start.is_none_or(Value::is_none) && stop.is_none_or(Value::is_none) {
        return Ok(Some((text, 0)));
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let position = |interp: &mut Interp<'_>, value: Option<&Value>, default: i64| -> Res<i64> {
        match value {
            Some(value) if !value.is_none() => {
                let n = interp.count(value)?;
                Ok(if n < 0 { n.saturating_add(length).max(0) } else { n })
            }
            _ => Ok(default),
        }
    };
    let start = position(interp, start, 0)?;
    let stop = position(interp, stop, length)?.min(length);
    if start > length || start > stop {
        return Ok(None);
    }
    let at = |n: i64| {
        let n = usize::try_from(n).unwrap_or(0);
        text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
    };
    Ok(Some((text.get(at(start)..at(stop)).unwrap_or(""), usize::try_from(start).unwrap_or(0))))
}

fn affix(interp: &mut Interp<'_>, text: &str, name: &str, args: Args) -> Res<Value> {
    let [Some(wanted), start, stop] = interp.params(name, args, ["$", "$", "$"], 1)? else {
        return Ok(Value::none());
    };
    let candidates = match &wanted.kind {
        Kind::Tuple(items) => items.to_vec(),
        _ => vec![wanted.clone()],
    };
    let part = cut(interp, text, start.as_ref(), stop.as_ref())?;
    for candidate in candidates {
        let affix = match &candidate.kind {
            Kind::Str(affix) => Rc::clone(affix),
            _ if !candidate.is_known() => return Err(Stop::Opaque(Box::new(candidate))),
            _ => {
                let class = interp.type_name(&candidate);
                let message = match matches!(wanted.kind, Kind::Tuple(_)) {
                    true => format!("tuple for {name} must only contain str, not {class}"),
                    false => format!("{name} first arg must be str or a tuple of str, not {class}"),
                };
                return Err(interp.type_error(message));
            }
        };
        let found = part.is_some_and(|(part, _)| match name {
            "startswith" => part.starts_with(&*affix),
            _ => part.ends_with(&*affix),
        });
        if found {
            return Ok(Value::bool(true));
        }
    }
    Ok(Value::bool(false))
}

fn find(interp: &mut Interp<'_>, text: &str, name: &str, args: Args) -> Res<Value> {
    let [Some(wanted), start, stop] = interp.params(name, args, ["$", "$", "$"], 1)? else {
        return Ok(Value::none());
    };
    let wanted = interp.text(&wanted)?;
    let part = cut(interp, text, start.as_ref(), stop.as_ref())?;
    if name == "count" {
        return Ok(Value::int(match part {
            None => 0,
            Some((part, _)) if wanted.is_empty() => part.chars().count() + 1,
            Some((part, _)) => part.matches(&*wanted).count(),
        }));
    }
    let found = part.and_then(|(part, before)| {
        let at = if name.starts_with('r') { part.rfind(&*wanted) } else { part.find(&*wanted) }?;
        Some(before + part.get(..at).map_or(0, |p| p.chars().count()))
    });
    match found {
        Some(at) => Ok(Value::int(at)),
        None if name.ends_with("index") => Err(interp.value_error("substring not found")),
        None => Ok(Value::int(-1)),
    }
}

fn partition(interp: &mut Interp<'_>, text: &str, from_right: bool, args: Args) -> Res<Value> {
    let separator = interp.only("str.partition", args)?;
    let separator = interp.text(&separator)?;
    if separator.is_empty() {
        return Err(interp.value_error("empty separator"));
    }
    let found = if from_right { text.rsplit_once(&*separator) } else { text.split_once(&*separator) };
    let parts = match (found, from_right) {
        (Some((before, after)), _) => [before, &*separator, after],
        (None, false) => [text, "", ""],
        (None, true) => ["", "", text],
    };
    Ok(Value::tuple(parts.map(Value::str).to_vec()))
}

fn format_map(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    let mapping = interp.only("format_map", args)?;
    let Some(id) = mapping.id().filter(|id| matches!(interp.heap.get(*id), Object::Dict(_))) else {
        return Err(unclear("formatting with this mapping is not followed"));
    };
    interp.expect_certain(id)?;
    let plain = interp.heap.dict(id).is_some_and(|d| matches!(d.kind, crate::object::DictKind::Plain));
    if !plain {
        return Err(unclear("formatting with this mapping is not followed"));
    }
    let entries = interp.heap.dict(id).map(|d| d.entries.clone()).unwrap_or_default();
    let keywords = entries
        .into_values()
        .filter_map(|e| e.key.as_str().map(|name| (Rc::from(name), e.value.clone())))
        .collect();
    let inner = Args { keywords, ..Args::default() };
    match interp.format_template(text, &inner) {
        // Positional fields raise other words here.
        Err(Stop::Raise(exc)) if interp.is_exception_of(&exc.value, Type::IndexError) == Some(true) => {
            Err(interp.value_error("Format string contains positional fields"))
        }
        other => other,
    }
}

/// `text.encode(encoding, errors)`
pub(crate) fn encode(
    interp: &mut Interp<'_>,
    text: &Rc<str>,
    encoding: Option<&Value>,
    errors: Option<&Value>,
) -> Res<Value> {
    let encoding = match encoding {
        Some(encoding) => interp.text(encoding)?.to_ascii_lowercase().replace('_', "-"),
        None => "utf-8".to_owned(),
    };
    let strict = match errors {
        Some(errors) => &*interp.text(errors)? == "strict",
        None => true,
    };
    match encoding.as_str() {
        "utf-8" | "utf8" | "u8" | "utf" => Ok(Value::bytes(text.as_bytes().to_vec())),
        "ascii" | "us-ascii" | "latin-1" | "latin1" | "iso-8859-1" if text.is_ascii() => {
            Ok(Value::bytes(text.as_bytes().to_vec()))
        }
        "latin-1" | "latin1" | "iso-8859-1" if text.chars().all(|c| u32::from(c) < 256) => Ok(Value::bytes(
            text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect::<Vec<u8>>(),
        )),
        "ascii" | "us-ascii" if strict => Err(interp.raise_unclear(Type::UnicodeEncodeError)),
        other => Err(unclear(&format!("the encoding `{other}` is not followed"))),
    }
}

fn justify(interp: &mut Interp<'_>, text: &str, name: &str, args: Args) -> Res<Value> {
    let [Some(width), fill] = interp.params(name, args, ["$", "$"], 1)? else { return Ok(Value::none()) };
    let width = usize::try_from(interp.count(&width)?).unwrap_or(0);
    interp.check_size(width)?;
    let fill = match fill {
        Some(fill) => {
            let fill = interp.text(&fill)?;
            let mut chars = fill.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => c,
                _ => return Err(interp.type_error("The fill character must be exactly one character long")),
            }
        }
        None => ' ',
    };
    let length = text.chars().count();
    let missing = width.saturating_sub(length);
    let fills = |n: usize| fill.to_string().repeat(n);
    Ok(Value::str(match name {
        "ljust" => format!("{text}{}", fills(missing)),
        "rjust" => format!("{}{text}", fills(missing)),
        _ => {
            // `unicode_center_impl`: an odd rest goes to the left where the width is odd too.
            let left = missing / 2 + (missing & width & 1);
            format!("{}{text}{}", fills(left), fills(missing - left))
        }
    }))
}

fn zero_fill(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    let width = interp.only("str.zfill", args)?;
    let width = usize::try_from(interp.count(&width)?).unwrap_or(0);
    interp.check_size(width)?;
    let missing = width.saturating_sub(text.chars().count());
    let zeros = "0".repeat(missing);
    Ok(Value::str(match text.chars().next() {
        Some(sign @ ('+' | '-')) => format!("{sign}{zeros}{}", text.get(1..).unwrap_or("")),
        _ => format!("{zeros}{text}"),
    }))
}

fn expand_tabs(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    let [size] = interp.params("expandtabs", args, ["tabsize"], 0)?;
    let size = match size {
        Some(size) => usize::try_from(interp.count(&size)?).unwrap_or(0),
        None => 8,
    };
    interp.check_size(text.len().saturating_add(text.matches('\t').count().saturating_mul(size)))?;
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    Ok(Value::str(out))
}

/// `str.maketrans(…)`: a dict of code points.
pub(super) fn make_translation(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let mut dict = Dict::default();
    let site = interp.here;
    let mut put = |from: u32, to: Value| {
        dict.set(Key::Int(BigInt::from(from)), Value::int(from), to, site);
    };
    match args.positional.as_slice() {
        [from, to] | [from, to, _] => {
            let (from, to) = (interp.text(from)?, interp.text(to)?);
            if from.chars().count() != to.chars().count() {
                return Err(interp.value_error("the first two maketrans arguments must have equal length"));
            }
            for (a, b) in from.chars().zip(to.chars()) {
                put(u32::from(a), Value::int(u32::from(b)));
            }
            if let [_, _, gone] = args.positional.as_slice() {
                for c in interp.text(gone)?.chars() {
                    put(u32::from(c), Value::none());
                }
            }
        }
        _ => return Err(unclear("this way to make a translation is not followed")),
    }
    Ok(Value::object(interp.heap.add(Object::Dict(dict))))
}

fn translate(interp: &mut Interp<'_>, text: &str, args: Args) -> Res<Value> {
    let table = interp.only("str.translate", args)?;
    let Some(id) = table.id().filter(|id| matches!(interp.heap.get(*id), Object::Dict(_))) else {
        return Err(unclear("this translation is not followed"));
    };
    interp.expect_certain(id)?;
    let dict = interp.heap.dict(id).cloned().unwrap_or_default();
    let mut out = String::new();
    for c in text.chars() {
        match dict.entries.get(&Key::Int(BigInt::from(u32::from(c)))).map(|e| e.value.kind.clone()) {
            None => out.push(c),
            Some(Kind::None) => {}
            Some(Kind::Str(text)) => out.push_str(&text),
            Some(Kind::Int(n)) => match u32::try_from(&*n).ok().and_then(char::from_u32) {
                Some(c) => out.push(c),
                None => return Err(unclear("this translation is not followed")),
            },
            Some(_) => return Err(unclear("this translation is not followed")),
        }
    }
    Ok(Value::str(out))
}

/// What can be told of a string that is known in part; `None` where nothing can.
pub(super) fn call_on_pieces(
    interp: &mut Interp<'_>,
    pieces: &[Piece],
    name: &str,
    args: &Args,
) -> Res<Option<Value>> {
    let this = || Value::symbolic(Symbolic::of_pieces(pieces.to_vec()));
    match name {
        "startswith" | "endswith" if args.positional.len() == 1 && args.keywords.is_empty() => {
            let candidates = match args.get(0).map(|v| &v.kind) {
                Some(Kind::Str(text)) => vec![Rc::clone(text)],
                Some(Kind::Tuple(items)) => {
                    match items.iter().map(|i| interp.text(i)).collect::<Res<Vec<_>>>() {
                        Ok(texts) => texts,
                        Err(_) => return Ok(None),
                    }
                }
                _ => return Ok(None),
            };
            let answers: Vec<Option<bool>> =
                candidates.iter().map(|c| known_affix(pieces, name, c)).collect();
            if answers.contains(&Some(true)) {
                return Ok(Some(Value::bool(true)));
            }
            Ok(answers.iter().all(|a| *a == Some(false)).then(|| Value::bool(false)))
        }
        "strip" | "lstrip" | "rstrip" if args.positional.is_empty() && args.keywords.is_empty() => {
            let firm = |piece: Option<&Piece>, edge: fn(&str) -> Option<char>| match piece {
                Some(Piece::Text(text)) => edge(text).is_some_and(|c| !is_space(c)),
                Some(Piece::Hole { shape, .. }) => matches!(shape, Shape::Number | Shape::Word),
                None => true,
            };
            let left = name == "rstrip" || firm(pieces.first(), |t| t.chars().next());
            let right = name == "lstrip" || firm(pieces.last(), |t| t.chars().next_back());
            Ok((left && right).then(this))
        }
        _ => Ok(None),
    }
}

/// Whether the known edge of a string settles how it begins or ends.
fn known_affix(pieces: &[Piece], name: &str, affix: &str) -> Option<bool> {
    if affix.is_empty() {
        return Some(true);
    }
    let (edge, rest) = match name {
        "startswith" => (pieces.first()?, pieces.get(1..)?),
        _ => (pieces.last()?, pieces.get(..pieces.len() - 1)?),
    };
    let Piece::Text(edge) = edge else { return None };
    let (longer, fits) = match name {
        "startswith" => (edge.starts_with(affix), affix.starts_with(&**edge)),
        _ => (edge.ends_with(affix), affix.ends_with(&**edge)),
    };
    match (longer, fits && !rest.is_empty()) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}
