use imgscan_model::Finding;

use crate::Facts;

rule! {
    /// ## What it finds
    ///
    /// An `[[expect]]` of `imgscan.toml` does not hold for the image.
    ///
    /// ## Why it matters
    ///
    /// Somebody wrote down what must be true of the servers in these images, with the reason. The finding shows the
    /// values that stand against it and who set them.
    ///
    /// ## Example
    ///
    /// ```toml
    /// [[expect]]
    /// image = "registry.example/shop/*"
    /// assert = "gunicorn.timeout == 0 || gunicorn.timeout >= 300s"
    /// reason = "uploads take minutes"
    /// severity = "high"
    /// ```
    ///
    /// gunicorn starts with `timeout` 30, the default, because nothing reads the file that sets it to 0.
    ///
    /// ## How to fix
    ///
    /// Change the setting at the place shown, or the expectation. `imgscan assert IMAGE EXPRESSION` tries one out.
    ///
    /// ## References
    ///
    /// - [Assertions](../reference/assertions.md)
    ExpectationFailed = "POL001", "expectation-failed", High, "What `imgscan.toml` expects of the settings does not hold"
}

/// Expectations stand in the user's configuration, which no rule sees: the policy judges them and reports under this
/// code.
fn check(_: &Facts<'_>) -> Vec<Finding> {
    Vec::new()
}
