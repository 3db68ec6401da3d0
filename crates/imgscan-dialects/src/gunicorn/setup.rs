//! From the loaded configuration to the listeners: what the arbiter looks at on its way and may refuse
//! (`gunicorn/arbiter.py`, `setup` and `start`; `gunicorn/sock.py`, `create_sockets`; `gunicorn/glogging.py`, `setup`).

use std::net::{Ipv4Addr, Ipv6Addr};

use imgscan_model::{FileError, NodeKind, path};
use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::context::Context;
use super::env::inherited_listeners;
use super::load::Load;
use super::modules::Found;
use super::py::text::repr_str;
use super::validate::address::{Address, AddressError, parse_address};
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
        match self.context.package("h2") {
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
        for (setting, what) in
            [("print_config", "prints the configuration"), ("check_config", "checks the configuration")]
        {
            match self.load.stored(setting) {
                PyValue::Bool(true) => {
                    let origin = self.load.origin(setting);
                    self.load.exit(&format!("{what} and ends (`{setting}`)"), origin);
                }
                PyValue::Unknown { .. } | PyValue::Symbolic { .. } => {
                    self.doubt(setting, &format!("`{setting}` is not known"));
                }
                _ => {}
            }
        }
    }

    /// `Logger.setup`
    fn logging(&mut self) {
        if *self.load.stored("loglevel") == PyValue::None {
            self.fail("loglevel", "AttributeError: 'NoneType' object has no attribute 'lower'");
        }
        if let Some(class) = self.text("logger_class").filter(|class| class != "simple") {
            self.class("logger_class", &class, "gunicorn.loggers");
        }
        for setting in ["errorlog", "accesslog"] {
            if let Some(file) = self.text(setting).filter(|file| file != "-") {
                self.writable(setting, &file);
            }
        }
        for setting in ["logconfig", "logconfig_json"] {
            if let Some(file) = self.text(setting).filter(|file| !file.is_empty())
                && !matches!(self.stands(&file), Some(Some(_)))
            {
                self.doubt(setting, &format!("`{file}` (`{setting}`) is not in the image"));
            }
        }
    }

    /// A file that gunicorn opens for writing: its directory has to be there.
    fn writable(&mut self, setting: &str, file: &str) {
        let dir = match file.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((dir, _)) => dir,
            None => ".",
        };
        match (self.stands(file), self.stands(dir)) {
            (Some(Some(NodeKind::Dir)), _) => {
                let shown = "[IsADirectoryError(21, 'Is a directory')]";
                self.fail(setting, &format!("Error: Error: '{file}' isn't writable {shown}"));
            }
            (Some(Some(_)), _) | (_, Some(Some(NodeKind::Dir))) => {}
            _ => self.doubt(setting, &format!("the directory of `{file}` (`{setting}`) is not in the image")),
        }
    }

    fn worker_class(&mut self) {
        let class = worker::promoted(self.load.stored("worker_class"), self.load.stored("threads"));
        if let Some(class) = class {
            self.class("worker_class", &class, "gunicorn.workers");
        }
    }

    fn class(&mut self, setting: &str, uri: &str, section: &str) {
        match worker::load_class(uri, section, self.load.table(), self.context, self.installed) {
            Loads::Yes => {}
            Loads::No(message) => self.fail(setting, &format!("Error: {message}")),
            Loads::Unknown(reason) => self.doubt(setting, &format!("`{setting}`: {reason}")),
        }
    }

    /// `Config.address`
    fn addresses(&mut self) -> Vec<Address> {
        let old = !self.load.table().at_least(20, 0, 0);
        let (PyValue::List(items) | PyValue::Set(items)) = self.load.stored("bind").clone() else {
            if self.is_open("bind") {
                self.doubt("bind", "`bind` is not known");
            }
            return Vec::new();
        };
        let mut addresses = Vec::new();
        for item in items {
            let PyValue::Str(text) = item else {
                self.doubt("bind", "an address of `bind` is not known");
                continue;
            };
            match parse_address(&text, "8000", old) {
                Ok(address) => addresses.push(address),
                Err(AddressError::Refused(message)) => self.fail("bind", &format!("Error: {message}")),
                Err(AddressError::Unsure) => self.doubt("bind", &format!("`{text}` may not be an address")),
            }
        }
        addresses
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
                _ => self.doubt("raw_env", "an entry of `raw_env` is not known"),
            }
        }
    }

    /// `Pidfile.create`: the directory has to be there; one that is not in the image may be mounted.
    fn pidfile(&mut self) {
        if let Some(file) = self.text("pidfile").filter(|file| !file.is_empty()) {
            self.writable("pidfile", &file);
        }
    }

    /// `create_sockets` looks for certificate and key; both may be mounted.
    fn tls(&mut self) {
        for setting in ["certfile", "keyfile"] {
            if let Some(file) = self.text(setting).filter(|file| !file.is_empty())
                && !matches!(self.stands(&file), Some(Some(_)))
            {
                self.doubt(setting, &format!("`{file}` (`{setting}`) is not in the image"));
            }
        }
    }

    fn listen(&mut self, addresses: &[Address]) {
        if let Some((name, place)) = inherited_listeners(self.context) {
            let message = format!("`{name}` is set: gunicorn may take over listeners instead of `bind`");
            return self.load.doubt(&message, Some(place.origin));
        }
        for (i, address) in addresses.iter().enumerate() {
            match address {
                Address::Tcp(host, port) => self.tcp(host, port),
                Address::Unix(file) => self.unix(file),
                Address::Descriptor(number) => {
                    self.doubt(
                        "bind",
                        &format!("whether file descriptor {number} is handed over is not known"),
                    );
                }
            }
            if addresses.iter().take(i).any(|earlier| earlier == address) {
                self.doubt("bind", "the same address stands twice in `bind`");
            }
        }
    }

    fn tcp(&mut self, host: &str, port: &BigInt) {
        if *port < BigInt::ZERO || *port > BigInt::from(u16::MAX) {
            return self.fail("bind", "OverflowError: bind(): port must be 0-65535.");
        }
        let here = match (host.parse::<Ipv4Addr>(), host.parse::<Ipv6Addr>()) {
            (Ok(v4), _) => v4.is_unspecified() || v4.is_loopback(),
            (_, Ok(v6)) => v6.is_unspecified() || v6.is_loopback(),
            _ => host.is_empty() || host == "localhost",
        };
        if !here {
            self.doubt("bind", &format!("whether `{host}` is an address of the container is not known"));
        }
    }

    /// A socket file: what stands there has to be a socket, its directory has to be there.
    fn unix(&mut self, file: &str) {
        if file.starts_with('\0') {
            return;
        }
        match self.stands(file) {
            Some(Some(NodeKind::File | NodeKind::Dir)) => {
                self.fail("bind", &format!("ValueError: {} is not a socket", repr_str(file)));
            }
            Some(_) => {
                let full = self.context.open_path(file).unwrap_or_default();
                if !matches!(self.stands(path::parent(&full)), Some(Some(NodeKind::Dir))) {
                    self.doubt("bind", &format!("the directory of `{file}` is not in the image"));
                }
            }
            None => self.doubt("bind", &format!("whether `{file}` can be a socket is not known")),
        }
    }

    /// `Config.worker_class_str` before 23.0 asks a class for `endswith`, and `Arbiter.start` asks for it.
    fn worker_class_name(&mut self) {
        if let (PyValue::Class { name, .. }, false) =
            (self.load.stored("worker_class"), self.load.table().at_least(23, 0, 0))
        {
            let message = format!("AttributeError: type object '{name}' has no attribute 'endswith'");
            self.fail("worker_class", &message);
        }
    }
}
