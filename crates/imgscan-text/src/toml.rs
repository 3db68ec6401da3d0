//! TOML files (`pyproject.toml`, `Pipfile`), their strings with their places.

use ::toml::de::{DeTable, DeValue};
use imgscan_model::{Origin, Text};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A string.
    Text(Text),
    /// `true` or `false`.
    Bool(bool),
    /// An array.
    List(Vec<Item>),
    /// A table of any form, in the order of its keys.
    Table(Vec<(String, Item)>),
    /// A number or a date, as written.
    Other(String),
}

/// Why a file is no TOML.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// In words.
    pub message: String,
    /// Where.
    pub origin: Option<Origin>,
}

impl Item {
    /// The value at a path of keys.
    pub fn get(&self, path: &[&str]) -> Option<&Item> {
        path.iter().try_fold(self, |item, key| match item {
            Item::Table(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, item)| item),
            _ => None,
        })
    }

    /// The string, if it is one.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Item::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn bool(&self) -> Option<bool> {
        match self {
            Item::Bool(bool) => Some(*bool),
            _ => None,
        }
    }
}

/// Reads a file.
///
/// # Errors
///
/// Text that is no TOML, or not known in full.
pub fn read(file: &Text) -> Result<Item, Refused> {
    let Some(text) = file.known() else {
        return Err(Refused { message: "its content is not known".to_owned(), origin: None });
    };
    let table = DeTable::parse(text).map_err(|error| Refused {
        message: error.message().to_owned(),
        origin: error.span().and_then(|span| file.place(span)).map(|place| place.origin),
    })?;
    Ok(table_of(file, table.get_ref()))
}

fn table_of(file: &Text, table: &DeTable<'_>) -> Item {
    let pair = |(key, value): (&::toml::Spanned<::toml::de::DeString<'_>>, &::toml::Spanned<DeValue<'_>>)| {
        (key.get_ref().to_string(), item(file, value))
    };
    Item::Table(table.iter().map(pair).collect())
}

fn item(file: &Text, value: &::toml::Spanned<DeValue<'_>>) -> Item {
    let span = value.span();
    match value.get_ref() {
        DeValue::String(string) => {
            // The words stand as they are inside the quotes, unless there are escapes.
            let raw = file.raw().get(span.clone()).unwrap_or_default();
            let inside = [3, 1].into_iter().find(|quotes| {
                raw.get(*quotes..raw.len().saturating_sub(*quotes)).is_some_and(|inside| inside == &**string)
            });
            let made = |place: imgscan_model::Place| Text::derived(&**string, place.origin);
            Item::Text(match inside {
                Some(quotes) => file.slice(span.start + quotes..span.end - quotes),
                None => file.place(span).map(made).unwrap_or_default(),
            })
        }
        DeValue::Boolean(bool) => Item::Bool(*bool),
        DeValue::Array(items) => Item::List(items.iter().map(|value| item(file, value)).collect()),
        DeValue::Table(table) => table_of(file, table),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            Item::Other(file.raw().get(span).unwrap_or_default().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Text {
        Text::new(text, Origin::LayerFile { layer: None, path: "/x".into(), span: None, instruction: None })
    }

    #[test]
    fn strings_keep_their_places() {
        let read =
            read(&file("[tool.poetry.scripts]\nweb = \"a:b\"\nesc = 'x'\n[v]\nok = true\nn = 3\n")).unwrap();
        let web = read.get(&["tool", "poetry", "scripts", "web"]).and_then(Item::text).unwrap();
        assert_eq!(web.raw(), "a:b");
        let span = web.whole().unwrap().origin.span().unwrap();
        assert_eq!((span.line, span.column, span.end_column), (2, 8, 11));
        assert_eq!(read.get(&["v", "ok"]).and_then(Item::bool), Some(true));
        assert_eq!(read.get(&["v", "n"]), Some(&Item::Other("3".into())));
        assert_eq!(read.get(&["v", "none"]), None);
    }

    #[test]
    fn what_is_no_toml() {
        assert!(super::read(&file("a = ")).is_err());
    }
}
