//! A configuration that a server puts together from several files, line by line.

use crate::origin::Place;

/// A statement of a merged configuration, or a part of one (the end of a block, code of another language).
#[derive(Clone, Debug, PartialEq)]
pub struct MergedLine {
    /// How many blocks it stands in.
    pub depth: usize,
    /// What the server reads, without indentation. Parts that are not known stand as their expressions. It has line
    /// breaks where the statement is written over several lines. **May hold a credential**: see `secret`.
    pub text: String,
    /// Where it stands and what it came through; none for what only closes a block.
    pub place: Option<Place>,
    /// What is to be said about it: the server's own complaint, what the value waits for.
    pub notes: Vec<String>,
    /// Whether its words look like credentials.
    pub secret: bool,
}

/// A whole configuration, includes followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergedConfig {
    /// What is to be said about it as a whole, or about what stands in none of its lines.
    pub notes: Vec<String>,
    /// The lines, in the order in which the server reads them.
    pub lines: Vec<MergedLine>,
}
