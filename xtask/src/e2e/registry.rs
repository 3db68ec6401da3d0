//! Debian's `docker-registry` on a free loopback port, for as long as the value lives.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::{Failure, run};

/// A running registry.
pub struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    /// Starts one with an empty store below `work`.
    pub fn start(work: &Path) -> Result<Self, Failure> {
        let store = work.join("registry");
        if store.exists() {
            fs::remove_dir_all(&store)?;
        }
        Registry::run(work, "  level: error\n  accesslog:\n    disabled: true\n", Stdio::null())
    }

    /// Starts one with what `work` holds from before; every answer is noted in a file as a line of JSON.
    pub fn start_noting(work: &Path, notes: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(work)?;
        let notes = fs::OpenOptions::new().create(true).append(true).open(notes)?;
        let log = "  level: info\n  formatter: json\n  accesslog:\n    disabled: true\n";
        Registry::run(work, log, notes.into())
    }

    fn run(work: &Path, log: &str, notes: Stdio) -> Result<Self, Failure> {
        let store = work.join("registry");
        fs::create_dir_all(&store)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let config = work.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog:\n{log}storage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n",
            store.display()
        );
        fs::write(&config, text)?;
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(notes)
            .spawn()
            .map_err(|e| format!("cannot start `docker-registry`: {e}"))?;
        let registry = Registry { process, address };
        for _ in 0..100 {
            if TcpStream::connect(&registry.address).is_ok() {
                return Ok(registry);
            }
            sleep(Duration::from_millis(50));
        }
        Err("`docker-registry` does not listen".into())
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Pushes tag `tag` of an OCI layout, every platform of it.
    pub fn push(&self, layout: &Path, repository: &str, tag: &str) -> Result<(), Failure> {
        let from = format!("oci:{}:{tag}", layout.display());
        let to = format!("docker://{}/{repository}:{tag}", self.address);
        run(
            "skopeo",
            &["--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false", &from, &to],
        )
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // A child that is gone already needs no killing.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
