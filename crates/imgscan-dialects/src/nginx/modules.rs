//! Modules that `load_module` brings in, and which directives come with them.

use crate::nginx::installed::{Builder, Installed};

/// The name of a module by its file (`modules/ngx_stream_module.so` → `ngx_stream_module`).
pub fn name_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".so").unwrap_or(name)
}

/// Whether a module of open source nginx (`http_geoip`, `stream_ssl`) is in one of the loaded files.
pub fn is_loaded(module: &str, loaded: &[String]) -> bool {
    loaded.iter().any(|file| {
        let file = file.trim_start_matches("ngx_").trim_end_matches("_module");
        file == module || (matches!(file, "stream" | "mail") && host(module) == file && !is_own_file(module))
    })
}

/// The module that has to be there for another one to be.
pub fn needs(module: &str) -> Option<&'static str> {
    match host(module) {
        "stream" if module != "stream" && !is_own_file(module) => Some("stream"),
        "mail" if module != "mail" => Some("mail"),
        _ => None,
    }
}

fn host(module: &str) -> &str {
    module.split('_').next().unwrap_or(module)
}

/// Modules for the stream module that are built as files of their own.
fn is_own_file(module: &str) -> bool {
    module == "stream_geoip"
}

/// Files of modules that are not part of open source nginx, with the name under which their directives are listed.
const FOREIGN_FILES: &[(&str, &str)] = &[
    ("lua", "ngx_http_lua_module"),
    ("lua", "ngx_stream_lua_module"),
    ("headers_more", "ngx_http_headers_more_filter_module"),
    ("geoip2", "ngx_http_geoip2_module"),
    ("geoip2", "ngx_stream_geoip2_module"),
    ("njs", "ngx_http_js_module"),
    ("njs", "ngx_stream_js_module"),
    ("otel", "ngx_otel_module"),
    ("brotli", "ngx_http_brotli_filter_module"),
    ("brotli", "ngx_http_brotli_static_module"),
    ("zstd", "ngx_http_zstd_filter_module"),
    ("zstd", "ngx_http_zstd_static_module"),
    ("echo", "ngx_http_echo_module"),
    ("set_misc", "ngx_http_set_misc_module"),
    ("array_var", "ngx_http_array_var_module"),
    ("encrypted_session", "ngx_http_encrypted_session_module"),
    ("fancyindex", "ngx_http_fancyindex_module"),
    ("dav_ext", "ngx_http_dav_ext_module"),
    ("cache_purge", "ngx_http_cache_purge_module"),
    ("subs_filter", "ngx_http_subs_filter_module"),
    ("upstream_fair", "ngx_http_upstream_fair_module"),
    ("upload_progress", "ngx_http_uploadprogress_module"),
    ("upload", "ngx_http_upload_module"),
    ("auth_pam", "ngx_http_auth_pam_module"),
    ("auth_spnego", "ngx_http_auth_spnego_module"),
    ("modsecurity", "ngx_http_modsecurity_module"),
    ("naxsi", "ngx_http_naxsi_module"),
    ("nchan", "ngx_nchan_module"),
    ("rtmp", "ngx_rtmp_module"),
    ("passenger", "ngx_http_passenger_module"),
    ("vhost_traffic_status", "ngx_http_vhost_traffic_status_module"),
    ("memc", "ngx_http_memc_module"),
    ("srcache", "ngx_http_srcache_filter_module"),
    ("redis2", "ngx_http_redis2_module"),
    ("app_protect", "ngx_http_app_protect_module"),
];

/// Files that bring helpers for other modules and no directives of their own.
const SILENT_FILES: &[&str] = &["ndk_http_module"];

/// Whether the directives of a loaded file are known to us.
pub fn is_known_file(file: &str) -> bool {
    const OWN: &[&str] = &[
        "ngx_stream_module",
        "ngx_mail_module",
        "ngx_http_geoip_module",
        "ngx_stream_geoip_module",
        "ngx_http_image_filter_module",
        "ngx_http_perl_module",
        "ngx_http_xslt_filter_module",
    ];
    OWN.contains(&file) || SILENT_FILES.contains(&file) || FOREIGN_FILES.iter().any(|(_, f)| *f == file)
}

/// Whether a loaded file may define variables that we do not know.
pub fn defines_variables(file: &str) -> bool {
    FOREIGN_FILES.iter().any(|(_, f)| *f == file) || !is_known_file(file)
}

/// Whether a module that is not part of open source nginx is there.
pub fn has_foreign(module: &str, installed: &Installed, loaded: &[String]) -> bool {
    const OPENRESTY: &[&str] = &[
        "lua",
        "headers_more",
        "echo",
        "set_misc",
        "array_var",
        "encrypted_session",
        "form_input",
        "iconv",
        "memc",
        "srcache",
        "redis2",
        "xss",
        "rds_json",
        "rds_csv",
    ];
    (installed.builder == Builder::OpenResty && OPENRESTY.contains(&module))
        || FOREIGN_FILES.iter().any(|(name, file)| *name == module && loaded.iter().any(|l| l == file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_brings_its_submodules() {
        let loaded = vec![name_of("modules/ngx_stream_module.so").to_owned()];
        assert!(is_loaded("stream", &loaded) && is_loaded("stream_ssl_preread", &loaded));
        assert!(!is_loaded("stream_geoip", &loaded) && !is_loaded("mail", &loaded));
    }
}
