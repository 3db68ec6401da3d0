//! The language, by example.

use imgscan_model::{Data, Need, Source, Value};

use crate::{Expression, Fact, Fault, Lookup, Name, SyntaxError, Unit, Verdict};

/// A gunicorn and an nginx.
struct Image;

impl Lookup for Image {
    fn setting(&self, name: &Name) -> Option<Fact> {
        let list = |items: &[&str]| Value::Known(Data::List(items.iter().map(|i| Data::from(*i)).collect()));
        let int = |n: i64| Value::Known(Data::Int(n));
        let (value, source, unit) = match (name.process.as_str(), name.setting.as_str()) {
            ("gunicorn", "timeout") => (int(30), Source::Default, Some(Unit::Seconds)),
            ("gunicorn-2", "timeout") => (int(60), Source::File, Some(Unit::Seconds)),
            ("gunicorn", "bind") => (list(&["0.0.0.0:80", "unix:/s"]), Source::EnvArgs, None),
            ("gunicorn", "worker_class") => (Value::str("gthread"), Source::File, None),
            ("gunicorn", "certfile") => (Value::Known(Data::None), Source::Default, None),
            ("gunicorn", "workers") => {
                let needs = vec![Need::CpuCount];
                (Value::Symbolic { text: "cpu_count() * 2".into(), needs }, Source::File, None)
            }
            ("gunicorn", "post_fork") => {
                let hook = Data::Object { name: "post_fork".into(), kind: "function".into() };
                (Value::Known(hook), Source::File, None)
            }
            ("nginx", "client_max_body_size") => (int(10 << 20), Source::File, Some(Unit::Bytes)),
            ("nginx", "proxy_read_timeout") => (int(60_000), Source::Default, Some(Unit::Milliseconds)),
            ("nginx", "gzip") => (Value::Known(Data::Bool(true)), Source::File, None),
            ("nginx", "worker_connections") => (Value::str("1024"), Source::File, None),
            ("nginx", "root") => (Value::Unset, Source::Default, None),
            ("nginx", "add_header") => {
                let words = |text: &str| Data::List(text.split(' ').map(Data::from).collect());
                let headers = vec![words("X-Frame-Options DENY"), words("Server x")];
                (Value::Known(Data::List(headers)), Source::File, None)
            }
            _ => return None,
        };
        Some(Fact { value, source, unit })
    }
}

