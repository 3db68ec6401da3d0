//! What a rule is.

use imgscan_model::{Finding, Severity};

use crate::Facts;

/// A rule: metadata and a check.
pub trait Rule: Sync {
    /// Its metadata.
    fn meta(&self) -> &'static Meta;

    /// What it finds, in any order.
    fn check(&self, facts: &Facts<'_>) -> Vec<Finding>;
}

/// What is known of a rule before it runs.
#[derive(Debug)]
pub struct Meta {
    /// Family and number, e.g. `OVR005`; never reused.
    pub code: &'static str,
    /// What ignore files call it, e.g. `config-never-read`.
    pub name: &'static str,
    /// One line for lists.
    pub title: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// The doc comment of the rule: its page, as Markdown, each line with a leading blank.
    pub(crate) doc: &'static str,
}

/// Declares a rule: its doc comment becomes its page, the line below its metadata.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])*
        $rule:ident = $code:literal, $name:literal, $severity:ident, $title:literal
    ) => {
        $(#[doc = $doc])*
        pub(crate) struct $rule;

        impl $rule {
            const META: $crate::Meta = $crate::Meta {
                code: $code,
                name: $name,
                title: $title,
                severity: imgscan_model::Severity::$severity,
                doc: concat!($($doc, "\n"),*),
            };
        }

        impl $crate::Rule for $rule {
            fn meta(&self) -> &'static $crate::Meta {
                &Self::META
            }

            fn check(&self, facts: &$crate::Facts<'_>) -> Vec<imgscan_model::Finding> {
                check(facts)
            }
        }
    };
}
