//! PAX extended header records (POSIX.1-2001 pax): `LENGTH KEY=VALUE\n`.

use super::number::decimal;

/// What the records before an entry say about it. Absent and empty both leave the header's own value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pax {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<i64>,
    pub(crate) uid: Option<i64>,
    pub(crate) gid: Option<i64>,
    pub(crate) sparse: Sparse,
}

/// The `GNU.sparse.*` records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sparse {
    pub(crate) major: Option<Vec<u8>>,
    pub(crate) minor: Option<Vec<u8>>,
    pub(crate) name: Option<Vec<u8>>,
    /// `GNU.sparse.size`, else `GNU.sparse.realsize`.
    pub(crate) size: Option<u64>,
    /// Offsets and lengths in turn, of format 0.0 (a record each) or 0.1 (one record).
    pub(crate) map: Vec<u64>,
}

/// Reads all records of a header, the last of a key winning. `None` when they break the format.
pub(crate) fn read(mut records: &[u8]) -> Option<Pax> {
    let mut pax = Pax::default();
    let mut real_size = None;
    while !records.is_empty() {
        let (key, value, rest) = record(records)?;
        records = rest;
        let text = || if value.is_empty() { None } else { Some(value.to_vec()) };
        let number = || if value.is_empty() { Some(None) } else { signed(value).map(Some) };
        match key {
            b"path" | b"linkpath" if value.contains(&0) => return None,
            b"path" => pax.path = text(),
            b"linkpath" => pax.link = text(),
            b"size" => pax.size = number()?,
            b"uid" => pax.uid = number()?,
            b"gid" => pax.gid = number()?,
            b"GNU.sparse.major" => pax.sparse.major = text(),
            b"GNU.sparse.minor" => pax.sparse.minor = text(),
            b"GNU.sparse.name" => pax.sparse.name = text(),
            b"GNU.sparse.size" => pax.sparse.size = Some(decimal(value)?),
            b"GNU.sparse.realsize" => real_size = Some(decimal(value)?),
            b"GNU.sparse.offset" if pax.sparse.map.len() % 2 == 0 => pax.sparse.map.push(decimal(value)?),
            b"GNU.sparse.numbytes" if pax.sparse.map.len() % 2 == 1 => pax.sparse.map.push(decimal(value)?),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => return None,
            b"GNU.sparse.map" if !value.is_empty() => {
                pax.sparse.map = value.split(|b| *b == b',').map(decimal).collect::<Option<_>>()?;
            }
            _ => {}
        }
    }
    pax.sparse.size = pax.sparse.size.or(real_size);
    Some(pax)
}

/// The first record as key and value, and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = records.iter().take(20).position(|b| *b == b' ')?;
    let length = usize::try_from(decimal(records.get(..blank)?)?).ok()?;
    let record = records.get(..length)?.strip_suffix(b"\n")?;
    let pair = record.get(blank + 1..)?;
    let equals = pair.iter().position(|b| *b == b'=')?;
    let (key, value) = (pair.get(..equals)?, pair.get(equals + 1..)?);
    if key.is_empty() || key.contains(&0) {
        return None;
    }
    Some((key, value, records.get(length..)?))
}

fn signed(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_the_last_one_winning() {
        let pax =
            read(b"9 path=a\n9 path=b\n20 linkpath=x y\nz=1\n11 size=42\n10 uid=-1\n12 comment=\n").unwrap();
        assert_eq!(pax.path.unwrap(), b"b");
        assert_eq!(pax.link.unwrap(), b"x y\nz=1");
        assert_eq!((pax.size, pax.uid, pax.gid), (Some(42), Some(-1), None));
        assert_eq!(read(b"8 path=\n").unwrap().path, None);
    }

    #[test]
    fn what_breaks_the_format_is_refused() {
        for bad in [
            &b"9 path=a"[..],
            b"99 path=a\n",
            b"x path=a\n",
            b"5 =a\n",
            b"8 path a\n",
            b"11 path=\0aa\n",
            b"10 size=z\n",
            b"25 GNU.sparse.numbytes=1\n",
            b"99999999999999999999 a=b\n",
            b"0 \n",
        ] {
            assert_eq!(read(bad), None, "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn sparse_maps_of_both_old_formats() {
        let v00 = read(b"23 GNU.sparse.offset=1\n25 GNU.sparse.numbytes=2\n21 GNU.sparse.size=9\n").unwrap();
        assert_eq!((v00.sparse.map, v00.sparse.size), (vec![1, 2], Some(9)));
        let v01 = read(b"26 GNU.sparse.map=1,2,3,4\n25 GNU.sparse.realsize=7\n").unwrap();
        assert_eq!((v01.sparse.map, v01.sparse.size), (vec![1, 2, 3, 4], Some(7)));
    }
}
