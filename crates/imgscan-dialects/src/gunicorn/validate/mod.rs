//! gunicorn's validators (`gunicorn/config.py`, `validate_*`): what each makes of a value, or its words of refusal.

pub(crate) mod address;
mod callable;
mod identity;
mod lists;
mod scalars;

use imgscan_model::FileView;
use imgscan_python::PyValue;

pub(crate) use identity::lookup as identity_lookup;

use super::py::text::type_name;
use super::settings::Number;

/// What a validator made of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    /// The value that gunicorn keeps.
    pub value: PyValue,
    /// Why gunicorn may refuse it all the same; `None` where it certainly takes it.
    pub doubt: Option<String>,
}

impl Stored {
    /// A value that is certainly taken.
    pub(crate) fn sure(value: PyValue) -> Self {
        Stored { value, doubt: None }
    }

    /// A value that may be refused.
    pub(crate) fn doubtful(value: PyValue, why: impl Into<String>) -> Self {
        Stored { value, doubt: Some(why.into()) }
    }

    /// A value that cannot be told and may be refused.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        let reason = why.into();
        Stored { value: PyValue::Unknown { reason: reason.clone(), needs: Vec::new() }, doubt: Some(reason) }
    }
}

/// A validator's answer: the value, or the text of the exception (`str(e)`).
pub(crate) type Verdict = Result<Stored, String>;

/// What an import string leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Imported {
    /// The object.
    Value(PyValue),
    /// The import fails with these words.
    NoModule(String),
    /// The module has no such name.
    NoAttribute,
    /// That cannot be told.
    Unknown(String),
}

/// What validators look at besides the value.
pub(crate) struct World<'a> {
    /// The files of the container.
    pub files: &'a dyn FileView,
    /// `gunicorn.util.getcwd()`, where known.
    pub cwd: Option<&'a str>,
    /// Effective user and group, where known.
    pub ids: (Option<u32>, Option<u32>),
    /// Imports `module` and takes `name` from it.
    pub import: &'a dyn Fn(&str, &str) -> Imported,
}

/// Which texts a list of addresses may hold, and how they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressRule {
    /// Single addresses (23.0, 24.0).
    Single,
    /// Networks, kept as network objects without host bits (24.1.0).
    Objects,
    /// Networks without host bits, kept as text (from 24.1.1 on).
    Strict,
}

/// A validator, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validator {
    /// `validate_bool`
    Bool,
    /// `validate_pos_int`
    PosInt,
    /// `validate_string`
    Str,
    /// `validate_dict`
    Dict,
    /// `validate_list_string`
    ListString,
    /// `validate_string_to_list`
    StringToList,
    /// `validate_string_to_addr_list`
    Addresses(AddressRule),
    /// `validate_list_of_existing_files`, and with patterns `validate_list_of_files_or_patterns`
    Files {
        /// Whether `*`, `?` and `[` make a pattern that need not match.
        patterns: bool,
    },
    /// `validate_class`
    Class,
    /// `validate_callable(arity)`
    Callable {
        /// The number of positional parameters asked for.
        arity: usize,
        /// Whether the message speaks of `six` (19.x).
        six: bool,
    },
    /// `validate_post_request`
    PostRequest {
        /// Whether the message speaks of `six` (19.x).
        six: bool,
    },
    /// `validate_user`
    User,
    /// `validate_group`
    Group,
    /// `validate_chdir`
    Chdir,
    /// `validate_hostport` (up to 20.1)
    HostPort,
    /// `validate_statsd_address` (from 21.0 on)
    StatsdAddress,
    /// `validate_ssl_version` of 20.x: the name or number of a protocol
    SslProtocol,
    /// `validate_ssl_version` from 21.0 on: anything, it is ignored
    Anything,
    /// `validate_reload_engine`
    ReloadEngine,
    /// `validate_header_map_behaviour`
    HeaderMap,
    /// `validate_proxy_protocol`
    ProxyProtocol,
    /// `validate_http_protocols`
    HttpProtocols {
        /// Whether `h3` is among the protocols (up to 26.2).
        h3: bool,
    },
    /// `validate_http2_cleartext`
    Http2Cleartext,
    /// `validate_http2_stream_limit`
    Http2StreamLimit,
    /// `validate_http2_window_size`
    Http2WindowSize,
    /// `validate_http2_frame_size`
    Http2FrameSize,
    /// `validate_asgi_loop`
    AsgiLoop,
    /// `validate_asgi_lifespan`
    AsgiLifespan,
    /// `validate_http_parser`
    HttpParser,
    /// One that is not known here: every value is in doubt.
    Unmodelled,
}

