//! JSON objects of strangers, read one level at a time: every list and object has a bound, a field of the wrong type
//! is named without repeating what it holds, and nothing is copied that nobody asks for.

use std::fmt;
use std::marker::PhantomData;

use imgscan_model::limits;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object whose values are not looked at yet.
pub(crate) struct Object<'a> {
    fields: Vec<(String, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// An object in which nothing is set.
    pub(crate) fn empty() -> Self {
        Object { fields: Vec::new() }
    }

    /// The value of a field as Go's `encoding/json` chooses it: letter case does not count, the last one wins, and
    /// `null` is as good as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let last = self.fields.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        if last.1.get() == "null" { None } else { Some(last.1) }
    }

    /// All fields as they stand.
    pub(crate) fn into_fields(self) -> Vec<(String, &'a RawValue)> {
        self.fields
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    if fields.len() >= limits::CONFIG_ITEMS {
                        return Err(A::Error::custom(TOO_MANY));
                    }
                    fields.push(field);
                }
                Ok(Object { fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A JSON list with at most [`limits::CONFIG_ITEMS`] elements.
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    if items.len() >= limits::CONFIG_ITEMS {
                        return Err(A::Error::custom(TOO_MANY));
                    }
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

const TOO_MANY: &str = "too many elements";

/// A value that is not of the type it must have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// What stands there, in words.
    Type(&'static str),
    /// More elements than [`limits::CONFIG_ITEMS`].
    TooMany,
}

/// A value as `T`.
pub(crate) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Mismatch> {
    serde_json::from_str(raw.get()).map_err(|error| mismatch(raw.get(), &error))
}

/// Why `text` could not be read. The reader's own words repeat what they found, which may be a secret; they are only
/// asked which of our two reasons it was.
pub(crate) fn mismatch(text: &str, error: &serde_json::Error) -> Mismatch {
    if error.to_string().starts_with(TOO_MANY) { Mismatch::TooMany } else { Mismatch::Type(kind(text)) }
}

/// What kind of JSON value a text is.
fn kind(text: &str) -> &'static str {
    match text.trim_start().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list with other things in it",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "nothing that JSON knows",
    }
}
