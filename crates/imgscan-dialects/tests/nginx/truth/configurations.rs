//! Random configurations: is each taken or refused as nginx does it, in the same words?

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;

use super::generate::Generator;
use super::real::{Content, Files};
use super::{Compared, compare, number, real};

#[test]
fn random_configurations_are_taken_and_refused_as_nginx_does() {
    let Some(real) = real() else { return };
    let (seed, count) = (number("IMGSCAN_SEED", 1), number("IMGSCAN_COUNT", 2000));
    let good = super::statements::taken(&real);
    let (mut taken, mut unknown, mut faults) = (0, 0, Vec::new());
    for number in seed..seed + count {
        let files = Generator::new(number, &real, &good).files();
        real.lay(&files);
        let theirs = real.test(&[]);
        let ours = Nginx.read(&real.process(&files, &[])).server;
        taken += usize::from(theirs.refusal.is_none());
        match compare(&ours, &theirs) {
            Compared::Equal => {}
            Compared::Unknown(why) => {
                unknown += 1;
                eprintln!("seed {number}: not known: {why}; nginx {:?}", theirs.refusal);
            }
            other => {
                eprintln!("seed {number}: {other:?}\n{}", main_file(&files));
                faults.push(number);
            }
        }
    }
    eprintln!(
        "{count} configurations from seed {seed}, nginx {}: {taken} taken, {unknown} not known, {} faults {faults:?}",
        real.version,
        faults.len()
    );
    assert!(faults.is_empty());
}

fn main_file(files: &Files) -> String {
    match &files["/etc/nginx/nginx.conf"] {
        Content::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Content::Link(_) => String::new(),
    }
}
