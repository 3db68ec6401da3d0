//! From Python values and texts to the values of the report.

use imgscan_model::{Data, Need, Shape, Text, Value};
use imgscan_python::PyValue;

use super::py::text::{repr, str_of};

/// A text with parts that are not known as a Python value: an expression, or unknown where no expression says it.
pub(crate) fn symbolic_text(text: &Text, type_name: &'static str) -> PyValue {
    let needs = text.needs();
    match text.holes().find_map(|(_, hole)| hole.reason.clone()) {
        Some(reason) => PyValue::Unknown { reason, needs },
        None => PyValue::Symbolic { text: text.display(), needs, type_name: Some(type_name) },
    }
}

/// A text as a Python string.
pub(crate) fn text(text: &Text) -> PyValue {
    match text.known() {
        Some(known) => PyValue::Str(known.to_owned()),
        None => symbolic_text(text, "str"),
    }
}

/// Whether a text is certainly a whole number in decimal: digits, and parts that are known to be digits.
pub(crate) fn is_number(text: &Text) -> bool {
    !text.is_empty()
        && text.raw().char_indices().all(|(at, c)| match text.hole_at(at) {
            Some(hole) => hole.shape == Shape::Number && at == 0,
            None => c.is_ascii_digit(),
        })
}

/// Whether a number that an expression stands for is certainly not negative: nothing but processors are counted in
/// it, and nothing is taken away.
pub(crate) fn is_surely_positive(text: &str, needs: &[Need]) -> bool {
    let bare = text.replace("--all", "").replace("--ignore", "");
    needs.iter().all(|need| *need == Need::CpuCount) && !bare.contains('-')
}

/// Whether the value is certain in every part.
pub(crate) fn is_known(value: &PyValue) -> bool {
    match value {
        PyValue::Symbolic { .. } | PyValue::Unknown { .. } => false,
        PyValue::List(items) | PyValue::Tuple(items) | PyValue::Set(items) => items.iter().all(is_known),
        PyValue::Dict(pairs) => pairs.iter().all(|(k, v)| is_known(k) && is_known(v)),
        _ => true,
    }
}

/// A stored value as the report has it.
pub(crate) fn to_value(value: &PyValue) -> Value {
    let mut needs = Vec::new();
    if let Some(reason) = unknown_part(value, &mut needs) {
        return Value::Unknown { reason, needs };
    }
    if !is_known(value) {
        return Value::Symbolic { text: str_of(value), needs };
    }
    match data(value) {
        Ok(data) => Value::Known(data),
        Err(reason) => Value::unknown(reason),
    }
}

/// The reason of the first unknown part; collects what the parts wait for.
fn unknown_part(value: &PyValue, needs: &mut Vec<Need>) -> Option<String> {
    let mut add = |more: &[Need]| {
        more.iter().for_each(|n| {
            if !needs.contains(n) {
                needs.push(n.clone())
            }
        })
    };
    match value {
        PyValue::Symbolic { needs: more, .. } => {
            add(more);
            None
        }
        PyValue::Unknown { reason, needs: more } => {
            add(more);
            Some(reason.clone())
        }
        PyValue::List(items) | PyValue::Tuple(items) | PyValue::Set(items) => {
            items.iter().fold(None, |found, item| unknown_part(item, needs).or(found))
        }
        PyValue::Dict(pairs) => pairs.iter().fold(None, |found, (key, item)| {
            let key = unknown_part(key, needs);
            unknown_part(item, needs).or(key).or(found)
        }),
        _ => None,
    }
}

/// A value that is known, as data; the reason where data cannot hold it.
fn data(value: &PyValue) -> Result<Data, String> {
    let object = |name: &str, kind: &str| Data::Object { name: name.to_owned(), kind: kind.to_owned() };
    Ok(match value {
        PyValue::None => Data::None,
        PyValue::Bool(truth) => Data::Bool(*truth),
        PyValue::Int(number) => {
            Data::Int(i64::try_from(number).map_err(|_| format!("`{number}` is larger than 64 bits"))?)
        }
        PyValue::Float(number) => Data::Float(*number),
        PyValue::Str(text) => Data::Str(text.clone()),
        PyValue::Bytes(_) => object(&repr(value), "bytes"),
        PyValue::List(items) | PyValue::Tuple(items) => {
            Data::List(items.iter().map(data).collect::<Result<_, _>>()?)
        }
        PyValue::Set(items) if items.len() > 1 => {
            return Err("the order of a set changes from run to run".to_owned());
        }
        PyValue::Set(items) => Data::List(items.iter().map(data).collect::<Result<_, _>>()?),
        PyValue::Dict(pairs) => {
            let pair = |(key, item): &(PyValue, PyValue)| Ok((str_of(key), data(item)?));
            Data::Map(pairs.iter().map(pair).collect::<Result<_, String>>()?)
        }
        PyValue::Function { name, .. } => object(name, "function"),
        PyValue::Class { name, .. } => object(name, "class"),
        PyValue::Module(name) => object(name, "module"),
        PyValue::Object { type_name, text } => object(text, type_name),
        PyValue::Symbolic { text, .. } => return Err(text.clone()),
        PyValue::Unknown { reason, .. } => return Err(reason.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_a_part_that_waits_is_an_expression() {
        let part = PyValue::Symbolic {
            text: "cpu_count()".into(),
            needs: vec![Need::CpuCount],
            type_name: Some("int"),
        };
        let list = PyValue::List(vec![PyValue::Str("a".into()), part]);
        let expected = Value::Symbolic { text: "['a', cpu_count()]".into(), needs: vec![Need::CpuCount] };
        assert_eq!(to_value(&list), expected);
    }

    #[test]
    fn a_number_that_does_not_fit_is_unknown() {
        assert!(matches!(
            to_value(&PyValue::Int(num_bigint::BigInt::from(1_u128 << 70))),
            Value::Unknown { .. }
        ));
        assert_eq!(to_value(&PyValue::Int(3.into())), Value::Known(Data::Int(3)));
    }

    #[test]
    fn a_set_has_no_order_to_tell() {
        let set = PyValue::Set(vec![PyValue::Str("a".into()), PyValue::Str("b".into())]);
        assert!(matches!(to_value(&set), Value::Unknown { .. }));
    }
}
