//! `md5sum`, `sha1sum`, `sha256sum`.

use imgscan_model::Text;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::options;
use super::{Job, Ran, Source};

/// `md5sum` and its kin: digests of files, or with `-c` whether they are still the same.
pub(super) fn digest(job: &mut Job<'_>) -> Ran {
    let long = ["check", "status", "quiet", "binary", "text"];
    let Some(parsed) = options::parse(job.args, "csbtw", "", &long) else {
        return Ran::Unknown("it is called in a way that is not followed".into());
    };
    if parsed.has(&["c", "check"]) {
        let files = parsed.operands.clone();
        return check(job, &files);
    }
    let mut status = 0;
    let operands = if parsed.operands.is_empty() { vec![job.new_text("-")] } else { parsed.operands.clone() };
    for file in &operands {
        match job.source(file) {
            Source::Known(text) => {
                let line = job.new_text(&format!("{}  ", hex(job.name, text.raw().as_bytes())));
                let newline = job.new_text("\n");
                job.out(Text::concat([&line, file, &newline]));
            }
            Source::Missing => {
                job.shell.complain();
                status = 1;
            }
            Source::Partly(_) | Source::Unknown(_) => return Ran::Unknown("its input is not known".into()),
        }
    }
    Ran::Status(status)
}

/// `-c`: each line names a digest and a file. What is written about it is not followed.
fn check(job: &mut Job<'_>, lists: &[Text]) -> Ran {
    let mut all = true;
    let mut any = false;
    let lists = if lists.is_empty() { vec![job.new_text("-")] } else { lists.to_vec() };
    for list in &lists {
        let text = match job.source(list) {
            Source::Known(text) => text,
            Source::Missing => return Ran::Status(1),
            Source::Partly(_) | Source::Unknown(_) => {
                return Ran::Unknown("the digests are not known".into());
            }
        };
        for line in text.raw().lines() {
            let Some((wanted, file)) = line.split_once(' ') else { continue };
            let file = file.trim_start_matches([' ', '*']);
            let length = hex(job.name, b"").len();
            // A line without a digest is passed over with a warning.
            if wanted.len() != length || !wanted.bytes().all(|b| b.is_ascii_hexdigit()) || file.is_empty() {
                continue;
            }
            any = true;
            let name = text.respelled(file);
            match job.source(&name) {
                Source::Known(content) => {
                    all &= hex(job.name, content.raw().as_bytes()).eq_ignore_ascii_case(wanted);
                }
                Source::Missing => all = false,
                Source::Partly(_) | Source::Unknown(_) => {
                    return Ran::Unknown("the file is not known".into());
                }
            }
        }
    }
    let words = crate::texts::unknown("a message whose words are not known", Vec::new(), &job.origin);
    let by = job.origin.clone();
    job.shell.write_unknown(1, &words, &by);
    if !any || !all {
        job.shell.complain();
    }
    Ran::Status(u8::from(!any || !all))
}

fn hex(name: &str, bytes: &[u8]) -> String {
    let digest: Vec<u8> = match name {
        "md5sum" => Md5::digest(bytes).to_vec(),
        "sha1sum" => Sha1::digest(bytes).to_vec(),
        "sha512sum" => Sha512::digest(bytes).to_vec(),
        _ => Sha256::digest(bytes).to_vec(),
    };
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn digests_of_nothing() {
        assert_eq!(hex("md5sum", b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex("sha1sum", b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
