//! Keys of dicts and elements of sets: what is equal in Python is equal here.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use indexmap::Equivalent;
use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::heap::{Heap, Id, Object};
use super::types::Type;
use super::value::{Kind, Value};

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    None,
    NotImplemented,
    Ellipsis,
    /// An `int`, a `bool`, or a `float` with a whole value.
    Int(BigInt),
    /// Any other `float`, by its bits.
    Float(u64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Vec<Key>),
    /// The elements of a `frozenset`, sorted.
    Frozen(Vec<Key>),
    Path(Rc<str>),
    Type(Type),
    /// A builtin function, by module and name.
    Native(&'static str, &'static str),
    /// An object that is equal to nothing but itself.
    Id(Id),
}

/// Why a value is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// `TypeError: unhashable type`
    Unhashable(Type),
    /// It cannot be told.
    Unclear,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // Alone, so that a `&str` finds it.
            Key::Str(text) => text.hash(state),
            Key::Int(n) => n.hash(state),
            Key::Float(bits) => bits.hash(state),
            Key::Bytes(bytes) => bytes.hash(state),
            Key::Tuple(keys) | Key::Frozen(keys) => keys.hash(state),
            Key::Path(path) => path.hash(state),
            Key::Type(class) => class.hash(state),
            Key::Native(module, name) => (module, name).hash(state),
            Key::Id(id) => id.hash(state),
            Key::None | Key::NotImplemented | Key::Ellipsis => std::mem::discriminant(self).hash(state),
        }
    }
}

/// A name to look up without making a key of it.
pub(crate) struct NameKey<'a>(pub(crate) &'a str);

impl Hash for NameKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for NameKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(key, Key::Str(text) if **text == *self.0)
    }
}

impl Key {
    /// The key of a value.
    pub(crate) fn of(value: &Value, heap: &Heap) -> Result<Key, KeyFault> {
        Key::nested(value, heap, 0)
    }

    fn nested(value: &Value, heap: &Heap, depth: usize) -> Result<Key, KeyFault> {
        if depth > imgscan_model::limits::DEPTH {
            return Err(KeyFault::Unclear);
        }
        Ok(match &value.kind {
            Kind::None => Key::None,
            Kind::NotImplemented => Key::NotImplemented,
            Kind::Ellipsis => Key::Ellipsis,
            Kind::Bool(b) => Key::Int(BigInt::from(u8::from(*b))),
            Kind::Int(n) => Key::Int(BigInt::clone(n)),
            Kind::Float(x) => match BigInt::from_f64(*x) {
                Some(n) if x.fract() == 0.0 => Key::Int(n),
                // A NaN is found by identity only.
                _ if x.is_nan() => return Err(KeyFault::Unclear),
                _ => Key::Float(x.to_bits()),
            },
            Kind::Str(text) => Key::Str(Rc::clone(text)),
            Kind::Bytes(bytes) => Key::Bytes(Rc::clone(bytes)),
            Kind::Tuple(items) => {
                Key::Tuple(items.iter().map(|i| Key::nested(i, heap, depth + 1)).collect::<Result<_, _>>()?)
            }
            Kind::Range(_) | Kind::Symbolic(_) | Kind::Unknown(_) | Kind::Method(_) | Kind::External(_) => {
                return Err(KeyFault::Unclear);
            }
            Kind::Slice(_) => return Err(KeyFault::Unhashable(Type::Slice)),
            Kind::Type(class) => Key::Type(*class),
            Kind::Native(native) => Key::Native(native.module, native.name),
            Kind::Path(path, _) => Key::Path(Rc::clone(path)),
            Kind::Ref(id) => Key::of_object(*id, heap)?,
        })
    }

    fn of_object(id: Id, heap: &Heap) -> Result<Key, KeyFault> {
        if heap.spoilt(id).is_some() && !matches!(heap.get(id), Object::List(_) | Object::Dict(_)) {
            return Err(KeyFault::Unclear);
        }
        match heap.get(id) {
            Object::List(_) => Err(KeyFault::Unhashable(Type::List)),
            Object::Dict(dict) => Err(KeyFault::Unhashable(dict.kind.class())),
            Object::Set(set) if !set.frozen => Err(KeyFault::Unhashable(Type::Set)),
            Object::Set(set) => {
                let mut keys: Vec<Key> = set.items.keys().cloned().collect();
                keys.sort();
                Ok(Key::Frozen(keys))
            }
            // A class may say for itself what its instances are equal to.
            Object::Instance(instance) if !instance.is_plain(heap) => Err(KeyFault::Unclear),
            Object::Method(_) => Err(KeyFault::Unclear),
            _ => Ok(Key::Id(id)),
        }
    }
}
