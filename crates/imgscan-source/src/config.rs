//! The little that sources themselves need of a config: that it is one, its platform, its diff IDs.
//!
//! A config may be hostile: it is read past without being built in memory.

use std::fmt;

use imgscan_model::{Platform, limits};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{SourceError, damaged, unsupported};
use crate::platform;

/// What sources read of a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigHead {
    /// `None` where the config does not tell it.
    pub(crate) platform: Option<Platform>,
    /// `rootfs.diff_ids`; `None` where there is no such list of texts.
    pub(crate) diff_ids: Option<DiffIds>,
}

/// The diff IDs that a config lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DiffIds {
    /// As they stand; no more than an image may have layers.
    pub(crate) ids: Vec<String>,
    /// How many there are.
    pub(crate) count: usize,
}

/// The fields that are looked at, of whatever type they are.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    architecture: Option<&'a RawValue>,
    #[serde(borrow)]
    os: Option<&'a RawValue>,
    #[serde(borrow)]
    variant: Option<&'a RawValue>,
    #[serde(borrow)]
    rootfs: Option<&'a RawValue>,
    #[serde(rename = "ociVersion")]
    oci_version: Option<IgnoredAny>,
    process: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Rootfs<'a> {
    #[serde(borrow)]
    diff_ids: &'a RawValue,
}

impl ConfigHead {
    /// Reads the head of a config. A field of a wrong type counts as absent: whoever reads the whole config says so.
    pub(crate) fn parse(raw: &[u8]) -> Result<Self, SourceError> {
        let fields: Fields<'_> = match serde_json::from_slice(raw) {
            Ok(fields) if raw.trim_ascii_start().starts_with(b"{") => fields,
            Ok(_) => return Err(damaged("its config is no JSON object")),
            Err(error) if error.is_data() => {
                return Err(damaged(format!("its config is no JSON object as it should be: {error}")));
            }
            Err(error) => return Err(damaged(format!("its config is no JSON: {error}"))),
        };
        if fields.oci_version.is_some() && fields.process.is_some() {
            return Err(unsupported("its config is that of a container runtime, not of an image").with_help(
                "an image config has `architecture`, `os` and `config`; `docker inspect IMAGE` prints one too",
            ));
        }
        // Docker reads an absent `os` as that of the engine, which for old images is Linux.
        let os = text(fields.os).unwrap_or_else(|| "linux".to_owned());
        let variant = text(fields.variant);
        let platform = text(fields.architecture).map(|arch| platform::normal(&os, &arch, variant.as_deref()));
        let rootfs = fields.rootfs.and_then(|raw| serde_json::from_str::<Rootfs<'_>>(raw.get()).ok());
        let diff_ids = rootfs.and_then(|rootfs| serde_json::from_str(rootfs.diff_ids.get()).ok());
        Ok(ConfigHead { platform, diff_ids })
    }
}

/// A text that is not empty.
fn text(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).filter(|text: &String| !text.is_empty())
}

impl<'de> Deserialize<'de> for DiffIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(DiffIdVisitor)
    }
}

struct DiffIdVisitor;

impl<'de> Visitor<'de> for DiffIdVisitor {
    type Value = DiffIds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of diff IDs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<DiffIds, A::Error> {
        let mut list = DiffIds::default();
        while let Some(id) = seq.next_element::<String>()? {
            list.count += 1;
            if list.ids.len() < limits::LAYERS {
                list.ids.push(id);
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ConfigHead {
        ConfigHead::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn platform_and_diff_ids() {
        let head = parse(
            r#" {"architecture":"arm","os":"linux","rootfs":{"type":"layers","diff_ids":["a"]},"x":[{}]}"#,
        );
        assert_eq!(head.platform.unwrap().to_string(), "linux/arm/v7");
        assert_eq!(head.diff_ids, Some(DiffIds { ids: vec!["a".to_owned()], count: 1 }));
        assert_eq!(parse("{}"), ConfigHead::default());
        let many = format!(r#"{{"rootfs":{{"diff_ids":[{}"x"]}}}}"#, "\"x\",".repeat(5000));
        let found = parse(&many).diff_ids.unwrap();
        assert_eq!((found.ids.len(), found.count), (limits::LAYERS, 5001));
    }

    #[test]
    fn fields_of_a_wrong_type_count_as_absent() {
        for value in ["3", "-3", "1.5", "null", "true", "[[1]]", "{}", r#"{"a":{"b":[]}}"#, r#""""#] {
            let text = format!(r#"{{"architecture":{value},"os":{value},"rootfs":{value}}}"#);
            assert_eq!(parse(&text), ConfigHead::default(), "{text}");
            let text = format!(r#"{{"rootfs":{{"diff_ids":{value},"type":{value}}}}}"#);
            assert_eq!(parse(&text), ConfigHead::default(), "{text}");
        }
    }

    #[test]
    fn what_is_no_config() {
        for (raw, word) in [
            (&b""[..], "no JSON"),
            (b"[]", "no JSON object"),
            (b"\"x\"", "no JSON object"),
            (b"\xff", "no JSON"),
            (b"{", "no JSON"),
        ] {
            let error = ConfigHead::parse(raw).unwrap_err();
            assert_eq!(error.kind, crate::error::ErrorKind::Damaged);
            assert!(error.message.contains(word), "{error}");
        }
        assert!(ConfigHead::parse(br#"{"ociVersion":"1.0.2","process":{}}"#).is_err());
    }
}
