//! Package managers asked for the checksums of files, as the official nginx image does.

use std::collections::BTreeMap;

use imgscan_model::{FileView, Text};

use super::{Job, Ran};

/// `dpkg-query --show --showformat='${Conffiles}\n' package`
pub(super) fn dpkg_query(job: &mut Job<'_>) -> Ran {
    let unknown = || Ran::Unknown("it is called in a way that is not followed".into());
    let mut shows = false;
    let mut format = None;
    let mut names = Vec::new();
    let mut args = job.args.iter();
    while let Some(arg) = args.next() {
        let Some(known) = arg.known() else { return unknown() };
        match known {
            "-W" | "--show" => shows = true,
            "-f" => format = args.next().and_then(|a| a.known()).map(str::to_owned),
            _ => match known.strip_prefix("--showformat=").or(known.strip_prefix("-f=")) {
                Some(text) => format = Some(text.to_owned()),
                None if known.starts_with('-') => return unknown(),
                None => names.push(known.to_owned()),
            },
        }
    }
    let (Some(format), [name], true) = (format, names.as_slice(), shows) else { return unknown() };
    let status = match job.shell.world.files.read("/var/lib/dpkg/status") {
        Ok(text) => text,
        Err(imgscan_model::FileError::NotFound) => {
            job.shell.complain();
            return Ran::Status(1);
        }
        Err(_) => return Ran::Unknown("the list of packages is not known".into()),
    };
    let Some(known) = status.known() else { return Ran::Unknown("the list of packages is not known".into()) };
    let Some(fields) = known.split("\n\n").map(fields).find(|f| f.get("Package") == Some(&name.as_str()))
    else {
        job.shell.complain();
        return Ran::Status(1);
    };
    match formatted(&format, &fields) {
        Some(text) => {
            let text = status.respelled(text).through(&job.origin);
            job.out(text);
            Ran::Status(0)
        }
        None => unknown(),
    }
}

/// The fields of a paragraph; lines that go on keep their newline.
fn fields(paragraph: &str) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in paragraph.split_inclusive('\n') {
        if !line.starts_with([' ', '\t'])
            && let Some(colon) = line.find(':')
        {
            starts.push((at, at + colon));
        }
        at += line.len();
    }
    for (i, (start, colon)) in starts.iter().enumerate() {
        let end = starts.get(i + 1).map_or(paragraph.len(), |next| next.0);
        let value = paragraph.get(colon + 1..end).unwrap_or("");
        let value = value.strip_prefix(' ').unwrap_or(value);
        found.insert(paragraph.get(*start..*colon).unwrap_or(""), value.trim_end_matches('\n'));
    }
    found
}

/// `${Field}` and `\n`, `\t`; `None` for what is not followed.
fn formatted(format: &str, fields: &BTreeMap<&str, &str>) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(rest.get(..at)?);
        let after = rest.get(at + 1..)?;
        if rest.as_bytes().get(at) == Some(&b'\\') {
            match after.chars().next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                '\\' => out.push('\\'),
                _ => return None,
            }
            rest = after.get(1..)?;
        } else {
            let (name, after) = after.strip_prefix('{')?.split_once('}')?;
            if name.contains([';', ':']) {
                return None;
            }
            out.push_str(fields.get(name).copied().unwrap_or(""));
            rest = after;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// `apk manifest package`: checksums and files of an installed package.
pub(super) fn apk(job: &mut Job<'_>) -> Ran {
    let words: Option<Vec<&str>> = job.args.iter().map(|a| a.known()).collect();
    let Some(["manifest", name]) = words.as_deref() else {
        return Ran::Unknown("what it does is not followed".into());
    };
    let installed = match job.shell.world.files.read("/lib/apk/db/installed") {
        Ok(text) => text,
        Err(_) => return Ran::Unknown("the list of packages is not known".into()),
    };
    let Some(known) = installed.known() else {
        return Ran::Unknown("the list of packages is not known".into());
    };
    let wanted = format!("P:{name}");
    let Some(paragraph) = known.split("\n\n").find(|p| p.lines().any(|l| l == wanted)) else {
        return Ran::Unknown("the package is not installed".into());
    };
    let mut out = String::new();
    let (mut dir, mut file) = ("", "");
    for line in paragraph.lines() {
        match line.split_once(':') {
            Some(("F", value)) => dir = value,
            Some(("R", value)) => file = value,
            Some(("Z", value)) => match sha1_hex(value) {
                Some(hex) => out.push_str(&format!("sha1:{hex}  {dir}/{file}\n")),
                None => return Ran::Unknown("a checksum is not read".into()),
            },
            _ => {}
        }
    }
    let text: Text = installed.respelled(out).through(&job.origin);
    job.out(text);
    Ran::Status(0)
}

/// A checksum `Q1…` (base64 of a SHA-1) in hexadecimal.
fn sha1_hex(text: &str) -> Option<String> {
    let mut bits: u32 = 0;
    let mut count = 0;
    let mut bytes = Vec::new();
    for c in text.strip_prefix("Q1")?.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    (bytes.len() == 20).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conffiles_as_dpkg_writes_them() {
        let paragraph =
            "Package: nginx\nStatus: ok\nConffiles:\n /etc/a.conf 0123\n /etc/b.conf 4567\nDescription: x";
        let fields = fields(paragraph);
        let text = formatted("${Conffiles}\\n", &fields).unwrap();
        assert_eq!(text, "\n /etc/a.conf 0123\n /etc/b.conf 4567\n");
    }

    #[test]
    fn checksums_of_apk_are_base64() {
        assert_eq!(
            sha1_hex("Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=").as_deref(),
            Some("da39a3ee5e6b4b0d3255bfef95601890afd80709")
        );
    }
}
