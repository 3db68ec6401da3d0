//! What the end-to-end images start with. All of them stand on the same layers.

use imgscan_testkit::layout::{Blob, BuiltImage};
use serde_json::{Value, json};

use super::rootfs::RealLayer;
use crate::Failure;

/// An image config over the real layers.
pub struct Scenario {
    /// Name of the repository below `shop/`.
    pub name: &'static str,
    /// WORKDIR.
    pub workdir: &'static str,
    /// ENV.
    pub env: &'static [(&'static str, &'static str)],
    /// CMD.
    pub cmd: &'static [&'static str],
}

const ARGS: (&str, &str) = ("GUNICORN_CMD_ARGS", "--bind 0.0.0.0:8443 --workers=3");

/// The scenarios; the first is the incident.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "app", workdir: "/app", env: &[ARGS], cmd: &["gunicorn", "app:application"] },
    Scenario {
        name: "app-with-c",
        workdir: "/app",
        env: &[ARGS],
        cmd: &["gunicorn", "-c", "/opt/conf/gunicorn.conf.py", "app:application"],
    },
    Scenario {
        name: "app-with-c-in-env",
        workdir: "/app",
        env: &[
            ("GUNICORN_CMD_ARGS", "-c /opt/conf/gunicorn.conf.py -w4 --time 9"),
            ("WORKER_CLASS", "gthread"),
        ],
        cmd: &["gunicorn", "--timeout=60", "app:application"],
    },
    Scenario {
        name: "app-default-file",
        workdir: "/srv/auto",
        env: &[("WEB_CONCURRENCY", "7"), ("T", "90")],
        cmd: &["gunicorn", "--chdir", "/app", "app:application"],
    },
    Scenario {
        name: "app-module",
        workdir: "/srv/auto",
        env: &[("PORT", "5005"), ("FORWARDED_ALLOW_IPS", "10.0.0.1")],
        cmd: &[
            "python3",
            "-m",
            "gunicorn",
            "-k",
            "gthread",
            "--threads",
            "4",
            "--chdir",
            "/app",
            "app:application",
        ],
    },
    Scenario {
        name: "app-defaults",
        workdir: "/app",
        env: &[("PORT", "5005"), ("WEB_CONCURRENCY", "2"), ("FORWARDED_ALLOW_IPS", "*")],
        cmd: &["gunicorn", "--preload", "-R", "app:application"],
    },
    Scenario {
        name: "app-missing-file",
        workdir: "/app",
        env: &[],
        cmd: &["gunicorn", "-c", "conf/g.py", "app:application"],
    },
    Scenario {
        name: "app-bad-flag",
        workdir: "/app",
        env: &[("GUNICORN_CMD_ARGS", "--workes 3")],
        cmd: &["gunicorn", "app:application"],
    },
];

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Scenario {
    /// The whole environment that the container's process gets.
    pub fn environment(&self) -> Vec<(&'static str, &'static str)> {
        [("PATH", PATH), ("HOME", "/root")].into_iter().chain(self.env.iter().copied()).collect()
    }

    /// The image for linux/amd64.
    pub fn image(&self, layers: &[RealLayer]) -> Result<BuiltImage, Failure> {
        self.built(layers, "amd64", self.cmd)
    }

    /// Another platform of the same index, with another command: reading the wrong one shows.
    pub fn other_platform(&self, layers: &[RealLayer]) -> Result<BuiltImage, Failure> {
        self.built(&layers[1..], "arm64", &["gunicorn", "--timeout", "1234", "other:application"])
    }

    fn built(&self, layers: &[RealLayer], architecture: &str, cmd: &[&str]) -> Result<BuiltImage, Failure> {
        let env: Vec<String> = std::iter::once(format!("PATH={PATH}"))
            .chain(self.env.iter().map(|(k, v)| format!("{k}={v}")))
            .collect();
        let mut history: Vec<Value> = layers.iter().map(|l| json!({ "created_by": l.created_by })).collect();
        let empty = |text: String| json!({ "created_by": text, "empty_layer": true, "comment": "buildkit.dockerfile.v0" });
        history.extend(self.env.iter().map(|(k, v)| empty(format!("ENV {k}={v}"))));
        let words: Vec<String> = cmd.iter().map(|w| format!("{w:?}")).collect();
        history.push(empty(format!("CMD [{}]", words.join(" "))));
        let config = json!({
            "os": "linux",
            "architecture": architecture,
            "config": { "Env": env, "Cmd": cmd, "WorkingDir": self.workdir },
            "rootfs": { "type": "layers", "diff_ids": layers.iter().map(|l| &l.diff_id).collect::<Vec<_>>() },
            "history": history,
        });
        let config = Blob::new("application/vnd.oci.image.config.v1+json", serde_json::to_vec(&config)?);
        let layers: Vec<Blob> = layers.iter().map(|l| l.blob.clone()).collect();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": config.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        let manifest = Blob::new(media_type, serde_json::to_vec(&manifest)?);
        let platform = json!({ "os": "linux", "architecture": architecture });
        Ok(BuiltImage { manifest, config, layers, platform })
    }
}
