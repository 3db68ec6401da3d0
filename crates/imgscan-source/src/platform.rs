//! Which platform of an image is wanted, and which entry of an index serves it.

use imgscan_model::Platform;

/// The platform that the user asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum PlatformChoice {
    /// Nothing: Linux on this machine's architecture.
    #[default]
    Default,
    /// This one.
    One(Platform),
    /// Every one that the image is built for.
    All,
}

/// Why a text is no platform. The command line is wrong (status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no platform; one looks like `linux/arm64` or `linux/arm/v7`, or `all`", crate::shown::text(.0))]
pub struct PlatformError(pub String);

impl PlatformChoice {
    /// Reads `os/arch[/variant]`, an architecture alone (of Linux), or `all`.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        if text == "all" {
            return Ok(PlatformChoice::All);
        }
        let word =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match *parts.as_slice() {
            [arch] if is_architecture(arch) => ("linux", arch, None),
            [os, arch] if is_architecture(os) => ("linux", os, Some(arch)),
            [os, arch] => (os, arch, None),
            [os, arch, variant] => (os, arch, Some(variant)),
            _ => return Err(PlatformError(text.to_owned())),
        };
        if ![Some(os), Some(architecture), variant].into_iter().flatten().all(word) {
            return Err(PlatformError(text.to_owned()));
        }
        Ok(PlatformChoice::One(normal(os, architecture, variant)))
    }

    /// The platform wanted; `None` where all are.
    pub(crate) fn wanted(&self) -> Option<Platform> {
        match self {
            PlatformChoice::Default => Some(host()),
            PlatformChoice::One(platform) => Some(platform.clone()),
            PlatformChoice::All => None,
        }
    }
}

/// Architectures as Go names them, and the names that `uname -m` and Debian give them.
const ARCHITECTURES: [&str; 20] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm", "i386", "x86_64", "x86-64", "aarch64", "armhf", "armel",
];

fn is_architecture(word: &str) -> bool {
    ARCHITECTURES.contains(&word.to_ascii_lowercase().as_str())
}

/// Linux on the architecture that imgscan was built for.
fn host() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        other => other,
    };
    normal("linux", architecture, None)
}

/// A platform in the spelling that images use (containerd, `platforms.Normalize`): aliases resolved, and the variant
/// of `arm64` and `amd64` that needs no saying left out.
pub(crate) fn normal(os: &str, architecture: &str, variant: Option<&str>) -> Platform {
    let os = match os.to_ascii_lowercase().as_str() {
        "macos" => "darwin".to_owned(),
        other => other.to_owned(),
    };
    let variant = variant.map(str::to_ascii_lowercase).filter(|v| !v.is_empty());
    let (architecture, variant) = match architecture.to_ascii_lowercase().as_str() {
        "i386" | "x86" => ("386".to_owned(), None),
        "x86_64" | "x86-64" | "amd64" => ("amd64".to_owned(), variant.filter(|v| v != "v1")),
        "aarch64" | "arm64" => ("arm64".to_owned(), variant.filter(|v| v != "8" && v != "v8")),
        "armhf" => ("arm".to_owned(), Some("v7".to_owned())),
        "armel" => ("arm".to_owned(), Some("v6".to_owned())),
        "arm" => {
            let variant = match variant.as_deref() {
                None | Some("7") => "v7".to_owned(),
                Some(digit @ ("5" | "6" | "8")) => format!("v{digit}"),
                Some(other) => other.to_owned(),
            };
            ("arm".to_owned(), Some(variant))
        }
        other => (other.to_owned(), variant),
    };
    Platform { os, architecture, variant }
}

/// How well an image for `have` serves who wants `want`: 0 is the very platform, more is an older variant that runs on
/// it too (containerd, `platforms.OnlyStrict`), `None` is none. `have` and `want` are [`normal`].
pub(crate) fn distance(want: &Platform, have: &Platform) -> Option<u32> {
    if want.os != have.os || want.architecture != have.architecture {
        return None;
    }
    if want.variant == have.variant {
        return Some(0);
    }
    let lowest = match want.architecture.as_str() {
        "amd64" => 1,
        "arm" => 5,
        _ => return None,
    };
    let number = |p: &Platform| match &p.variant {
        None => Some(1),
        Some(v) => v.strip_prefix('v').and_then(|n| n.parse::<u32>().ok()),
    };
    let (want, have) = (number(want)?, number(have)?);
    (have < want && have >= lowest).then(|| want - have)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Platform {
        match PlatformChoice::parse(text).unwrap() {
            PlatformChoice::One(platform) => platform,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn platforms_are_read_in_every_usual_spelling() {
        for (text, shown) in [
            ("linux/amd64", "linux/amd64"),
            ("amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("aarch64", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("arm/v6", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"),
            ("windows/amd64", "windows/amd64"),
        ] {
            assert_eq!(one(text).to_string(), shown, "{text}");
        }
        assert_eq!(PlatformChoice::parse("all"), Ok(PlatformChoice::All));
        for text in ["", "linux", "linux/", "a/b/c/d", "linux/amd64 "] {
            assert!(PlatformChoice::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_older_variant_serves_and_a_newer_one_does_not() {
        let distance = |want: &str, have: &str| distance(&one(want), &one(have));
        assert_eq!(distance("linux/arm/v7", "linux/arm/v7"), Some(0));
        assert_eq!(distance("linux/arm/v7", "linux/arm/v6"), Some(1));
        assert_eq!(distance("linux/arm/v7", "linux/arm/v5"), Some(2));
        assert_eq!(distance("linux/arm/v6", "linux/arm/v7"), None);
        assert_eq!(distance("linux/amd64/v3", "linux/amd64"), Some(2));
        assert_eq!(distance("linux/amd64", "linux/amd64/v2"), None);
        assert_eq!(distance("linux/arm64", "linux/arm/v7"), None);
        assert_eq!(distance("linux/amd64", "windows/amd64"), None);
    }
}
