//! The recorded texts once more, asked of the nginx at hand.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;

use super::{Compared, compare, files, real};
use crate::lexing;

#[test]
fn recorded_texts_are_read_as_nginx_reads_them() {
    let Some(real) = real() else { return };
    let mut faults = String::new();
    for recorded in lexing::all() {
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
