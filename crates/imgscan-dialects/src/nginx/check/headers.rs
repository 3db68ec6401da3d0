//! `add_header`, `add_trailer`, `expires` (`src/http/modules/ngx_http_headers_filter_module.c`).

use super::{Call, Check, Checked, directive, invalid_parameter, script};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units::{self, Unit};

pub(super) const CHECKS: &[(&str, Check)] =
    &[("add_header", add), ("add_trailer", add), ("expires", expires)];

/// `ngx_http_headers_add`.
fn add(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::compile(loader, Section::Http, call.arg(1))?;
    if call.len() == 3 && call.arg(2) != "always" {
        return invalid_parameter(call.arg(2));
    }
    Ok(())
}

/// `ngx_http_headers_expires`.
fn expires(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let modified = call.len() == 2;
    if modified && call.arg(0) != "modified" {
        return directive("invalid value");
    }
    let value = call.arg(call.len() - 1);
    script::compile(loader, Section::Http, value)?;
    if value.contains('$') || (!modified && matches!(value, "epoch" | "max" | "off")) {
        return Ok(());
    }
    let daily = value.starts_with('@');
    if daily && modified {
        return directive("daily time cannot be used with \"modified\" parameter");
    }
    let time = value.strip_prefix(['@', '+', '-']).unwrap_or(value);
    match units::time(time, Unit::Seconds) {
        None => directive("invalid value"),
        Some(ms) if daily && ms > 24 * 60 * 60 * 1000 => {
            directive("daily time value must be less than 24 hours")
        }
        Some(_) => Ok(()),
    }
}