fn judged(text: &str) -> Verdict {
    let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    expression.judge(&Image).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn what_holds() {
    for text in [
        "gunicorn.timeout == 0 || gunicorn.timeout >= 30",
        "gunicorn.timeout == 30s && gunicorn.timeout == 30_000ms && gunicorn.timeout < 1m",
        "gunicorn-2.timeout == 1m",
        "gunicorn-2.timeout - gunicorn.timeout == 30s",
        "nginx.client_max_body_size == 10m && nginx.client_max_body_size < 11MiB",
        "nginx.client_max_body_size == 10485760",
        "nginx.proxy_read_timeout > gunicorn.timeout",
        "nginx.proxy_read_timeout == 2 * gunicorn.timeout",
        "nginx.proxy_read_timeout != 0",
        "nginx.worker_connections >= 1000 && nginx.worker_connections == '1024'",
        "nginx.gzip",
        "nginx.gzip == on && !(nginx.gzip == off)",
        "'0.0.0.0:80' in gunicorn.bind",
        "gunicorn.worker_class in [\"gthread\", 'sync',]",
        "gunicorn.worker_class =~ \"^g\" && gunicorn.worker_class !~ \"^s\"",
        "any(gunicorn.bind, \"^unix:\") && !all(gunicorn.bind, \"^unix:\") && len(gunicorn.bind) == 2",
        "any(nginx.add_header, \"^X-Frame-Options DENY$\")",
        "gunicorn.certfile == none && gunicorn.certfile != \"x\"",
        "nginx.root == unset && !is_set(nginx.root)",
        "source(gunicorn.bind) == \"env-args\" && is_set(gunicorn.bind) && !is_set(gunicorn.timeout)",
        "known(gunicorn.timeout) && !known(gunicorn.workers)",
    ] {
        assert_eq!(judged(text), Verdict::Holds, "{text}");
    }
}

#[test]
fn what_fails() {
    for text in [
        "gunicorn.timeout == 0 || gunicorn.timeout >= 300",
        "gunicorn.timeout > 30",
        "nginx.client_max_body_size > 10m",
        "!nginx.gzip",
        "source(gunicorn.timeout) == 'file'",
        "nginx.root != unset",
    ] {
        assert_eq!(judged(text), Verdict::Fails, "{text}");
    }
}

#[test]
fn what_is_not_known_decides_nothing() {
    for text in [
        "gunicorn.workers <= 8",
        "!(gunicorn.workers <= 8)",
        "gunicorn.workers == gunicorn.workers",
        "gunicorn.workers <= 8 || gunicorn.timeout > 30",
        "gunicorn.workers <= 8 && gunicorn.timeout == 30",
        "gunicorn.workers in [1, 2]",
        "1 in [gunicorn.workers]",
        "len(gunicorn.workers) == 1",
        "gunicorn.workers * 2 > 1",
        "source(gunicorn.workers) == 'file'",
        "is_set(gunicorn.workers)",
    ] {
        assert_eq!(judged(text), Verdict::Undecided, "{text}");
    }
}

#[test]
fn what_the_rest_decides_is_decided() {
    assert_eq!(judged("gunicorn.workers <= 8 || gunicorn.timeout == 30"), Verdict::Holds);
    assert_eq!(judged("gunicorn.workers <= 8 && gunicorn.timeout == 0"), Verdict::Fails);
    assert_eq!(judged("!known(gunicorn.workers) || gunicorn.workers <= 8"), Verdict::Holds);
}

#[test]
fn what_cannot_be_asked() {
    for (text, at, message, help) in [
        ("gunicorn.timeout == '30'", 0, "a time cannot be compared with text", None),
        (
            "nginx.proxy_read_timeout >= 60",
            0,
            "a time cannot be compared with a number",
            Some("say what it counts: `60s` or `60ms`"),
        ),
        (
            "nginx.root >= 1",
            0,
            "unset cannot be compared with a number",
            Some("say what holds then, e.g. `X == none || X >= 30`"),
        ),
        (
            "true || gunicorn.bind == 'x'",
            8,
            "a list cannot be compared with text",
            Some("ask whether it is in the list: `TEXT in LIST`"),
        ),
        ("gunicorn.post_fork == 1", 0, "an object of type `function` cannot be compared with a number", None),
        ("gunicorn.timeout", 0, "a time is neither true nor false", None),
        ("gunicorn.timeout * 1s == 1", 0, "a time * a time is no calculation", None),
        ("gunicorn.timout == 1", 0, "gunicorn knows no setting `timout`", None),
    ] {
        let fault = Expression::parse(text).unwrap().judge(&Image).unwrap_err();
        let expected = Fault { at, message: message.into(), help: help.map(str::to_owned) };
        assert_eq!(fault, expected, "{text}");
    }
}

#[test]
fn what_is_no_expression() {
    for (text, at, message) in [
        ("", 0, "something is missing at the end"),
        ("1 == 1", 0, "the expression speaks of no setting"),
        ("gunicorn.timeout = 3", 17, "`=` means nothing here"),
        ("gunicorn.timeout == 3 and 1", 22, "`and` does not follow from what stands before it"),
        ("gunicorn.timeout == 3x", 20, "`x` is no unit: ms, s, m, min, h, d, w, or k, m, g, KiB, MiB, GiB"),
        ("timeout == 3", 0, "`timeout` is no value"),
        ("gunicorn. == 3", 10, "`gunicorn.` names no setting"),
        ("(gunicorn.timeout == 3", 22, "`)` is missing at the end"),
        ("gunicorn.a =~ \"(\"", 14, "no pattern: unclosed group"),
        ("gunicorn.a == \"x", 14, "this text has no end"),
        ("1 < gunicorn.a < 3", 15, "comparisons do not chain"),
        ("size(gunicorn.a) == 1", 0, "there is no function `size`"),
        ("gunicorn.a == 1.5s", 14, "`1.5s`: a number with a unit is a whole one"),
        ("gunicorn.a == 99999999999999999999999s", 14, "`99999999999999999999999s` is too large"),
    ] {
        let SyntaxError { at: found, message: said, .. } = Expression::parse(text).unwrap_err();
        assert_eq!((found, said.as_str()), (at, message), "{text}");
    }
    let deep = format!("{}gunicorn.a", "(".repeat(100_000));
    assert!(Expression::parse(&deep).is_err());
    let deep = format!("{}nginx.gzip", "!".repeat(9_000));
    assert_eq!(Expression::parse(&deep).unwrap_err().message, "the expression is nested too deeply");
}
