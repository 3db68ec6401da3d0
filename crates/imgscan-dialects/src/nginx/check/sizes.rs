//! Sizes and numbers with rules beyond their type: the `post` handlers of nginx's commands.

use super::{Call, Check, Checked, directive, message, slots, warn};
use crate::nginx::load::Loader;
use crate::nginx::units;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("gzip_window", gzip_window),
    ("gzip_hash", gzip_hash),
    ("http2_streams_index_size", power_of_two),
    ("http2_recv_buffer_size", recv_buffer),
    ("http2_pool_size", pool_size),
    ("http2_body_preread_size", preread),
    ("http2_chunk_size", chunk),
    ("connection_pool_size", pool_size),
    ("request_pool_size", pool_size),
    ("send_lowat", lowat),
    ("proxy_send_lowat", lowat),
    ("fastcgi_send_lowat", lowat),
    ("tunnel_send_lowat", lowat),
];

/// Powers of two from 512 to `most`.
fn is_window(value: &str, most: i64) -> Option<bool> {
    units::size(value).map(|size| (512..=most).contains(&size) && size.count_ones() == 1)
}

fn gzip_window(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match is_window(call.arg(0), 32 << 10) {
        None => directive("invalid value"),
        Some(true) => Ok(()),
        Some(false) => directive("must be 512, 1k, 2k, 4k, 8k, 16k, or 32k"),
    }
}

fn gzip_hash(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match is_window(call.arg(0), 128 << 10) {
        None => directive("invalid value"),
        Some(true) => Ok(()),
        Some(false) => directive("must be 512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k"),
    }
}

fn power_of_two(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::number(call.arg(0)) {
        None => directive("invalid number"),
        Some(n) if n.count_ones() == 1 => Ok(()),
        Some(_) => directive("must be a power of two"),
    }
}

/// More than `NGX_HTTP_V2_STATE_BUFFER_SIZE`.
fn recv_buffer(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::size(call.arg(0)) {
        None => directive("invalid value"),
        Some(size) if size <= 16 => directive("value is too small"),
        Some(_) => Ok(()),
    }
}

/// `NGX_MIN_POOL_SIZE` and `NGX_POOL_ALIGNMENT` of 64-bit systems.
fn pool_size(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::size(call.arg(0)) {
        None => directive("invalid value"),
        Some(size) if size < 112 => message("the pool size must be no less than 112"),
        Some(size) if size % 16 != 0 => message("the pool size must be a multiple of 16"),
        Some(_) => Ok(()),
    }
}

/// At most `NGX_HTTP_V2_MAX_WINDOW`.
fn preread(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::size(call.arg(0)) {
        None => directive("invalid value"),
        Some(size) if size > i64::from(i32::MAX) => {
            message(format!("the maximum body preread buffer size is {}", i32::MAX))
        }
        Some(_) => Ok(()),
    }
}

fn chunk(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::size(call.arg(0)) {
        None => directive("invalid value"),
        Some(0) => message("the http2 chunk size cannot be zero"),
        Some(_) => Ok(()),
    }
}

/// Linux cannot set `SO_SNDLOWAT`.
fn lowat(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    slots::valid(units::size(call.arg(0)))?;
    warn(loader, call, &format!("\"{}\" is not supported, ignored", call.name()));
    Ok(())
}
