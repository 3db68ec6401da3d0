//! The bench images: a large one, a small one with one dominant layer, the same ten times as large, and a fleet.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use imgscan_testkit::layout::{Blob, BuiltImage, digest, write};
use serde_json::{Value, json};

use super::forms::Form;
use super::trees::{Tree, of_machine, of_texts};
use crate::Failure;

const MIB: u64 = 1 << 20;

/// Blobs of layers, in the order of the image, with what made each.
pub struct Layers(Vec<Packed>);

#[derive(Clone)]
struct Packed {
    instruction: String,
    diff_id: String,
    blob: Blob,
}

/// The trees of the large image: an operating system, a runtime, a tool chain, Python packages, data, an application.
pub fn large() -> Result<Vec<Tree>, Failure> {
    let machine = |words: &str, roots: &[&str], mib: u64| of_machine(words, roots, mib * MIB);
    let mut trees = vec![
        machine("ADD rootfs.tar.xz /", &["/usr/bin", "/usr/sbin"], 130)?,
        machine("RUN apt-get install runtime", &["/usr/share"], 110)?,
        machine("RUN apt-get install build-essential", &["/usr/lib/gcc", "/usr/include"], 330)?,
        machine("RUN pip install web", &["/usr/lib/python3", "/usr/lib/python3.11"], 110)?,
        machine("RUN pip install science", &["/usr/lib/x86_64-linux-gnu"], 430)?,
        machine(
            "RUN pip install data",
            &["/usr/lib/llvm-14", "/usr/lib/jvm", "/usr/local/lib", "/opt", "/usr/lib"],
            640,
        )?,
    ];
    trees.extend(application("1"));
    Ok(trees)
}

/// The trees of the small image: nearly everything lies in one layer.
pub fn small() -> Result<Vec<Tree>, Failure> {
    let mut trees = vec![of_machine("RUN pip install science", &["/usr/lib/x86_64-linux-gnu"], 175 * MIB)?];
    trees.extend(application("1"));
    Ok(trees)
}

/// The five layers of a release of the application.
pub fn application(release: &str) -> Vec<Tree> {
    let nginx = "events {}\nhttp {\n  client_max_body_size 8m;\n  include /etc/nginx/conf.d/*.conf;\n}\n";
    let site = "server {\n  listen 80;\n  location / { proxy_pass http://127.0.0.1:8000; proxy_read_timeout 30s; }\n}\n";
    let program =
        format!("# release {release}\n{}", "def handler(request):\n    return request\n".repeat(6000));
    let gunicorn = "bind = '0.0.0.0:8000'\nworkers = 4\ntimeout = 90\n";
    let entrypoint = "#!/bin/sh\nset -e\nexec \"$@\"\n";
    vec![
        of_texts(
            "COPY nginx /etc/nginx/",
            &[
                ("etc/nginx/", ""),
                ("etc/nginx/conf.d/", ""),
                ("etc/nginx/nginx.conf", nginx),
                ("etc/nginx/conf.d/site.conf", site),
            ],
        ),
        of_texts("COPY app /app", &[("app/", ""), ("app/app.py", &program), ("app/release", release)]),
        of_texts("COPY gunicorn.conf.py /app/", &[("app/gunicorn.conf.py", gunicorn)]),
        of_texts("COPY entrypoint.sh /", &[("entrypoint.sh", entrypoint)]),
        of_texts(
            "COPY override /",
            &[("app/gunicorn.conf.py", &gunicorn.replace("90", "30")), ("app/.wh.release", "")],
        ),
    ]
}

/// Packs trees, on all cores.
pub fn pack(trees: &[Tree], form: Form) -> Result<Layers, Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let packed: std::sync::Mutex<Vec<(usize, Result<Packed, String>)>> = std::sync::Mutex::default();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(tree) = trees.get(index) else { return };
                    let done = pack_one(tree, form).map_err(|e| e.to_string());
                    packed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, done));
                }
            });
        }
    });
    let mut packed = packed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    packed.sort_by_key(|(index, _)| *index);
    Ok(Layers(packed.into_iter().map(|(_, done)| done).collect::<Result<_, _>>()?))
}

fn pack_one(tree: &Tree, form: Form) -> Result<Packed, Failure> {
    let layer = form.pack(tree)?;
    Ok(Packed {
        instruction: tree.instruction.clone(),
        diff_id: layer.diff_id,
        blob: Blob { annotations: layer.annotations, ..Blob::new(form.media_type(), layer.bytes) },
    })
}

impl Layers {
    /// Bytes of the blobs.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|l| l.blob.bytes.len() as u64).sum()
    }

    /// Number of layers.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Bytes and digest of the largest blob.
    pub fn largest(&self) -> (u64, String) {
        let largest = self.0.iter().max_by_key(|l| l.blob.bytes.len());
        largest.map_or_else(Default::default, |l| (l.blob.bytes.len() as u64, l.blob.digest.clone()))
    }

    /// These layers with others on top.
    #[must_use]
    pub fn with(&self, top: &Layers) -> Layers {
        Layers(self.0.iter().chain(&top.0).cloned().collect())
    }

    /// The first so many layers.
    #[must_use]
    pub fn first(&self, count: usize) -> Layers {
        Layers(self.0.iter().take(count).cloned().collect())
    }

    /// The largest layer alone.
    #[must_use]
    pub fn largest_alone(&self) -> Layers {
        Layers(self.0.iter().max_by_key(|l| l.blob.bytes.len()).cloned().into_iter().collect())
    }

    /// The same layers so many times over: the same content, other digests (the time stamp of the gzip header).
    #[must_use]
    pub fn times(&self, count: u32) -> Layers {
        let again = |time: u32, layer: &Packed| {
            let mut layer = layer.clone();
            if let Some(stamp) = layer.blob.bytes.get_mut(4..8) {
                stamp.copy_from_slice(&time.to_le_bytes());
            }
            layer.blob.digest = digest(&layer.blob.bytes);
            layer
        };
        Layers((0..count).flat_map(|time| self.0.iter().map(move |l| again(time, l))).collect())
    }

    /// Writes an OCI layout with the tag `latest` that starts gunicorn.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, Failure> {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        let history: Vec<Value> = self.0.iter().map(|l| json!({ "created_by": l.instruction })).collect();
        let diff_ids: Vec<&str> = self.0.iter().map(|l| l.diff_id.as_str()).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
            "config": {
                "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/app",
                "Entrypoint": ["/entrypoint.sh"], "Cmd": ["gunicorn", "app:handler"],
            },
            "rootfs": { "type": "layers", "diff_ids": diff_ids }, "history": history,
        });
        let config = Blob::new("application/vnd.oci.image.config.v1+json", serde_json::to_vec(&config)?);
        let descriptors: Vec<Value> = self.0.iter().map(|l| l.blob.descriptor()).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": config.descriptor(), "layers": descriptors,
        });
        let image = BuiltImage {
            manifest: Blob::new(MANIFEST, serde_json::to_vec(&manifest)?),
            config,
            layers: self.0.iter().map(|l| l.blob.clone()).collect(),
            platform: json!({ "os": "linux", "architecture": "amd64" }),
        };
        write(dir, "latest", &[image])?;
        Ok(dir.to_owned())
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
