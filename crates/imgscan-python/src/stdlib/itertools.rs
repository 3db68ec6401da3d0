//! `itertools`

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::Iter;
use crate::object::{Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 7] = [
    native("itertools", "chain", chain),
    native("itertools", "count", count),
    native("itertools", "cycle", cycle),
    native("itertools", "islice", islice),
    native("itertools", "repeat", repeat),
    native("itertools", "product", product),
    native("itertools", "zip_longest", zip_longest),
];

fn chain(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    Ok(interp.new_iter(Iter::Chain { inner: args.positional, current: None }))
}

fn count(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [start, step] = interp.params("count", args, ["start", "step"], 0)?;
    let next = start.unwrap_or_else(|| Value::int(0));
    let step = step.unwrap_or_else(|| Value::int(1));
    Ok(interp.new_iter(Iter::Count { next, step }))
}

fn cycle(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let inner = interp.only("cycle", args)?;
    let inner = interp.iter_of(&inner)?;
    Ok(interp.new_iter(Iter::Cycle { inner: Some(inner), seen: Vec::new(), next: 0 }))
}

fn islice(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let number = |interp: &mut Interp<'_>, value: Option<&Value>| -> Res<Option<usize>> {
        match value {
            Some(value) if !value.is_none() => match usize::try_from(interp.count(value)?) {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(interp.raise_unclear(Type::ValueError)),
            },
            _ => Ok(None),
        }
    };
    let (inner, start, stop, step) = match args.positional.as_slice() {
        [inner, stop] => (inner, None, Some(stop), None),
        [inner, start, stop] => (inner, Some(start), Some(stop), None),
        [inner, start, stop, step] => (inner, Some(start), Some(stop), Some(step)),
        _ => return Err(interp.raise_unclear(Type::TypeError)),
    };
    let skip = number(interp, start)?.unwrap_or(0);
    let left = number(interp, stop)?;
    let step = number(interp, step)?.unwrap_or(1).max(1);
    let inner = interp.iter_of(inner)?;
    Ok(interp.new_iter(Iter::Slice { inner, skip, left, step }))
}

fn repeat(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), times] = interp.params("repeat", args, ["object", "times"], 1)? else {
        return Ok(Value::none());
    };
    match times {
        Some(times) => {
            let times = usize::try_from(interp.count(&times)?).unwrap_or(0);
            interp.check_size(times)?;
            let items = vec![value; times];
            Ok(interp.new_iter(Iter::Items { items: items.into(), next: 0, class: Type::Generator }))
        }
        None => Ok(interp.new_iter(Iter::Cycle { inner: None, seen: vec![value], next: 0 })),
    }
}

fn product(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if args.take("repeat").is_some() {
        return Err(Stop::Opaque(Box::new(Value::unknown(
            "`repeat` of `itertools.product` is not followed",
        ))));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for value in &args.positional {
        let items = interp.collect(value)?;
        interp.check_size(rows.len().saturating_mul(items.len()))?;
        interp.charge(rows.len().saturating_mul(items.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(move |item| {
                    let mut row = row.clone();
                    row.push(item.clone());
                    row
                })
            })
            .collect();
    }
    let items: Vec<Value> = rows.into_iter().map(Value::tuple).collect();
    Ok(interp.new_iter(Iter::Items { items: items.into(), next: 0, class: Type::Generator }))
}

fn zip_longest(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let fill = args.take("fillvalue").unwrap_or_else(Value::none);
    let columns = args.positional.iter().map(|v| interp.collect(v)).collect::<Res<Vec<_>>>()?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let items: Vec<Value> = (0..length)
        .map(|at| {
            Value::tuple(columns.iter().map(|c| c.get(at).unwrap_or(&fill).clone()).collect::<Vec<_>>())
        })
        .collect();
    Ok(interp.new_iter(Iter::Items { items: items.into(), next: 0, class: Type::Generator }))
}
