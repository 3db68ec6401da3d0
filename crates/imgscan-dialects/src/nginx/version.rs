//! Version numbers of nginx.

use std::fmt;

/// `major.minor.patch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// The oldest version whose facts are known.
    pub const OLDEST: Version = Version(1, 18, 0);

    /// Reads the leading `a.b.c` of a text; what follows (`-9+deb12u11`, `-r2`, a fourth number of OpenResty) is left
    /// aside.
    pub fn parse(text: &str) -> Option<Version> {
        let mut numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.split('.');
        let mut next = || numbers.next().and_then(|n| n.parse::<u16>().ok());
        Some(Version(next()?, next()?, next()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Stretches of versions, each from a first to a last one (`None`: to the newest), both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions(Vec<(Version, Option<Version>)>);

impl Versions {
    /// Reads `0-1.19.6,1.29.3-`.
    pub fn parse(text: &str) -> Option<Versions> {
        let stretch = |part: &str| {
            let (from, to) = part.split_once('-')?;
            let from = if from == "0" { Some(Version(0, 0, 0)) } else { Version::parse(from) };
            let to = if to.is_empty() { Some(None) } else { Version::parse(to).map(Some) };
            Some((from?, to?))
        };
        text.split(',').map(stretch).collect::<Option<Vec<_>>>().map(Versions)
    }

    /// Whether a version lies in one of the stretches.
    pub fn contain(&self, version: Version) -> bool {
        self.0.iter().any(|(from, to)| *from <= version && to.is_none_or(|to| version <= to))
    }

    /// Whether the stretches hold the newest version.
    pub fn are_open(&self) -> bool {
        self.0.iter().any(|(_, to)| to.is_none())
    }

    /// Whether some stretches together hold the oldest and the newest version. (Nothing that went ever came back.)
    pub fn cover_all<'a>(all: impl Iterator<Item = &'a Versions>) -> bool {
        let (mut oldest, mut newest) = (false, false);
        for (from, to) in all.flat_map(|versions| &versions.0) {
            oldest |= *from == Version(0, 0, 0);
            newest |= to.is_none();
        }
        oldest && newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_versions_are_read() {
        assert_eq!(Version::parse("1.22.1-9+deb12u11"), Some(Version(1, 22, 1)));
        assert_eq!(Version::parse("1.25.3.1"), Some(Version(1, 25, 3)));
        assert_eq!(Version::parse("1.25"), None);
        assert_eq!(Version::parse("x"), None);
    }

    #[test]
    fn stretches() {
        let some = Versions::parse("0-1.19.6,1.29.3-").unwrap();
        assert!(some.contain(Version(1, 18, 0)) && some.contain(Version(1, 31, 0)));
        assert!(!some.contain(Version(1, 22, 1)));
        assert!(some.are_open() && Versions::cover_all([&some].into_iter()));
    }
}
