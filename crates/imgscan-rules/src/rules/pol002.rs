use imgscan_model::Finding;

use crate::Facts;

rule! {
    /// ## What it finds
    ///
    /// Whether an `[[expect]]` of `imgscan.toml` holds cannot be told: a setting that it speaks of hangs on something
    /// that only the run time knows, or could not be followed.
    ///
    /// ## Why it matters
    ///
    /// An expectation that passes because nobody knows better is no expectation: what is not known counts as not met.
    ///
    /// ## Example
    ///
    /// ```toml
    /// [[expect]]
    /// assert = "gunicorn.workers <= 8"
    /// ```
    ///
    /// The config file says `workers = multiprocessing.cpu_count() * 2 + 1`: that is 9 on four processors.
    ///
    /// ## How to fix
    ///
    /// Tell imgscan what it waits for (`--cpus 4`, `--env NAME=VALUE`), state a value in the image, or accept it in the
    /// expectation: `!known(gunicorn.workers) || gunicorn.workers <= 8`.
    ///
    /// ## References
    ///
    /// - [Assertions](../reference/assertions.md)
    ExpectationUndecided = "POL002", "expectation-undecided", High, "Whether an expectation of `imgscan.toml` holds cannot be told"
}

/// As for `POL001`: the policy judges.
fn check(_: &Facts<'_>) -> Vec<Finding> {
    Vec::new()
}
