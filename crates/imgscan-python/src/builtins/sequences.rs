//! Builtins about sequences and iteration.

use std::cmp::Ordering;

use crate::interp::{Args, Interp, Next, Res, Stop};
use crate::object::instance::Iter;
use crate::object::{Heap, Kind, Object, Symbolic, Type, Value};
use crate::syntax::ir::{BinOp, CmpOp};

/// `len(value)`
pub(super) fn len(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("len", args)?;
    let length = interp.length(&value)?;
    Ok(Value::int(length).traced(value.trace.harmless()))
}

/// `iter(value)`, `iter(callable, sentinel)`
pub(super) fn iter(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), sentinel] = interp.params("iter", args, ["$", "$"], 1)? else {
        return Ok(Value::none());
    };
    match sentinel {
        None => interp.iter_of(&value),
        Some(sentinel) => Ok(interp.new_iter(Iter::Callable { function: value, sentinel })),
    }
}

/// `next(iterator, default)`
pub(super) fn next(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(iterator), default] = interp.params("next", args, ["$", "$"], 1)? else {
        return Ok(Value::none());
    };
    interp.expect_known(&iterator)?;
    let own = interp.find_special(&iterator, "__next__")?.is_some();
    let is_iterator = own
        || iterator
            .id()
            .is_some_and(|id| matches!(interp.heap.get(id), Object::Iter(_) | Object::Generator(_)));
    if !is_iterator {
        if interp.is_unclear(&iterator) {
            return Err(Stop::Opaque(Box::new(iterator)));
        }
        let name = interp.type_name(&iterator);
        return Err(interp.type_error(format!("'{name}' object is not an iterator")));
    }
    match interp.next(&iterator)? {
        Next::Item(item) => Ok(item),
        Next::Unknown(value) => Err(Stop::Opaque(Box::new(value))),
        Next::End => match default {
            Some(default) => Ok(default),
            None => Err(interp.raise_with(Type::StopIteration, Vec::new())),
        },
    }
}

/// What an element means for `all` and `any`.
enum Truth {
    Stops,
    GoesOn,
    Unclear,
}

/// Walks until an element's truth is `stop_at`.
fn quantified(interp: &mut Interp<'_>, name: &str, args: Args, stop_at: bool) -> Res<Value> {
    let value = interp.only(name, args)?;
    let mut unclear: Option<Value> = None;
    let mut check = |interp: &mut Interp<'_>, item: &Value| -> Res<(Truth, Option<Heap>)> {
        Ok(match interp.truth(item)? {
            Ok(truth) if truth == stop_at => (Truth::Stops, None),
            Ok(_) => (Truth::GoesOn, None),
            Err(_) => {
                unclear.get_or_insert_with(|| item.clone());
                (Truth::Unclear, Some(interp.heap.clone()))
            }
        })
    };
    let is_set = value.id().is_some_and(|id| matches!(interp.heap.get(id), Object::Set(_)));
    if is_set {
        for item in interp.collect_any_order(&value)? {
            if matches!(check(interp, &item)?, (Truth::Stops, _)) {
                return Ok(Value::bool(stop_at).traced(item.trace.harmless()));
            }
        }
    } else {
        let iter = interp.iter_of(&value)?;
        // From the first element on of which the truth is not known, each may be the last that is asked for.
        let mut before: Option<Heap> = None;
        let found = loop {
            let next = match (interp.next(&iter), before.is_some()) {
                (Err(stop @ Stop::Raise(_)), true) => {
                    let condition = interp.words("which element ends a walk", &value);
                    interp.note_raised(stop, &condition)?;
                    break None;
                }
                (next, _) => next?,
            };
            match next {
                Next::End => break None,
                Next::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
                Next::Item(item) => match check(interp, &item)? {
                    (Truth::Stops, _) => break Some(item),
                    (Truth::Unclear, state) => before = before.or(state),
                    (Truth::GoesOn, _) => {}
                },
            }
        };
        if let Some(before) = &before {
            interp.widen(before)?;
        }
        if let Some(item) = found {
            return Ok(Value::bool(stop_at).traced(item.trace.harmless()));
        }
    }
    match unclear {
        Some(item) => Err(Stop::Opaque(Box::new(item))),
        None => Ok(Value::bool(!stop_at)),
    }
}

/// `all(iterable)`
pub(super) fn all(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    quantified(interp, "all", args, false)
}

/// `any(iterable)`
pub(super) fn any(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    quantified(interp, "any", args, true)
}

