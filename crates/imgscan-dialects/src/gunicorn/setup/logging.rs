//! `gunicorn/glogging.py`, `Logger.setup`.

use imgscan_model::NodeKind;
use imgscan_python::PyValue;

use super::Setup;

/// Keys of `SYSLOG_FACILITIES`.
const FACILITIES: [&str; 21] = [
    "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "security", "syslog", "user",
    "uucp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

impl Setup<'_, '_, '_> {
    pub(super) fn logging(&mut self) {
        match self.load.stored("logger_class") {
            PyValue::None => {
                return self.fail("logger_class", "TypeError: 'NoneType' object is not callable");
            }
            PyValue::Str(class) if class != "simple" => {
                let class = class.clone();
                self.class("logger_class", &class, "gunicorn.loggers");
            }
            _ => {}
        }
        if *self.load.stored("loglevel") == PyValue::None {
            self.fail("loglevel", "AttributeError: 'NoneType' object has no attribute 'lower'");
        }
        for setting in ["errorlog", "accesslog"] {
            if let Some(file) = self.text(setting).filter(|file| file != "-") {
                self.writable(setting, &file);
            }
        }
        self.syslog();
        self.logconfig();
    }

    /// A file that gunicorn opens for appending: its directory has to be there (`util.check_is_writable`).
    fn writable(&mut self, setting: &str, file: &str) {
        let refused = |why: &str| format!("Error: Error: '{file}' isn't writable [{why}]");
        if file.is_empty() {
            return self.fail(setting, &refused("FileNotFoundError(2, 'No such file or directory')"));
        }
        let dir = match file.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((dir, _)) => dir,
            None => ".",
        };
        match (self.stands(file), self.stands(dir)) {
            (Some(Some(NodeKind::Dir)), _) => {
                self.fail(setting, &refused("IsADirectoryError(21, 'Is a directory')"));
            }
            (Some(Some(_)), _) | (_, Some(Some(NodeKind::Dir))) => {}
            // Devices (`/dev/stdout`) are not in the image, they are the runtime's.
            _ if file.starts_with("/dev/") || file.starts_with("/proc/") => {}
            _ => self.doubt(setting, &format!("`{dir}`, the directory of `{setting}`, is not in the image")),
        }
    }

    fn syslog(&mut self) {
        if *self.load.stored("syslog") != PyValue::Bool(true) {
            return;
        }
        if let Some(facility) = self.text("syslog_facility") {
            let lower = facility.to_lowercase();
            if !FACILITIES.contains(&lower.as_str()) {
                return self.fail("syslog_facility", "Error: unknown facility name");
            }
        }
        let Some(address) = self.text("syslog_addr") else { return };
        if let Some(socket) = address.strip_prefix("unix://") {
            self.doubt("syslog_addr", &format!("whether `{socket}` takes syslog messages is not known"));
        } else if !address.starts_with("udp://") && !address.starts_with("tcp://") {
            self.fail("syslog_addr", "Error: invalid syslog address");
        } else {
            self.doubt("syslog_addr", &format!("whether `{address}` takes syslog messages is not known"));
        }
    }

    /// The first of three that is given counts. A JSON file that is not there is passed over.
    fn logconfig(&mut self) {
        if let PyValue::Dict(pairs) = self.load.stored("logconfig_dict").clone()
            && !pairs.is_empty()
        {
            return self.logconfig_dict(&pairs);
        }
        if let Some(file) = self.text("logconfig_json").filter(|file| !file.is_empty()) {
            if self.stands(&file) != Some(None) {
                self.doubt(
                    "logconfig_json",
                    &format!("whether `{file}` is a log configuration is not known"),
                );
            }
            return;
        }
        if let Some(file) = self.text("logconfig").filter(|file| !file.is_empty())
            && !matches!(self.stands(&file), Some(Some(_)))
        {
            self.doubt("logconfig", &format!("`{file}` (`logconfig`) is not in the image"));
        }
    }

    /// `logging.config.dictConfig` knows one version; classes other than its own are imported.
    fn logconfig_dict(&mut self, pairs: &[(PyValue, PyValue)]) {
        for (key, value) in pairs {
            match (key, value) {
                (PyValue::Str(key), PyValue::Int(version)) if key == "version" && *version != 1.into() => {
                    self.fail("logconfig_dict", &format!("Error: Unsupported version: {version}"));
                }
                (PyValue::Str(key), PyValue::Dict(_)) if names_foreign_class(value) => {
                    self.doubt(
                        "logconfig_dict",
                        &format!("whether `{key}` of `logconfig_dict` can be made is not known"),
                    );
                }
                _ => {}
            }
        }
    }
}

/// Whether a part of a log configuration names a class outside `logging`, or a factory.
fn names_foreign_class(value: &PyValue) -> bool {
    let PyValue::Dict(pairs) = value else { return !crate::gunicorn::value::is_known(value) };
    pairs.iter().any(|(key, value)| match (key, value) {
        (PyValue::Str(key), PyValue::Str(class)) if key == "class" => !class.starts_with("logging."),
        (PyValue::Str(key), _) if key == "()" => true,
        (_, nested) => names_foreign_class(nested),
    })
}
