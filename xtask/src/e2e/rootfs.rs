//! A real Debian root file system with Python and gunicorn in it, as layers and as a place to ask real gunicorn.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use imgscan_testkit::layout::{Blob, digest};
use serde_json::Value;

use super::scenario::Scenario;
use crate::{Failure, root, run};

/// The gunicorn that pip installs.
const GUNICORN: &str = "gunicorn==20.1.0";

/// Files of the application and of the platform, as the layers above the base hold them.
const FILES: &[(&str, &str)] = &[
    (
        "opt/conf/gunicorn.conf.py",
        "import os\n\nbind = \"0.0.0.0:8443\"\nworkers = 4\ntimeout = 0\nkeepalive = 5\n\
         worker_class = os.environ.get(\"WORKER_CLASS\", \"sync\")\n\n\ndef post_fork(server, worker):\n    pass\n",
    ),
    (
        "srv/auto/gunicorn.conf.py",
        "from multiprocessing import cpu_count\n\nbind = [\"0.0.0.0:9000\", \"unix:/run/app.sock\"]\n\
         workers = cpu_count() * 2 + 1\ntimeout = int(os_timeout) if (os_timeout := __import__(\"os\").getenv(\"T\")) else 45\n",
    ),
    (
        "app/app.py",
        "def application(environ, start_response):\n    start_response(\"200 OK\", [])\n    return [b\"ok\"]\n",
    ),
];

/// The folder with the root file system.
pub struct Rootfs {
    dir: PathBuf,
}

/// A layer with the digest of its tar and the instruction that history shows for it.
#[derive(Clone)]
pub struct RealLayer {
    /// The compressed blob.
    pub blob: Blob,
    /// `sha256:…` of the bare tar.
    pub diff_id: String,
    /// `created_by`.
    pub created_by: &'static str,
}

impl Rootfs {
    /// The root file system below `work`, made when it is not there yet.
    pub fn prepare(work: &Path) -> Result<Self, Failure> {
        let dir = work.join("rootfs");
        let rootfs = Rootfs { dir };
        if !rootfs.dir.join("ready").exists() {
            if rootfs.dir.exists() {
                fs::remove_dir_all(&rootfs.dir)?;
            }
            rootfs.bootstrap()?;
            rootfs.install_gunicorn(work)?;
            fs::write(rootfs.dir.join("ready"), "")?;
        }
        for (path, text) in FILES {
            let path = rootfs.dir.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)?;
        }
        Ok(rootfs)
    }

    fn bootstrap(&self) -> Result<(), Failure> {
        let dir = self.dir.to_string_lossy().into_owned();
        run("debootstrap", &["--variant=minbase", "--include=python3,python3-pip", "bookworm", &dir])?;
        for path in ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"] {
            drop(fs::remove_dir_all(self.dir.join(path)));
        }
        Ok(())
    }

    /// Downloads with the machine's own pip and installs inside, without network.
    fn install_gunicorn(&self, work: &Path) -> Result<(), Failure> {
        let wheels = self.dir.join("tmp/wheels");
        fs::create_dir_all(&wheels)?;
        let to = wheels.to_string_lossy().into_owned();
        run("python3", &["-m", "pip", "download", "--quiet", "--no-deps", "--dest", &to, GUNICORN])?;
        let dir = self.dir.to_string_lossy().into_owned();
        let install = ["python3", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"];
        let inside: Vec<&str> = std::iter::once(dir.as_str())
            .chain(install)
            .chain([
                "--break-system-packages",
                "--root-user-action=ignore",
                "--find-links",
                "/tmp/wheels",
                GUNICORN,
            ])
            .collect();
        let before = work.join("before");
        fs::write(&before, "")?;
        run("chroot", &inside)?;
        fs::remove_dir_all(wheels)?;
        Ok(())
    }

    /// The layers: the base (gzip), what pip installed (zstd), the platform's file (gzip), the application (gzip).
    pub fn layers(&self) -> Result<Vec<RealLayer>, Failure> {
        let base = ["--exclude=./usr/local", "--exclude=./opt", "--exclude=./srv", "--exclude=./app"];
        let base: Vec<&str> = base
            .into_iter()
            .chain(["--exclude=./ready", "--exclude=./tmp", "--exclude=./oracle.py", "."])
            .collect();
        Ok(vec![
            self.layer(&base, false, "/bin/sh -c #(nop) ADD file:rootfs in / ")?,
            self.layer(&["./usr/local"], true, "RUN /bin/sh -c pip install gunicorn==20.1.0 # buildkit")?,
            self.layer(&["./opt", "./srv"], false, "COPY conf/ / # buildkit")?,
            self.layer(&["./app"], false, "COPY app.py /app/ # buildkit")?,
        ])
    }

    fn layer(&self, what: &[&str], zstd: bool, created_by: &'static str) -> Result<RealLayer, Failure> {
        let mut tar = Command::new("tar")
            .args(["--create", "--sort=name", "--mtime=@0", "--numeric-owner", "--directory"])
            .arg(&self.dir)
            .args(what)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut bytes = Vec::new();
        tar.stdout.take().ok_or("no output of tar")?.read_to_end(&mut bytes)?;
        if !tar.wait()?.success() {
            return Err("`tar` failed".into());
        }
        let diff_id = digest(&bytes);
        let blob = if zstd {
            Blob::new("application/vnd.oci.image.layer.v1.tar+zstd", zstd::encode_all(bytes.as_slice(), 3)?)
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&bytes)?;
            Blob::new("application/vnd.oci.image.layer.v1.tar+gzip", encoder.finish()?)
        };
        Ok(RealLayer { blob, diff_id, created_by })
    }

    /// What real gunicorn answers, inside, with the scenario's environment, words and working directory.
    pub fn ask(&self, scenario: &Scenario) -> Result<Value, Failure> {
        fs::copy(root().join("xtask/src/e2e/oracle.py"), self.dir.join("oracle.py"))?;
        let words: Vec<Value> = scenario.cmd.iter().map(|w| Value::from(*w)).collect();
        let output = Command::new("chroot")
            .arg(&self.dir)
            .args(["/usr/bin/env", "-i"])
            .args(scenario.environment().iter().map(|(k, v)| format!("{k}={v}")))
            .args(["/usr/bin/python3", "/oracle.py", scenario.workdir, &Value::from(words).to_string()])
            .output()?;
        serde_json::from_slice(&output.stdout).map_err(|e| {
            format!("{}: no answer ({e}): {}", scenario.name, String::from_utf8_lossy(&output.stderr)).into()
        })
    }
}