/// `sum(iterable, start=0)`
pub(super) fn sum(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), start] = interp.params("sum", args, ["$", "start"], 1)? else {
        return Ok(Value::none());
    };
    let start = start.unwrap_or_else(|| Value::int(0));
    if matches!(start.kind, Kind::Str(_)) {
        return Err(interp.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let is_set = value.id().is_some_and(|id| matches!(interp.heap.get(id), Object::Set(_)));
    let items = interp.collect_any_order(&value)?;
    let floats = items.iter().any(|i| matches!(i.kind, Kind::Float(_)));
    // The order matters to floats; since 3.12 they are summed with a compensation.
    if floats && (is_set || items.len() > 1 && interp.version().is_none_or(|v| v >= (3, 12))) {
        let exact = !is_set && interp.version().is_some() && sum_is_exact(&items);
        if !exact {
            return Err(Stop::Opaque(Box::new(Value::unknown(
                "how floats are summed depends on the version",
            ))));
        }
    }
    let mut total = start;
    for item in items {
        total = interp.binary(BinOp::Add, &total, &item, false)?;
    }
    Ok(total)
}

/// Whether every partial sum is exact, so that a compensation changes nothing.
fn sum_is_exact(items: &[Value]) -> bool {
    let mut total = 0.0f64;
    for item in items {
        let x = match &item.kind {
            Kind::Float(x) => *x,
            Kind::Int(n) => match i32::try_from(&**n) {
                Ok(n) => f64::from(n),
                Err(_) => return false,
            },
            Kind::Bool(b) => f64::from(u8::from(*b)),
            _ => return false,
        };
        let sum = total + x;
        if sum - total != x || sum - x != total {
            return false;
        }
        total = sum;
    }
    true
}

fn extreme(interp: &mut Interp<'_>, name: &str, mut args: Args, wanted: Ordering) -> Res<Value> {
    interp.expect_closed(&args)?;
    let key = args.take("key").filter(|k| !k.is_none());
    let default = args.take("default");
    if !args.keywords.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let mut is_set = false;
    let items = match args.positional.as_slice() {
        [] => {
            return Err(match interp.since(3, 9) {
                true => interp.type_error(format!("{name} expected at least 1 argument, got 0")),
                false => interp.type_error(format!("{name} expected 1 argument, got 0")),
            });
        }
        [only] => {
            is_set = only.id().is_some_and(|id| matches!(interp.heap.get(id), Object::Set(_)));
            interp.collect_any_order(only)?
        }
        many => {
            if default.is_some() {
                return Err(interp.raise_unclear(Type::TypeError));
            }
            many.to_vec()
        }
    };
    if is_set && key.is_some() && items.len() > 1 {
        return Err(Stop::Opaque(Box::new(Value::unknown("the order of a set is not known"))));
    }
    let mut items = items.into_iter();
    let Some(first) = items.next() else {
        return match default {
            Some(default) => Ok(default),
            None => {
                let words = match interp.since(3, 12) && interp.version().is_some() {
                    true => format!("{name}() iterable argument is empty"),
                    false => format!("{name}() arg is an empty sequence"),
                };
                Err(interp.value_error(words))
            }
        };
    };
    let ranked = |interp: &mut Interp<'_>, item: &Value| match &key {
        Some(key) => interp.call(key, Args::of(vec![item.clone()])),
        None => Ok(item.clone()),
    };
    let mut best_rank = ranked(interp, &first)?;
    let mut best = first;
    let mut trace = best.trace.clone();
    for item in items {
        let rank = ranked(interp, &item)?;
        trace = trace.merge(&item.trace);
        let op = if wanted == Ordering::Less { CmpOp::Lt } else { CmpOp::Gt };
        if best_rank.is_known() && rank.is_known() {
            let better = match interp.compare(op, &rank, &best_rank) {
                Err(Stop::Raise(_)) if is_set => return Err(interp.raise_unclear(Type::TypeError)),
                other => other?,
            };
            if interp.expect_truth(&better)? {
                best = item;
                best_rank = rank;
            }
        } else if key.is_none()
            && let Some(value) = bounded(interp, &best, &item, wanted)
        {
            best = value.clone();
            best_rank = value;
        } else {
            return Err(Stop::Opaque(Box::new(if rank.is_known() { best_rank } else { rank })));
        }
    }
    Ok(best.also(&trace))
}

/// Of a number that is at least something and another: which is the smaller or larger, where that is certain.
fn bounded(interp: &Interp<'_>, a: &Value, b: &Value, wanted: Ordering) -> Option<Value> {
    for (known, open) in [(a, b), (b, a)] {
        let Kind::Int(n) = &known.kind else { continue };
        let least = interp.least(open)?;
        let n = i64::try_from(&**n).ok()?;
        if least >= n {
            return Some(if wanted == Ordering::Less { known.clone() } else { open.clone() });
        }
    }
    None
}

/// `max(…)`
pub(super) fn max(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let operands = args.clone();
    let result = extreme(interp, "max", args, Ordering::Greater);
    with_least(interp, "max", &operands, result)
}

/// `min(…)`
pub(super) fn min(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let operands = args.clone();
    let result = extreme(interp, "min", args, Ordering::Less);
    with_least(interp, "min", &operands, result)
}

