//! nginx (and OpenResty).

pub mod lexer;
pub mod lua;
pub mod parser;
