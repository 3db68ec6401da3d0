//! The recorded texts once more, asked of the nginx at hand.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;

use super::{Compared, compare, files, real};
use crate::lexing;

#[test]
fn recorded_texts_are_read_as_nginx_reads_them() {
    let Some(real) = real() else { return };
    let mut faults = String::new();
    // A complaint that goes over several lines is recorded whole; here only its first line is heard.
    let one_line = |says: &Option<String>| says.as_ref().is_none_or(|text| !text.contains('\n'));
    for recorded in lexing::all().into_iter().filter(|r| one_line(&r.says)) {
        let files = files(&recorded.source, "");
        real.lay(&files);
        let theirs = real.test(&[]);
        let ours = Nginx.read(&real.process(&files, &[])).server;
        let compared = compare(&ours, &theirs);
        if compared != Compared::Equal {
            faults.push_str(&format!("{:?}: {compared:?}\n", recorded.source));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
