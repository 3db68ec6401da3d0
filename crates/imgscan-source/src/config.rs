//! The little that sources themselves need of a config: that it is one, its platform, its diff IDs.

use imgscan_model::Platform;
use serde_json::Value;

use crate::error::{SourceError, damaged, unsupported};
use crate::platform;

/// What sources read of a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigHead {
    /// `None` where the config does not tell it.
    pub(crate) platform: Option<Platform>,
    /// `rootfs.diff_ids`; `None` where there is no such list.
    pub(crate) diff_ids: Option<Vec<String>>,
}

impl ConfigHead {
    /// Reads the head of a config. A field of a wrong type counts as absent: whoever reads the whole config says so.
    pub(crate) fn parse(raw: &[u8]) -> Result<Self, SourceError> {
        let value: Value = serde_json::from_slice(raw)
            .map_err(|error| damaged(format!("its config is no JSON: {error}")))?;
        let Value::Object(config) = value else {
            return Err(damaged("its config is no JSON object"));
        };
        if config.contains_key("ociVersion") && config.contains_key("process") {
            return Err(unsupported("its config is that of a container runtime, not of an image")
                .with_help("an image config has `architecture`, `os` and `config`; `docker inspect IMAGE` prints one too"));
        }
        let text = |key: &str| config.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        let platform = text("architecture").map(|arch| {
            // Docker reads an absent `os` as that of the engine, which for old images is Linux.
            platform::normal(text("os").unwrap_or("linux"), arch, text("variant"))
        });
        let diff_ids = config.get("rootfs").and_then(|r| r.get("diff_ids")).and_then(Value::as_array);
        let diff_ids =
            diff_ids.map(|ids| ids.iter().map(|id| id.as_str().unwrap_or("").to_owned()).collect());
        Ok(ConfigHead { platform, diff_ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_and_diff_ids() {
        let head =
            ConfigHead::parse(br#"{"architecture":"arm","os":"linux","rootfs":{"diff_ids":["a"]}}"#).unwrap();
        assert_eq!(head.platform.unwrap().to_string(), "linux/arm/v7");
        assert_eq!(head.diff_ids, Some(vec!["a".to_owned()]));
        assert_eq!(ConfigHead::parse(b"{}").unwrap(), ConfigHead::default());
        assert_eq!(ConfigHead::parse(br#"{"os":3,"rootfs":[]}"#).unwrap(), ConfigHead::default());
    }

    #[test]
    fn what_is_no_config() {
        for raw in [&b""[..], b"[]", b"\"x\"", b"\xff"] {
            assert_eq!(ConfigHead::parse(raw).unwrap_err().kind, crate::error::ErrorKind::Damaged);
        }
        assert!(ConfigHead::parse(br#"{"ociVersion":"1.0.2","process":{}}"#).is_err());
    }
}