impl Validator {
    /// The validator that a version has under this name.
    pub(crate) fn of(name: &str, version: Number) -> Validator {
        let before = |major, minor, patch| version < Number([major, minor, patch]);
        let six = before(20, 0, 0);
        match name {
            "validate_bool" => Validator::Bool,
            "validate_pos_int" => Validator::PosInt,
            "validate_string" => Validator::Str,
            "validate_dict" => Validator::Dict,
            "validate_list_string" => Validator::ListString,
            "validate_string_to_list" => Validator::StringToList,
            "validate_string_to_addr_list" if before(24, 1, 0) => Validator::Addresses(AddressRule::Single),
            "validate_string_to_addr_list" if before(24, 1, 1) => Validator::Addresses(AddressRule::Objects),
            "validate_string_to_addr_list" => Validator::Addresses(AddressRule::Strict),
            "validate_list_of_existing_files" => Validator::Files { patterns: false },
            "validate_list_of_files_or_patterns" => Validator::Files { patterns: true },
            "validate_class" => Validator::Class,
            "validate_callable(1)" => Validator::Callable { arity: 1, six },
            "validate_callable(2)" => Validator::Callable { arity: 2, six },
            "validate_callable(3)" => Validator::Callable { arity: 3, six },
            "validate_post_request" => Validator::PostRequest { six },
            "validate_user" => Validator::User,
            "validate_group" => Validator::Group,
            "validate_chdir" => Validator::Chdir,
            "validate_hostport" => Validator::HostPort,
            "validate_statsd_address" => Validator::StatsdAddress,
            "validate_ssl_version" if before(21, 0, 0) => Validator::SslProtocol,
            "validate_ssl_version" => Validator::Anything,
            "validate_reload_engine" => Validator::ReloadEngine,
            "validate_header_map_behaviour" => Validator::HeaderMap,
            "validate_proxy_protocol" => Validator::ProxyProtocol,
            "validate_http_protocols" => Validator::HttpProtocols { h3: before(27, 0, 0) },
            "validate_http2_cleartext" => Validator::Http2Cleartext,
            "validate_http2_stream_limit" => Validator::Http2StreamLimit,
            "validate_http2_window_size" => Validator::Http2WindowSize,
            "validate_http2_frame_size" => Validator::Http2FrameSize,
            "validate_asgi_loop" => Validator::AsgiLoop,
            "validate_asgi_lifespan" => Validator::AsgiLifespan,
            "validate_http_parser" => Validator::HttpParser,
            _ => Validator::Unmodelled,
        }
    }

    /// The number of parameters of the functions it takes.
    pub(crate) fn arity(self) -> Option<usize> {
        match self {
            Validator::Callable { arity, .. } => Some(arity),
            Validator::PostRequest { .. } => Some(4),
            _ => None,
        }
    }

    /// What the validator makes of `value`.
    pub(crate) fn check(self, value: &PyValue, world: &World<'_>) -> Verdict {
        if let PyValue::Unknown { reason, .. } = value {
            return Ok(Stored::doubtful(value.clone(), format!("its value is not known: {reason}")));
        }
        match self {
            Validator::Bool => scalars::boolean(value),
            Validator::PosInt => scalars::positive(value),
            Validator::Str => scalars::string(value),
            Validator::Dict => scalars::dict(value),
            Validator::ListString => lists::of_strings(value),
            Validator::StringToList => lists::from_string(value),
            Validator::Addresses(rule) => lists::addresses(value, rule),
            Validator::Files { patterns } => lists::files(value, patterns, world),
            Validator::Class => callable::class(value),
            Validator::Callable { arity, six } => callable::callable(value, Some(arity), six, world),
            Validator::PostRequest { six } => callable::post_request(value, six, world),
            Validator::User => identity::user(value, world),
            Validator::Group => identity::group(value, world),
            Validator::Chdir => identity::chdir(value, world),
            Validator::HostPort => address::host_port(value),
            Validator::StatsdAddress => address::statsd(value),
            Validator::SslProtocol => identity::ssl_protocol(value),
            Validator::Anything => Ok(Stored::sure(value.clone())),
            Validator::ReloadEngine => scalars::reload_engine(value),
            Validator::HeaderMap => scalars::HEADER_MAP.check(value),
            Validator::ProxyProtocol => scalars::proxy_protocol(value),
            Validator::HttpProtocols { h3 } => lists::http_protocols(value, h3),
            Validator::Http2Cleartext => scalars::http2_cleartext(value),
            Validator::Http2StreamLimit => scalars::http2_stream_limit(value),
            Validator::Http2WindowSize => scalars::http2_window_size(value),
            Validator::Http2FrameSize => scalars::http2_frame_size(value),
            Validator::AsgiLoop => scalars::ASGI_LOOP.check(value),
            Validator::AsgiLifespan => scalars::ASGI_LIFESPAN.check(value),
            Validator::HttpParser => scalars::HTTP_PARSER.check(value),
            Validator::Unmodelled => Ok(Stored::unknown("this version's check of the setting is not known")),
        }
    }
}

/// The answer for an expression that a validator can neither take nor refuse for certain.
fn undecided(value: &PyValue) -> Stored {
    let kind = type_name(value).map_or("a value", |name| name);
    let what = match value {
        PyValue::Symbolic { text, .. } => format!("whether gunicorn takes `{text}` hangs on the run time"),
        _ => format!("whether gunicorn takes this {kind} is not known"),
    };
    match value {
        PyValue::Symbolic { .. } => Stored::doubtful(value.clone(), what),
        _ => Stored::unknown(what),
    }
}

#[cfg(test)]
impl World<'static> {
    /// Nothing but a root directory, root as the user and nothing to import.
    pub(crate) fn for_tests() -> Self {
        let files: &'static imgscan_model::testing::MemoryFiles =
            Box::leak(Box::new(imgscan_model::testing::MemoryFiles::new()));
        let import = &|module: &str, _: &str| Imported::NoModule(format!("No module named '{module}'"));
        World { files, cwd: Some("/"), ids: (Some(0), Some(0)), import }
    }
}

#[cfg(test)]
mod tests;
