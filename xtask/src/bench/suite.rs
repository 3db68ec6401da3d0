//! Who competes, on which image, with which words.

use std::path::{Path, PathBuf};

use super::installed;
use super::rounds::Competitor;
use crate::Failure;

/// The images beside the fleet.
pub const IMAGES: [&str; 9] = [
    "big-gzip",
    "big-zstd",
    "big-estargz",
    "big-chunked",
    "big-next",
    "small",
    "small-x10",
    "dominant",
    "fleet-union",
];

/// Fifty images on one base.
pub const FLEET: [&str; 50] = [
    "fleet/00", "fleet/01", "fleet/02", "fleet/03", "fleet/04", "fleet/05", "fleet/06", "fleet/07",
    "fleet/08", "fleet/09", "fleet/10", "fleet/11", "fleet/12", "fleet/13", "fleet/14", "fleet/15",
    "fleet/16", "fleet/17", "fleet/18", "fleet/19", "fleet/20", "fleet/21", "fleet/22", "fleet/23",
    "fleet/24", "fleet/25", "fleet/26", "fleet/27", "fleet/28", "fleet/29", "fleet/30", "fleet/31",
    "fleet/32", "fleet/33", "fleet/34", "fleet/35", "fleet/36", "fleet/37", "fleet/38", "fleet/39",
    "fleet/40", "fleet/41", "fleet/42", "fleet/43", "fleet/44", "fleet/45", "fleet/46", "fleet/47",
    "fleet/48", "fleet/49",
];

/// Files that a person who looks for the same answer by hand takes out of an image.
const WANTED: &str = "app/gunicorn.conf.py etc/nginx/nginx.conf etc/nginx/conf.d/site.conf entrypoint.sh";

/// Everything that a run needs to know.
pub struct Suite {
    address: String,
    binary: PathBuf,
    work: PathBuf,
    incident: PathBuf,
}

impl Suite {
    /// A suite against a registry. The incident image is built beside it.
    pub fn new(address: &str, binary: &Path, work: &Path) -> Result<Self, Failure> {
        let incident = crate::images::build("incident")?.canonicalize()?;
        Ok(Suite { address: address.to_owned(), binary: binary.to_owned(), work: work.to_owned(), incident })
    }

    /// Programs that would compete and are not installed.
    pub fn missing(&self) -> Vec<&'static str> {
        ["crane", "skopeo", "umoci", "syft", "igzip", "curl"].into_iter().filter(|p| !installed(p)).collect()
    }

    /// All competitors whose programs are there.
    pub fn competitors(&self) -> Vec<Competitor> {
        let mut all = self.ours();
        for image in ["big-gzip", "big-zstd", "small"] {
            all.extend(self.raw(image));
            all.extend(self.peers(image));
        }
        all.extend(self.raw("dominant"));
        all
    }

    fn image(&self, name: &str) -> String {
        format!("{}/{name}:latest", self.address)
    }

    fn ours(&self) -> Vec<Competitor> {
        let imgscan = self.binary.display();
        let forget = format!("rm -rf {}/cache", self.work.display());
        let ours = |name, image: &'static str, script: String, before: Option<String>| Competitor {
            name,
            image,
            script,
            before,
            once: false,
        };
        let scan = |image: &str| format!("{imgscan} scan --format json {}", self.image(image));
        let cold = |image| ours("imgscan", image, format!("{} --no-cache", scan(image)), None);
        let fleet: Vec<String> = FLEET.iter().map(|name| self.image(name)).collect();
        let mut all: Vec<Competitor> = IMAGES.into_iter().filter(|i| *i != "big-next").map(cold).collect();
        let warm = format!("{forget}; {} > warm.json", scan("big-gzip"));
        all.extend([
            ours("imgscan, cache filled", "big-gzip", scan("big-gzip"), Some(warm.clone())),
            ours("imgscan, next release", "big-next", scan("big-next"), Some(warm)),
            ours(
                "imgscan, all fifty",
                "fleet-union",
                format!("{imgscan} scan --format json --no-cache {}", fleet.join(" ")),
                None,
            ),
            ours("imgscan config", "big-gzip", format!("{imgscan} config {}", self.image("big-gzip")), None),
            ours(
                "imgscan, from a layout",
                "incident",
                format!("{imgscan} scan --no-cache --exit-zero oci:{}", self.incident.display()),
                None,
            ),
        ]);
        all
    }

    /// The limit: the fastest inflate there is on all cores, over the blobs as files and as they come by HTTP.
    fn raw(&self, image: &'static str) -> Vec<Competitor> {
        let (program, words) = if image == "big-zstd" { ("zstd", "-dcq") } else { ("igzip", "-dc") };
        let blobs = self.work.join("registry/docker/registry/v2");
        let mut all = Vec::new();
        let layers = format!(
            "curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' http://{}/v2/{image}/manifests/latest | \
             python3 -c \"import json,sys; l=json.load(sys.stdin)['layers']; l.sort(key=lambda x: -x['size']); \
             print('\\\\n'.join(x['digest'][7:] for x in l))\" > layers-{image}.txt",
            self.address
        );
        if installed(program) && installed("curl") {
            let data = format!(
                "xargs -P 2 -I D sh -c 'd=D; {program} {words} {}/blobs/sha256/$(echo $d | cut -c1-2)/$d/data > /dev/null' \
                 < layers-{image}.txt",
                blobs.display()
            );
            let fetched = format!(
                "xargs -P 2 -I D sh -c 'curl -sf http://{}/v2/{image}/blobs/sha256:D | {program} {words} > /dev/null' \
                 < layers-{image}.txt",
                self.address
            );
            let raw =
                |name, script| Competitor { name, image, script, before: Some(layers.clone()), once: false };
            all.push(raw("limit: inflate only", data));
            all.push(raw("limit: curl | inflate", fetched));
        }
        all
    }

    fn peers(&self, image: &'static str) -> Vec<Competitor> {
        let from = self.image(image);
        let mut all = Vec::new();
        let mut add = |program: &str, name, script: String| {
            if installed(program) {
                all.push(Competitor { name, image, script, before: None, once: program != "crane" });
            }
        };
        let wanted = format!("crane export --insecure {from} - | tar -xO {WANTED} > /dev/null 2>&1; true");
        add("crane", "crane export | tar", wanted);
        if image == "big-zstd" {
            return all;
        }
        add(
            "umoci",
            "skopeo copy, umoci unpack",
            format!(
                "rm -rf o u; skopeo --insecure-policy copy -q --src-tls-verify=false docker://{from} oci:o:x && \
                 umoci unpack --rootless --image o:x u > /dev/null 2>&1; true"
            ),
        );
        add(
            "syft",
            "syft",
            format!(
                "SYFT_REGISTRY_INSECURE_USE_HTTP=true SYFT_CHECK_FOR_APP_UPDATE=false syft scan registry:{from} -q -o json > syft.json; true"
            ),
        );
        if image == "big-gzip" {
            add("crane", "crane digest", format!("crane digest --insecure {from}"));
            add("crane", "crane config", format!("crane config --insecure {from}"));
        }
        all
    }
}