/// Where numbers are not known, their extreme is an expression with the bound that follows from theirs.
fn with_least(interp: &mut Interp<'_>, name: &str, args: &Args, result: Res<Value>) -> Res<Value> {
    let Err(Stop::Opaque(culprit)) = &result else { return result };
    let culprit = culprit.clone();
    // Alternatives are taken apart first.
    let alternative = |v: &Value| matches!(&v.kind, Kind::Symbolic(s) if s.choice.is_some());
    if !args.keywords.is_empty() || args.positional.len() < 2 || args.positional.iter().any(alternative) {
        return result;
    }
    let ints = args.positional.iter().all(|v| interp.class_of(v) == Some(Type::Int));
    if !ints {
        return result;
    }
    let leasts: Vec<Option<i64>> = args.positional.iter().map(|v| interp.least(v)).collect();
    let least = match name {
        "max" => leasts.iter().flatten().max().copied(),
        _ => leasts.iter().copied().collect::<Option<Vec<i64>>>().and_then(|l| l.into_iter().min()),
    };
    let value = interp.opaque_call(Some(name.to_owned()), args, Some(Type::Int), &culprit);
    match (&value.kind, least) {
        (Kind::Symbolic(symbolic), Some(least)) => {
            let kind = Kind::Symbolic(std::rc::Rc::new(Symbolic::clone(symbolic).at_least(least)));
            Ok(Value { kind, ..value })
        }
        _ => Ok(value),
    }
}

/// `sorted(iterable, key=None, reverse=False)`
pub(super) fn sorted(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let key = args.take("key");
    let reverse = args.take("reverse");
    let value = interp.only("sorted", args)?;
    let is_set = value.id().is_some_and(|id| matches!(interp.heap.get(id), Object::Set(_)));
    let items = interp.collect_any_order(&value)?;
    // Elements that are equal to the key keep the order of the set, which is not known.
    if is_set && key.as_ref().is_some_and(|k| !k.is_none()) && items.len() > 1 {
        return Err(Stop::Opaque(Box::new(Value::unknown("the order of a set is not known"))));
    }
    let items = match sort(interp, items, key.as_ref(), reverse.as_ref()) {
        // Which two elements are found not to compare hangs on the order of the set.
        Err(Stop::Raise(_)) if is_set => return Err(interp.raise_unclear(Type::TypeError)),
        other => other?,
    };
    Ok(interp.list(items))
}

/// Sorts as `list.sort` does: stable, by `<` alone.
pub(crate) fn sort(
    interp: &mut Interp<'_>,
    items: Vec<Value>,
    key: Option<&Value>,
    reverse: Option<&Value>,
) -> Res<Vec<Value>> {
    let reverse = interp.flag(reverse, false)?;
    let mut ranked: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    for item in items {
        let rank = match key.filter(|k| !k.is_none()) {
            Some(key) => interp.call(key, Args::of(vec![item.clone()]))?,
            None => item.clone(),
        };
        interp.expect_known(&rank)?;
        ranked.push((rank, item));
    }
    if reverse {
        ranked.reverse();
    }
    let mut sorted = match ranked.len() < INSERTION {
        true => insertion_sort(interp, ranked)?,
        false => match merge_sort(interp, ranked) {
            // Which two elements are found not to compare is not the same in another order.
            Err(Stop::Raise(_)) => return Err(interp.raise_unclear(Type::TypeError)),
            other => other?,
        },
    };
    if reverse {
        sorted.reverse();
    }
    Ok(sorted.into_iter().map(|(_, item)| item).collect())
}

/// Lists shorter than this are sorted by insertion, which settles in which order elements are compared.
const INSERTION: usize = 64;

fn smaller(interp: &mut Interp<'_>, a: &(Value, Value), b: &(Value, Value)) -> Res<bool> {
    let result = interp.compare(CmpOp::Lt, &a.0, &b.0)?;
    interp.expect_truth(&result)
}

/// `list.sort` of CPython for a short list: the run at the front, then binary insertion.
fn insertion_sort(interp: &mut Interp<'_>, mut items: Vec<(Value, Value)>) -> Res<Vec<(Value, Value)>> {
    let pair = |items: &[(Value, Value)], at: usize| match (items.get(at), items.get(at - 1)) {
        (Some(a), Some(b)) => Some((a.clone(), b.clone())),
        _ => None,
    };
    let mut run = 1;
    let mut descends = false;
    while let Some((this, before)) = pair(&items, run) {
        let less = smaller(interp, &this, &before)?;
        if run == 1 {
            descends = less;
        } else if less != descends {
            break;
        }
        run += 1;
    }
    if descends && let Some(front) = items.get_mut(..run) {
        front.reverse();
    }
    for at in run..items.len() {
        let pivot = items.remove(at);
        let (mut low, mut high) = (0, at);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(other) = items.get(middle).cloned() else { break };
            if smaller(interp, &pivot, &other)? { high = middle } else { low = middle + 1 }
        }
        items.insert(low, pivot);
    }
    Ok(items)
}

fn merge_sort(interp: &mut Interp<'_>, mut items: Vec<(Value, Value)>) -> Res<Vec<(Value, Value)>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = merge_sort(interp, items)?;
    let right = merge_sort(interp, right)?;
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        // CPython asks whether the later one is smaller.
        let smaller = interp.compare(CmpOp::Lt, &b.clone(), &a.clone())?;
        let smaller = interp.expect_truth(&smaller)?;
        out.extend(if smaller { right.next() } else { left.next() });
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}
