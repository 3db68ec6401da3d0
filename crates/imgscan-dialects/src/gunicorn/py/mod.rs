//! What Python itself does on gunicorn's way to its settings: splitting words, parsing arguments, converting and
//! printing values. Each part answers exactly as the standard library's part of the same name.

pub(crate) mod argparse;
pub(crate) mod ip;
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod text;
