//! The arguments of a call.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use crate::object::{Kind, Trace, Type, Value};

use super::error::Stop;
use super::{Interp, Res};

/// Arguments as they arrive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    pub(crate) positional: Vec<Value>,
    pub(crate) keywords: Vec<(Rc<str>, Value)>,
    /// Further arguments that are not known (`*x` of something unknown).
    pub(crate) open: Option<Value>,
}

impl Args {
    /// Positional arguments only.
    pub(crate) fn of(positional: Vec<Value>) -> Args {
        Args { positional, ..Args::default() }
    }

    /// Every value, positional ones first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.keywords.iter().map(|(_, value)| value)).chain(&self.open)
    }

    /// The joined traces.
    pub(crate) fn trace(&self) -> Trace {
        self.values().fold(Trace::default(), |all, v| all.merge(&v.trace))
    }

    /// A keyword argument, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.keywords.iter().position(|(n, _)| &**n == name)?;
        Some(self.keywords.remove(at).1)
    }

    /// How many arguments there are; what is not known counts for one.
    pub(crate) fn count(&self) -> usize {
        self.values().count()
    }

    /// A positional argument.
    pub(crate) fn get(&self, at: usize) -> Option<&Value> {
        self.positional.get(at)
    }
}

impl Interp<'_> {
    /// The arguments of a builtin, by position or by name; `names` that start with `$` are by position only.
    /// `required` of them must be there.
    pub(crate) fn params<const N: usize>(
        &mut self,
        function: &str,
        mut args: Args,
        names: [&str; N],
        required: usize,
    ) -> Res<[Option<Value>; N]> {
        self.expect_closed(&args)?;
        if args.positional.len() > N {
            return Err(self.raise_unclear(Type::TypeError));
        }
        let mut values: [Option<Value>; N] = [const { None }; N];
        for (slot, value) in values.iter_mut().zip(args.positional.drain(..)) {
            *slot = Some(value);
        }
        for (name, value) in args.keywords {
            let slot = names.iter().position(|n| *n == &*name).and_then(|at| values.get_mut(at));
            match slot {
                Some(slot @ None) => *slot = Some(value),
                _ => return Err(self.raise_unclear(Type::TypeError)),
            }
        }
        if values.iter().take(required).any(Option::is_none) {
            let _ = function;
            return Err(self.raise_unclear(Type::TypeError));
        }
        Ok(values)
    }

    /// Stops where there are arguments that are not known.
    pub(crate) fn expect_closed(&self, args: &Args) -> Res<()> {
        match &args.open {
            Some(value) => Err(Stop::Opaque(Box::new(value.clone()))),
            None => Ok(()),
        }
    }

    /// The only argument of a builtin.
    pub(crate) fn only(&mut self, function: &str, args: Args) -> Res<Value> {
        self.expect_closed(&args)?;
        if !args.keywords.is_empty() {
            return Err(self.type_error(format!("{function}() takes no keyword arguments")));
        }
        let given = args.positional.len();
        match <[Value; 1]>::try_from(args.positional) {
            Ok([value]) => Ok(value),
            Err(_) => {
                Err(self.type_error(format!("{function}() takes exactly one argument ({given} given)")))
            }
        }
    }

    /// A string argument.
    pub(crate) fn text(&mut self, value: &Value) -> Res<Rc<str>> {
        match &value.kind {
            Kind::Str(text) => Ok(Rc::clone(text)),
            Kind::Symbolic(_) | Kind::Unknown(_) => Err(Stop::Opaque(Box::new(value.clone()))),
            _ => Err(self.raise_unclear(Type::TypeError)),
        }
    }

    /// A whole number, as `__index__` gives it.
    pub(crate) fn index(&mut self, value: &Value) -> Res<BigInt> {
        match value.as_int() {
            Some(n) => Ok(n),
            None if !value.is_known() => Err(Stop::Opaque(Box::new(value.clone()))),
            None => {
                let name = self.type_name(value);
                Err(self.type_error(format!("'{name}' object cannot be interpreted as an integer")))
            }
        }
    }

    /// A whole number that fits a count; huge ones are cut to what there is room for.
    pub(crate) fn count(&mut self, value: &Value) -> Res<i64> {
        let n = self.index(value)?;
        Ok(n.to_i64().unwrap_or(if n.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX }))
    }

    /// Whether an optional argument is true.
    pub(crate) fn flag(&mut self, value: Option<&Value>, default: bool) -> Res<bool> {
        match value {
            None => Ok(default),
            Some(value) => self.expect_truth(value),
        }
    }

    /// The truth of a value that must be known.
    pub(crate) fn expect_truth(&mut self, value: &Value) -> Res<bool> {
        match self.truth(value)? {
            Ok(truth) => Ok(truth),
            Err(_) => Err(Stop::Opaque(Box::new(value.clone()))),
        }
    }
}
