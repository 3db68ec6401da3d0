//! From the loaded configuration to the listeners: what the arbiter looks at on its way and may refuse
//! (`gunicorn/arbiter.py`, `setup` and `start`).
//!
//! Files and directories that are not in the image may be mounted: their absence puts the start in doubt and does not
//! fail it.

mod listen;
mod logging;

use std::sync::Arc;

use imgscan_model::{FileError, NodeKind};
use imgscan_python::PyValue;

use super::context::Context;
use super::load::Load;
use super::modules::{self, Found};
use super::py::text::repr_str;
use super::version::Installed;
use super::worker::{self, Loads};

/// The walk from the loaded configuration to the listeners.
pub(crate) struct Setup<'s, 'a, 'l> {
    /// The process.
    pub context: &'s Context<'a>,
    /// gunicorn in the image.
    pub installed: Option<&'s Installed>,
    /// The configuration.
    pub load: &'s mut Load<'l>,
    /// Whether the config file may have changed where modules are imported from.
    pub changes_path: bool,
}

impl Setup<'_, '_, '_> {
    /// Does what gunicorn does between loading and listening, in its order.
    pub(crate) fn run(&mut self) {
        self.chdir();
        self.http2();
        self.checks_only();
        self.logging();
        self.worker_class();
        let addresses = self.addresses();
        self.raw_env();
        self.pidfile();
        self.tls();
        self.listen(&addresses);
        self.worker_class_name();
        self.worker_tmp_dir();
    }

    fn fail(&mut self, setting: &str, message: &str) {
        let origin = self.load.origin(setting);
        self.load.fail(message, origin);
    }

    fn doubt(&mut self, setting: &str, message: &str) {
        let origin = self.load.origin(setting);
        self.load.doubt(message, origin);
    }

    fn text(&self, setting: &str) -> Option<String> {
        match self.load.stored(setting) {
            PyValue::Str(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// A setting that is not known may be anything.
    fn is_open(&self, setting: &str) -> bool {
        matches!(self.load.stored(setting), PyValue::Unknown { .. } | PyValue::Symbolic { .. })
    }

    /// What stands at a path; `None` where that is not known.
    fn stands(&self, path: &str) -> Option<Option<NodeKind>> {
        match self.context.files().resolve(&self.context.open_path(path)?) {
            Ok(node) => Some(Some(node.kind)),
            Err(FileError::Unknown(_)) => None,
            Err(_) => Some(None),
        }
    }

    /// `os.chdir(cfg.chdir)`
    fn chdir(&mut self) {
        let Some(dir) = self.text("chdir") else { return };
        if let Some(Some(kind)) = self.stands(&dir)
            && kind != NodeKind::Dir
        {
            self.fail("chdir", &format!("Error: [Errno 20] Not a directory: {}", repr_str(&dir)));
        }
    }

    /// `Config.validate` (from 27.0 on)
    fn http2(&mut self) {
        let h2 = PyValue::Str("h2".to_owned());
        let wanted =
            matches!(self.load.stored("http_protocols"), PyValue::List(items) if items.contains(&h2));
        if !wanted || !self.load.table().at_least(27, 0, 0) {
            return;
        }
        // This is still the loading of the configuration: what the image does not show is not there.
        match modules::find(self.context.files(), &self.context.import_path, "h2") {
            Found::Missing(_) => self.fail(
                "http_protocols",
                "Error: http_protocols includes h2 but the h2 package is not installed. Install gunicorn[http2], or \
                 drop h2 from http_protocols.",
            ),
            Found::Unknown(reason) => self.doubt("http_protocols", &reason),
            _ => {}
        }
    }

    /// `--print-config`, `--check-config`: the application is loaded, no listener is taken up.
    fn checks_only(&mut self) {
        let actions =
            [("print_config", "prints the configuration"), ("check_config", "checks the configuration")];
        for (setting, what) in actions {
            match self.load.stored(setting) {
                PyValue::Bool(true) => {
                    let origin = self.load.origin(setting);
                    self.load.exit(&format!("{what} and ends (`{setting}`)"), origin);
                }
                PyValue::Unknown { .. } | PyValue::Symbolic { .. } => {
                    let origin = self.load.origin(setting);
                    self.load.doubt_end(&format!("`{setting}` is not known"), origin);
                }
                _ => {}
            }
        }
    }

    /// `Config.worker_class`
    fn worker_class(&mut self) {
        let class = worker::promoted(self.load.stored("worker_class"), self.load.stored("threads"));
        if let Some(class) = class {
            self.class("worker_class", &class, "gunicorn.workers");
        }
    }

    /// `util.load_class`. By then `chdir` and `pythonpath` are directories to import from.
    fn class(&mut self, setting: &str, uri: &str, section: &str) {
        let mut path: Vec<Arc<str>> = Vec::new();
        let listed = self.text("pythonpath").unwrap_or_default();
        path.extend(
            listed
                .split(',')
                .filter(|dir| !dir.is_empty())
                .filter_map(|dir| Some(self.context.open_path(dir)?.into())),
        );
        path.extend(self.text("chdir").map(Into::into));
        path.extend(self.context.import_path.iter().cloned());
        let class = worker::Class { uri, section, table: self.load.table(), path: &path };
        match class.load(self.context, self.installed) {
            Loads::Yes => {}
            Loads::No(message) if self.changes_path || self.is_open("pythonpath") => {
                self.doubt(setting, &format!("{message}, unless the config file changes `sys.path`"));
            }
            Loads::No(message) => self.fail(setting, &format!("Error: {message}")),
            Loads::Unknown(reason) => self.doubt(setting, &format!("`{setting}`: {reason}")),
        }
    }

    /// `Config.env`
    fn raw_env(&mut self) {
        let PyValue::List(items) = self.load.stored("raw_env").clone() else {
            if self.is_open("raw_env") {
                self.doubt("raw_env", "`raw_env` is not known");
            }
            return;
        };
        for item in items {
            match item {
                PyValue::Str(text) if !text.contains('=') => {
                    self.fail("raw_env", &format!("Error: environment setting {} invalid", repr_str(&text)));
                }
                PyValue::Str(_) => {}
                PyValue::None => self.fail("raw_env", NO_BYTES),
                _ => self.doubt("raw_env", "an entry of `raw_env` is not known"),
            }
        }
    }

    /// `Pidfile.create`: the directory has to be there.
    fn pidfile(&mut self) {
        let Some(file) = self.text("pidfile") else { return };
        if let Some((dir, _)) = file.rsplit_once('/').filter(|(dir, _)| !dir.is_empty())
            && self.stands(dir) != Some(Some(NodeKind::Dir))
        {
            self.doubt("pidfile", &format!("`{dir}`, the directory of `pidfile`, is not in the image"));
        }
    }

    /// The workers' heartbeat files; without the directory gunicorn ends when it starts the first worker.
    fn worker_tmp_dir(&mut self) {
        if let Some(dir) = self.text("worker_tmp_dir").filter(|dir| !dir.is_empty() && dir != "/dev/shm")
            && self.stands(&dir) != Some(Some(NodeKind::Dir))
        {
            self.doubt("worker_tmp_dir", &format!("`{dir}` (`worker_tmp_dir`) is not in the image"));
        }
    }

    /// `Arbiter.start` logs `Config.worker_class_str`, which before 23.0 asks a class for `endswith` and in every
    /// version cannot name `None`.
    fn worker_class_name(&mut self) {
        let nameless = match self.load.stored("worker_class") {
            PyValue::None => true,
            PyValue::Class { .. } => !self.load.table().at_least(23, 0, 0),
            _ => false,
        };
        if nameless {
            self.fail("worker_class", "AttributeError: No configuration setting for: worker_class_str");
        }
    }
}

/// `str(None, 'latin1')` in `gunicorn.util.bytes_to_str`
const NO_BYTES: &str = "TypeError: decoding to str: need a bytes-like object, NoneType found";
