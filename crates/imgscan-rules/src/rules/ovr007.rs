use std::collections::BTreeMap;

use imgscan_model::{Finding, Origin};

use crate::draft::listed;
use crate::{Facts, WhatIf};

rule! {
    /// ## What it finds
    ///
    /// A later layer replaces or deletes a config file of an earlier one, and a setting is another for it.
    ///
    /// ## Why it matters
    ///
    /// Nothing is wrong with it as such; it answers the question why a value is not what the base image, or the step
    /// further up in the Dockerfile, says.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// COPY gunicorn.conf.py /app/
    /// RUN sed -i s/300/20/ /app/gunicorn.conf.py
    /// ```
    ///
    /// ## How to fix
    ///
    /// Where it is not meant, change the earlier step instead of overwriting its file.
    ///
    /// ## References
    ///
    /// - [OCI image specification: layers](https://github.com/opencontainers/image-spec/blob/main/layer.md)
    ConfigReplacedByLayer = "OVR007", "config-replaced-by-layer", Info, "A later layer replaces or deletes a config file and changes settings"
}

/// Most settings named in a message.
const NAMED: usize = 3;

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str, u32), Vec<&WhatIf>> = BTreeMap::new();
    for what_if in facts.what_if.iter().filter(|w| w.with != w.without) {
        groups.entry((&what_if.server, &what_if.path, what_if.layer)).or_default().push(what_if);
    }
    groups.into_iter().filter_map(|(key, changes)| finding(facts, key, &changes)).collect()
}

fn finding(facts: &Facts<'_>, (id, path, layer): (&str, &str, u32), changes: &[&WhatIf]) -> Option<Finding> {
    let server = facts.servers.iter().find(|s| s.id == id)?;
    let versions = facts.files.versions(path);
    let here = versions.iter().find(|v| v.layer == layer)?;
    // A layer that is the first to bring the file replaces nothing.
    let before = versions.iter().rev().find(|v| v.layer < layer).filter(|v| v.node.is_some())?;
    let verb = if here.node.is_some() { "replaces" } else { "deletes" };
    let told = here.instruction.as_deref().map(|i| format!(" (`{i}`)")).unwrap_or_default();
    let named: Vec<String> = changes
        .iter()
        .take(NAMED)
        .map(|c| format!("`{}` is `{}` instead of `{}`", c.setting, c.with, c.without))
        .chain((changes.len() > NAMED).then(|| format!("{} more settings differ", changes.len() - NAMED)))
        .collect();
    let at = |layer, instruction: &Option<std::sync::Arc<str>>| Origin::LayerFile {
        layer: Some(layer),
        path: path.into(),
        span: None,
        instruction: instruction.clone(),
    };
    let mut draft = ConfigReplacedByLayer::META
        .finds(format!("layer {layer}{told} {verb} `{path}` of layer {}: {}", before.layer, listed(&named)))
        .about(server)
        .at(&at(layer, &here.instruction), format!("{verb} it"))
        .see(&at(before.layer, &before.instruction), "the earlier version");
    if let [only] = changes {
        draft = draft.setting(&only.setting);
    }
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;
    use imgscan_model::{FileError, FileView, Node, Text, Version};
    use std::sync::Arc;

    /// A tree with a history.
    struct Layered(MemoryFiles, Vec<Version>);

    impl FileView for Layered {
        fn entry(&self, path: &str) -> Option<Node> {
            self.0.entry(path)
        }
        fn children(&self, dir: &str) -> Vec<Arc<str>> {
            self.0.children(dir)
        }
        fn content(&self, path: &str) -> Result<Text, FileError> {
            self.0.content(path)
        }
        fn versions(&self, _: &str) -> Vec<Version> {
            self.1.clone()
        }
        fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
            self.0.for_each(visit);
        }
    }

    fn says(versions: &[(u32, bool)], with: &str) -> Vec<String> {
        let files = MemoryFiles::new().file("/app/g.py", "");
        let node = files.entry("/app/g.py").unwrap();
        let version = |(layer, there): &(u32, bool)| Version {
            layer: *layer,
            instruction: Some(format!("RUN step {layer}").into()),
            node: there.then(|| node.clone()),
        };
        let files = Layered(files, versions.iter().map(version).collect());
        let image = Image::gunicorn();
        let what_if = [WhatIf {
            server: "gunicorn".into(),
            setting: "timeout".into(),
            layer: 5,
            path: "/app/g.py".into(),
            with: with.into(),
            without: "300".into(),
        }];
        let facts = Facts { what_if: &what_if, ..Facts::new(&image.config, &[], &image.servers, &files) };
        check(&facts).into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn a_replaced_file_speaks() {
        assert_eq!(
            says(&[(3, true), (5, true)], "20"),
            ["layer 5 (`RUN step 5`) replaces `/app/g.py` of layer 3: `timeout` is `20` instead of `300`"]
        );
        assert_eq!(
            says(&[(3, true), (5, false)], "30"),
            ["layer 5 (`RUN step 5`) deletes `/app/g.py` of layer 3: `timeout` is `30` instead of `300`"]
        );
    }

    #[test]
    fn the_first_version_and_an_equal_value_stay_silent() {
        assert_eq!(says(&[(5, true)], "20"), [] as [&str; 0]);
        assert_eq!(says(&[(3, false), (5, true)], "20"), [] as [&str; 0]);
        assert_eq!(says(&[(3, true), (5, true)], "300"), [] as [&str; 0]);
    }
}
