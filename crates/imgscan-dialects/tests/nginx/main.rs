//! The nginx dialect against answers of real nginx.

mod case;
mod cases;
