//! A real nginx in a root directory of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, EnvSource, Origin, Process, Text};

use crate::case;

/// What lies at a path.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    Link(String),
}

/// Files by their paths.
pub(super) type Files = BTreeMap<String, Content>;

/// nginx's answer to a configuration.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Why it does not start; empty where it died without a word.
    pub(super) refusal: Option<String>,
    /// What it warns of.
    pub(super) warnings: Vec<String>,
}

/// A root directory with nginx in it, and the same as a tree in memory.
pub(super) struct Real {
    root: PathBuf,
    /// What was laid outside of nginx's own directory.
    laid: RefCell<Vec<String>>,
    /// `1.22.1`
    pub(super) version: String,
    /// Whether it is the package of Debian.
    pub(super) is_debian: bool,
}

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n\
                      nobody:x:65534:65534::/:/bin/sh\nnginx:x:101:101::/:/bin/sh\n";
const GROUP: &str = "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\nnginx:x:101:\n";
/// What the packages of Debian and the official image make.
const DIRS: &[&str] = &[
    "/etc/nginx",
    "/var/lib/nginx",
    "/var/log/nginx",
    "/run",
    "/var/run",
    "/tmp",
    "/dev",
    "/usr/share/nginx/html",
];
const MODULES: &str = "/usr/lib/nginx/modules";

impl Real {
    /// Puts nginx and what it needs into a directory.
    pub(super) fn prepare() -> Real {
        let program = std::env::var("IMGSCAN_NGINX").unwrap_or("/usr/sbin/nginx".to_owned());
        let name = format!("imgscan-nginx-truth-{}-{:?}", std::process::id(), std::thread::current().id());
        let root = std::env::temp_dir().join(name.replace(['(', ')'], ""));
        DIRS.iter().for_each(|dir| fs::create_dir_all(root.join(&dir[1..])).unwrap());
        let banner = Command::new(&program).arg("-v").output().unwrap();
        let banner = String::from_utf8(banner.stderr).unwrap();
        let version = banner.trim().rsplit('/').next().unwrap().to_owned();
        let is_debian = program == "/usr/sbin/nginx";
        let mut binaries = vec![program.clone()];
        if is_debian {
            for module in fs::read_dir(MODULES).into_iter().flatten() {
                binaries.push(module.unwrap().path().to_str().unwrap().to_owned());
            }
            symlink(MODULES, root.join("usr/share/nginx/modules")).unwrap();
        }
        for binary in &binaries {
            let place = if *binary == program { "/usr/sbin/nginx" } else { binary.as_str() };
            copy(Path::new(binary), &root.join(&place[1..]));
            for library in libraries(binary) {
                copy(Path::new(&library), &root.join(&library[1..]));
            }
        }
        fs::write(root.join("etc/passwd"), PASSWD).unwrap();
        fs::write(root.join("etc/group"), GROUP).unwrap();
        fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
        assert!(
            Command::new("cp").args(["-a", "/dev/null"]).arg(root.join("dev")).status().unwrap().success()
        );
        Real { root, laid: RefCell::default(), version, is_debian }
    }

    /// Lays files, and takes away what lay in `/etc/nginx` and under other paths of `files` before.
    pub(super) fn lay(&self, files: &Files) {
        for path in self.laid.take() {
            let _ = fs::remove_file(self.root.join(&path[1..]));
        }
        let _ = fs::remove_dir_all(self.root.join("etc/nginx"));
        fs::create_dir_all(self.root.join("etc/nginx")).unwrap();
        self.laid.replace(files.keys().filter(|path| !path.starts_with("/etc/nginx/")).cloned().collect());
        for (path, content) in files {
            let place = self.root.join(&path[1..]);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&place);
            match content {
                Content::Bytes(bytes) => fs::write(&place, bytes).unwrap(),
                Content::Link(target) => symlink(target, &place).unwrap(),
            }
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("/usr/sbin/chroot");
        command.arg(&self.root).arg("/usr/sbin/nginx").args(args).env_clear();
        command
    }

    /// What `nginx -t` says to the files that were laid.
    pub(super) fn test(&self, args: &[&str]) -> Verdict {
        verdict(&self.command(&[&["-t"], args].concat()).output().unwrap())
    }

    /// Starts it as one process.
    pub(super) fn start(&self) -> Child {
        let mut command = self.command(&["-g", "daemon off; master_process off;"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The process as imgscan sees it, with the same files.
    pub(super) fn process(&self, files: &Files, args: &[&str]) -> Process {
        let mut tree = MemoryFiles::new();
        for dir in DIRS {
            tree = tree.dir(dir);
        }
        tree = tree.file("/etc/passwd", PASSWD).file("/etc/group", GROUP).program("/usr/sbin/nginx");
        let maintainer = if self.is_debian { "Debian Nginx Maintainers" } else { "nginx <x@nginx.com>" };
        let status = format!(
            "Package: nginx\nStatus: install ok installed\nMaintainer: {maintainer}\nVersion: {}-9\n",
            self.version
        );
        tree = tree.file("/var/lib/dpkg/status", &status);
        if self.is_debian {
            tree = tree.link("/usr/share/nginx/modules", MODULES);
            for module in fs::read_dir(self.root.join(&MODULES[1..])).into_iter().flatten() {
                let name = module.unwrap().file_name();
                tree = tree.program(&format!("{MODULES}/{}", name.to_str().unwrap()));
            }
        }
        for (path, content) in files {
            tree = match content {
                Content::Bytes(bytes) => tree.file(path, &String::from_utf8_lossy(bytes)),
                Content::Link(target) => tree.link(path, target),
            };
        }
        let word = |(i, w): (usize, &&str)| {
            let index = u32::try_from(i).unwrap();
            Text::new(*w, Origin::ImageCmd { index, chars: None, instruction: None })
        };
        let argv = std::iter::once(&"nginx").chain(args).enumerate().map(word).collect();
        let mut env = Env::default();
        let path = Text::new("/usr/sbin:/usr/bin", Origin::image_env("PATH", "/usr/sbin:/usr/bin", None));
        env.set("PATH", path, EnvSource::Image);
        let mut process = case::process(argv, env, tree);
        process.program.path = Some("/usr/sbin/nginx".into());
        process
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn verdict(output: &Output) -> Verdict {
    let said = String::from_utf8_lossy(&output.stderr);
    let of = |level: &str| -> Vec<String> {
        said.lines().filter_map(|line| message(line, level)).map(str::to_owned).collect()
    };
    let refusal = match output.status.success() {
        true => None,
        // Words about options come before there is a log.
        false => of("emerg")
            .into_iter()
            .find(|m| !m.ends_with(", ignored") && !m.contains(", ignored in "))
            .or_else(|| {
                let plain = said.lines().find_map(|l| l.strip_prefix("nginx: "))?;
                (!plain.starts_with('[') && !plain.ends_with("test failed")).then(|| plain.to_owned())
            })
            .or(Some(String::new())),
    };
    Verdict { refusal, warnings: of("warn") }
}

/// The message of a line of nginx's: `nginx: [warn] …`, or `2026/11/22 10:00:00 [warn] 7#7: …` in a log.
fn message<'a>(line: &'a str, level: &str) -> Option<&'a str> {
    let (before, rest) = line.split_once(&format!("[{level}] "))?;
    match before {
        "nginx: " => Some(rest),
        _ => rest.split_once(": ").filter(|(ids, _)| ids.contains('#')).map(|(_, message)| message),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}

/// The libraries that a program needs.
fn libraries(binary: &str) -> Vec<String> {
    let listed = Command::new("ldd").arg(binary).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned).collect()
}
