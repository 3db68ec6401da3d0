//! Where a user's cache lies.

use std::path::PathBuf;

/// The directory, by the environment: `IMGSCAN_CACHE_DIR`; else `imgscan` in `XDG_CACHE_HOME`, if that is an absolute
/// path (XDG Base Directory Specification 0.8: a relative one is to be ignored); else `~/.cache/imgscan`. `None`
/// where there is no home either.
pub fn directory(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |name: &str| path(name).filter(|path| path.is_absolute());
    path("IMGSCAN_CACHE_DIR")
        .or_else(|| absolute("XDG_CACHE_HOME").map(|dir| dir.join("imgscan")))
        .or_else(|| absolute("HOME").map(|dir| dir.join(".cache/imgscan")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<PathBuf> {
        directory(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_nearest_wish_counts() {
        let all = [("IMGSCAN_CACHE_DIR", "here"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/u")];
        assert_eq!(of(&all), Some("here".into()));
        assert_eq!(of(&all[1..]), Some("/xdg/imgscan".into()));
        assert_eq!(of(&all[2..]), Some("/home/u/.cache/imgscan".into()));
        assert_eq!(of(&[("XDG_CACHE_HOME", "relative"), all[2]]), Some("/home/u/.cache/imgscan".into()));
        assert_eq!(of(&[("IMGSCAN_CACHE_DIR", "")]), None);
    }
}
