//! Names that people write for gunicorn's settings.

/// Names that people take from the flags, from uvicorn or from hypercorn, and the setting that they mean.
/// Source: the `cli` lists of gunicorn's settings (gunicorn/config.py), and the options of uvicorn and hypercorn.
const ALIASES: [(&str, &str); 25] = [
    ("access_log", "accesslog"),
    ("access_log_file", "accesslog"),
    ("access_logfile", "accesslog"),
    ("access_logformat", "access_log_format"),
    ("daemonize", "daemon"),
    ("error_log", "errorlog"),
    ("error_log_file", "errorlog"),
    ("error_logfile", "errorlog"),
    ("host", "bind"),
    ("keep_alive", "keepalive"),
    ("keep_alive_timeout", "keepalive"),
    ("limit_concurrency", "worker_connections"),
    ("limit_max_requests", "max_requests"),
    ("log_config", "logconfig"),
    ("log_file", "errorlog"),
    ("log_level", "loglevel"),
    ("num_workers", "workers"),
    ("pid_file", "pidfile"),
    ("port", "bind"),
    ("preload", "preload_app"),
    ("ssl_certfile", "certfile"),
    ("ssl_keyfile", "keyfile"),
    ("timeout_graceful_shutdown", "graceful_timeout"),
    ("timeout_keep_alive", "keepalive"),
    ("worker_timeout", "timeout"),
];

/// The setting that an alias stands for.
pub(crate) fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, setting)| *setting)
}

/// The flag of a setting that takes one value, for advice; `None` where it has none or is a switch.
pub(crate) fn flag(setting: &str) -> Option<&'static str> {
    Some(match setting {
        "accesslog" => "--access-logfile",
        "backlog" => "--backlog",
        "bind" => "--bind",
        "certfile" => "--certfile",
        "config" => "--config",
        "errorlog" => "--error-logfile",
        "forwarded_allow_ips" => "--forwarded-allow-ips",
        "graceful_timeout" => "--graceful-timeout",
        "keepalive" => "--keep-alive",
        "keyfile" => "--keyfile",
        "limit_request_line" => "--limit-request-line",
        "loglevel" => "--log-level",
        "max_requests" => "--max-requests",
        "max_requests_jitter" => "--max-requests-jitter",
        "threads" => "--threads",
        "timeout" => "--timeout",
        "worker_class" => "--worker-class",
        "worker_connections" => "--worker-connections",
        "worker_tmp_dir" => "--worker-tmp-dir",
        "workers" => "--workers",
        _ => return None,
    })
}
