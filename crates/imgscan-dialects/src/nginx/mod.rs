//! nginx (and OpenResty).

pub mod lexer;
pub mod lua;
pub mod parser;
pub mod table;
pub mod units;
pub mod version;
