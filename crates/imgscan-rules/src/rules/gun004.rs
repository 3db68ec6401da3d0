use imgscan_model::Finding;

use crate::Facts;
use crate::draft::{given_env, listed};

rule! {
    /// ## What it finds
    ///
    /// The image has a config file of its own in place of the base image's, and variables that only the base's file
    /// reads are set.
    ///
    /// ## Why it matters
    ///
    /// Base images for gunicorn document variables (`WORKERS_PER_CORE`, `MAX_WORKERS`, `GRACEFUL_TIMEOUT` …). It is
    /// their `gunicorn_conf.py` that reads them. A file of one's own replaces it as a whole, and the variables do
    /// nothing any more.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM tiangolo/uvicorn-gunicorn-fastapi
    /// ENV MAX_WORKERS=2
    /// COPY gunicorn_conf.py /app/gunicorn_conf.py
    /// ```
    ///
    /// ## How to fix
    ///
    /// Read the variables in the new file, or take the base's settings over: `from gunicorn_conf import *`.
    ///
    /// ## References
    ///
    /// - tiangolo/uvicorn-gunicorn-fastapi-docker#16
    BaseConfigReplaced = "GUN004", "base-config-replaced", Medium, "Image replaces the base image's config file and drops its variables"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for lost in facts.lost_readers {
        let Some(server) = facts.servers.iter().find(|s| s.id == lost.server) else { continue };
        let vars: Vec<_> = given_env(server)
            .filter(|v| lost.names.contains(&v.name) && !server.reads_env.contains(&v.name))
            .filter(|v| !facts.reads_env.contains(&v.name))
            .collect();
        if vars.is_empty() {
            continue;
        }
        let names: Vec<String> = vars.iter().map(|v| format!("`{}`", v.name)).collect();
        let them = if names.len() == 1 { "it" } else { "them" };
        let replaced = if lost.loaded == lost.replaced {
            format!("the version of layer {}", lost.layer)
        } else {
            format!("`{}` of layer {}", lost.replaced, lost.layer)
        };
        let mut draft = BaseConfigReplaced::META
            .finds(format!(
                "{} had {replaced} to read {them}; `{}`, which is loaded instead, does not",
                listed(&names),
                lost.loaded
            ))
            .about(server)
            .help(format!("read {them} in `{}`", lost.loaded));
        for place in vars.iter().filter_map(|v| v.value.whole()) {
            draft = draft.at(&place.origin, "nothing reads this any more");
        }
        if let Some(origin) =
            server.config_files.iter().find(|f| *f.path == *lost.loaded).and_then(|f| f.origin.as_ref())
        {
            draft = draft.see(origin, "loaded instead");
        }
        findings.push(draft.into());
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LostReader;
    use crate::fixture::Image;
    use imgscan_model::ConfigFileStatus;

    fn image() -> Image {
        Image::gunicorn().config_file("/app/gunicorn_conf.py", ConfigFileStatus::Loaded, Some("x")).with(
            |i| {
                i.lost_readers.push(LostReader {
                    server: "gunicorn".into(),
                    loaded: "/app/gunicorn_conf.py".into(),
                    replaced: "/gunicorn_conf.py".into(),
                    layer: 2,
                    names: vec!["MAX_WORKERS".into(), "WORKERS_PER_CORE".into()],
                });
            },
        )
    }

    #[test]
    fn a_variable_that_lost_its_reader_speaks() {
        assert_eq!(
            image().env("MAX_WORKERS", "2").says(&BaseConfigReplaced),
            [
                "`MAX_WORKERS` had `/gunicorn_conf.py` of layer 2 to read it; `/app/gunicorn_conf.py`, which is loaded \
              instead, does not"
            ]
        );
    }

    #[test]
    fn where_none_is_set_or_another_reads_it_it_stays_silent() {
        assert_eq!(image().says(&BaseConfigReplaced), [] as [&str; 0]);
        let read =
            image().env("MAX_WORKERS", "2").with(|i| i.servers[0].reads_env.push("MAX_WORKERS".into()));
        assert_eq!(read.says(&BaseConfigReplaced), [] as [&str; 0]);
    }
}
