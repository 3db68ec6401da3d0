//! The house is in order: the checks of `cargo xtask tidy`, each as a test.

#[test]
fn the_house_is_in_order() {
    let mut faults = Vec::new();
    for check in xtask::tidy::CHECKS {
        faults.extend((check.faults)().unwrap());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
