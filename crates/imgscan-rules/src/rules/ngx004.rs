use imgscan_model::{Finding, Server};

use crate::Facts;
use crate::nginx::{Template, is_stock, is_written, nginxes, templates};

rule! {
    /// ## What it finds
    ///
    /// The start renders a template over a file of the same name that somebody has put into the image.
    ///
    /// ## Why it matters
    ///
    /// The file is never used, and a change of it has no effect. A packaged file that a template replaces
    /// (`default.conf`) is what people mean, and no finding.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// COPY app.conf /etc/nginx/conf.d/
    /// COPY app.conf.template /etc/nginx/templates/
    /// ```
    ///
    /// ## How to fix
    ///
    /// Delete one of the two, or rename it.
    ///
    /// ## References
    ///
    /// - [nginx image: environment variables in configuration](https://hub.docker.com/_/nginx)
    TemplateOverwritesFile = "NGX004", "template-overwrites-file", Medium, "A rendered template replaces a file of the same name"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        findings.extend(templates(facts, server).iter().filter_map(|t| finding(facts, server, t)));
    }
    findings
}

fn finding(facts: &Facts<'_>, server: &Server, template: &Template) -> Option<Finding> {
    let below = facts.files.entry(&template.output).filter(|node| !node.is_dir())?;
    if !is_written(server, &template.output) || is_stock(facts.files, &template.output) {
        return None;
    }
    let source = facts.files.entry(&template.path)?;
    let draft = TemplateOverwritesFile::META
        .finds(format!(
            "`{}` of the image is never used: the start renders `{}` over it",
            template.output, template.path
        ))
        .about(server)
        .at(&below.origin, "replaced at every start")
        .see(&source.origin, "rendered over it")
        .help("delete one of the two, or rename it");
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file};
    use crate::nginx::RENDERER;
    use imgscan_model::testing::MemoryFiles;
    use imgscan_model::{StartFiles, Text};

    fn image(layer: u32) -> Image {
        let files = MemoryFiles::new()
            .layer(1, "RUN apt-get install nginx")
            .file("/etc/nginx/mime.types", "")
            .executable(RENDERER, "#!/bin/sh\n")
            .layer(layer, "COPY app.conf /etc/nginx/conf.d/")
            .file("/etc/nginx/conf.d/app.conf", "")
            .layer(5, "COPY templates /etc/nginx/templates")
            .file("/etc/nginx/templates/app.conf.template", "");
        let mut started = StartFiles::over(files.clone().shared());
        let by = in_file(RENDERER, None);
        started.write("/etc/nginx/conf.d/app.conf", Text::new("", by.clone()), 0o644, by);
        let mut image = Image::nginx();
        image.files = files;
        image.servers[0].process.files = std::sync::Arc::new(started);
        image
    }

    #[test]
    fn a_file_that_is_rendered_over_speaks() {
        assert_eq!(
            image(4).says(&TemplateOverwritesFile),
            ["`/etc/nginx/conf.d/app.conf` of the image is never used: the start renders \
              `/etc/nginx/templates/app.conf.template` over it"]
        );
    }

    #[test]
    fn a_packaged_file_and_a_template_that_is_not_rendered_stay_silent() {
        assert_eq!(image(1).says(&TemplateOverwritesFile), [] as [&str; 0]);
        let mut unrendered = image(4);
        unrendered.servers[0].process.files = unrendered.files.clone().shared();
        assert_eq!(unrendered.says(&TemplateOverwritesFile), [] as [&str; 0]);
    }
}
