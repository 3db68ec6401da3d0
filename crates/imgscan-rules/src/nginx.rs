//! nginx for rules: who is passed to, what is stock, which templates there are.

use std::collections::HashMap;

use imgscan_model::{Data, FileView, Origin, Scope, Server, Setting, Source, path};

use crate::Facts;
use crate::address::Address;
use crate::draft::serving;

/// The nginxes that stay and serve.
pub(crate) fn nginxes<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    serving(facts).filter(|s| s.name == "nginx")
}

/// A `proxy_pass` or one of its kin.
pub(crate) struct Pass<'a> {
    pub(crate) server: &'a Server,
    pub(crate) scope: &'a Scope,
    /// `proxy_pass`, `uwsgi_pass` …
    pub(crate) directive: &'a str,
    pub(crate) origin: &'a Origin,
    pub(crate) to: Target<'a>,
}

/// Where a pass leads.
pub(crate) enum Target<'a> {
    /// An address that is written there.
    Address(Address),
    /// The members of an `upstream` block.
    Upstream(Vec<Address>, &'a Scope),
}

impl Pass<'_> {
    /// The prefix of the directives that count for it: `proxy`, `uwsgi` …
    pub(crate) fn family(&self) -> &str {
        self.directive.strip_suffix("_pass").unwrap_or(self.directive)
    }

    /// Every address that it may connect to.
    pub(crate) fn addresses(&self) -> &[Address] {
        match &self.to {
            Target::Address(one) => std::slice::from_ref(one),
            Target::Upstream(all, _) => all,
        }
    }

    /// The scope for people: `location /upload of server example.com`.
    pub(crate) fn place(&self) -> String {
        place(self.scope)
    }
}

/// A scope for people, innermost first.
pub(crate) fn place(scope: &Scope) -> String {
    let steps: Vec<String> = scope
        .path
        .iter()
        .rev()
        .filter(|step| !matches!(step.as_str(), "http" | "main"))
        .map(|step| format!("`{step}`"))
        .collect();
    steps.join(" of ")
}

const PASSES: [&str; 5] = ["proxy_pass", "uwsgi_pass", "fastcgi_pass", "scgi_pass", "grpc_pass"];

/// All passes of an nginx whose target is known: without a variable in it.
pub(crate) fn passes(server: &Server) -> Vec<Pass<'_>> {
    let mut upstreams: HashMap<&str, &Scope> = HashMap::new();
    for scope in &server.scopes {
        if let Some(name) = scope.path.last().and_then(|step| step.strip_prefix("upstream ")) {
            upstreams.entry(name).or_insert(scope);
        }
    }
    let of = |scope| {
        let upstreams = &upstreams;
        PASSES.iter().filter_map(move |directive| pass(server, scope, directive, upstreams))
    };
    server.scopes.iter().flat_map(of).collect()
}

fn pass<'a>(
    server: &'a Server,
    scope: &'a Scope,
    directive: &'a str,
    upstreams: &HashMap<&str, &'a Scope>,
) -> Option<Pass<'a>> {
    let setting = scope.settings.get(directive)?;
    let written = setting.value().known()?.as_str()?;
    let to = target(upstreams, directive, written)?;
    Some(Pass { server, scope, directive, origin: setting.winner().origin(), to })
}

fn target<'a>(upstreams: &HashMap<&str, &'a Scope>, directive: &str, written: &str) -> Option<Target<'a>> {
    if written.contains('$') {
        return None;
    }
    let (rest, port) = match written.split_once("://") {
        Some(("http" | "grpc", rest)) => (rest, 80),
        Some(("https" | "grpcs", rest)) => (rest, 443),
        Some(_) | None => (written, 80),
    };
    let is_url = directive == "proxy_pass";
    let authority = match rest.strip_prefix("unix:") {
        // `http://unix:/path:/uri`
        Some(socket) if is_url => format!("unix:{}", socket.split(':').next().unwrap_or(socket)),
        Some(_) => rest.to_owned(),
        None => rest.split('/').next().unwrap_or(rest).to_owned(),
    };
    match upstreams.get(authority.as_str()) {
        Some(block) => Some(Target::Upstream(members(block), block)),
        None => Address::parse(&authority, port).map(Target::Address),
    }
}

/// The addresses of an upstream's `server` lines that are in use.
fn members(block: &Scope) -> Vec<Address> {
    let lines = block.settings.get("server").and_then(|s| s.value().known()).map(rows).unwrap_or_default();
    let used = lines.iter().filter(|words| !words.contains(&"down"));
    used.filter_map(|words| Address::parse(words.first()?, 80)).collect()
}

/// The argument lists of a directive that accumulates; one list where it stands once.
pub(crate) fn rows(data: &Data) -> Vec<Vec<&str>> {
    let Some(items) = data.as_list() else { return data.as_str().map(|s| vec![s]).into_iter().collect() };
    if items.iter().all(|item| matches!(item, Data::Str(_))) {
        return vec![items.iter().filter_map(Data::as_str).collect()];
    }
    items
        .iter()
        .map(|row| row.as_list().unwrap_or_default().iter().filter_map(Data::as_str).collect())
        .collect()
}

/// Whether an include's word is a pattern (`ngx_conf_include`: `strpbrk(name, "*?[")`).
pub(crate) fn is_glob(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

/// The scope that a scope stands in: outer ones are listed before inner ones, mostly right before them.
pub(crate) fn parent<'a>(server: &'a Server, scope: &Scope) -> Option<&'a Scope> {
    let (above, _) = scope.id.rsplit_once('/')?;
    let at = server.scopes.iter().position(|s| std::ptr::eq(s, scope)).unwrap_or(server.scopes.len());
    server.scopes.iter().take(at).rfind(|s| s.id == above)
}

/// Whether a setting is set in this scope itself, not inherited and not a default.
pub(crate) fn is_own(server: &Server, scope: &Scope, name: &str, setting: &Setting) -> bool {
    if setting.winner().source == Source::Default {
        return false;
    }
    let outer = parent(server, scope).and_then(|outer| outer.settings.get(name));
    outer.is_none_or(|outer| outer.winner().origin() != setting.winner().origin())
}

/// Whether a file came with nginx's package: it stands in the layer that brought `mime.types` into its directory tree.
/// In a tree without layers, whether Debian's package manager lists it.
pub(crate) fn is_stock(files: &dyn FileView, path: &str) -> bool {
    let layer = |path: &str| files.entry(path).and_then(|node| node.origin.layer());
    if layer(path).is_none() {
        return is_packaged(files, path);
    }
    let mut dir = path::parent(path);
    loop {
        if let Some(package) = layer(&path::join(dir, "mime.types")) {
            return layer(path) == Some(package);
        }
        if dir == "/" {
            return false;
        }
        dir = path::parent(dir);
    }
}

/// Whether a package of nginx lists a path (`/var/lib/dpkg/info/nginx-common.list` and the like: a path a line).
fn is_packaged(files: &dyn FileView, path: &str) -> bool {
    const LISTS: &str = "/var/lib/dpkg/info";
    let names = files.children(LISTS);
    let lists = names
        .iter()
        .filter(|n| (n.starts_with("nginx") || n.starts_with("libnginx")) && n.ends_with(".list"));
    lists
        .filter_map(|name| files.content(&path::join(LISTS, name)).ok())
        .any(|list| list.known().is_some_and(|text| text.lines().any(|line| line == path)))
}

/// A template of the official image's start-up script.
pub(crate) struct Template {
    /// Its path.
    pub(crate) path: String,
    /// Where the script would write it.
    pub(crate) output: String,
}

/// The script of the official image that renders templates.
pub(crate) const RENDERER: &str = "/docker-entrypoint.d/20-envsubst-on-templates.sh";

/// The templates that the official image's script would render, by its own rules (`20-envsubst-on-templates.sh`:
/// directories and suffix from the environment, the tree below mirrored). Empty where the script is not in the image.
pub(crate) fn templates(facts: &Facts<'_>, server: &Server) -> Vec<Template> {
    if facts.files.entry(RENDERER).is_none() {
        return Vec::new();
    }
    let set = |name: &str, default: &str| {
        let value = server.process.env.value(name).and_then(|v| v.known()).filter(|v| !v.is_empty());
        value.unwrap_or(default).to_owned()
    };
    let dir = set("NGINX_ENVSUBST_TEMPLATE_DIR", "/etc/nginx/templates");
    let suffix = set("NGINX_ENVSUBST_TEMPLATE_SUFFIX", ".template");
    let output = set("NGINX_ENVSUBST_OUTPUT_DIR", "/etc/nginx/conf.d");
    let dir = dir.trim_end_matches('/');
    let mut found = Vec::new();
    facts.files.for_each_below(dir, &mut |node| {
        let below = node.path.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/'));
        if let Some(name) = below.filter(|_| !node.is_dir()).and_then(|below| below.strip_suffix(&suffix)) {
            found.push(Template { path: node.path.to_string(), output: path::join(&output, name) });
        }
    });
    found
}

/// Whether the start writes a file, perhaps with a content that is not known.
pub(crate) fn is_written(server: &Server, path: &str) -> bool {
    server.process.files.entry(path).is_some_and(|node| node.generated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::testing::MemoryFiles;

    #[test]
    fn what_came_with_the_package_is_stock() {
        let files = MemoryFiles::new()
            .layer(1, "RUN apt-get install nginx")
            .file("/etc/nginx/mime.types", "")
            .file("/etc/nginx/conf.d/default.conf", "")
            .layer(4, "COPY app.conf /etc/nginx/conf.d/")
            .file("/etc/nginx/conf.d/app.conf", "")
            .file("/srv/x.conf", "");
        assert!(is_stock(&files, "/etc/nginx/conf.d/default.conf"));
        assert!(!is_stock(&files, "/etc/nginx/conf.d/app.conf"));
        assert!(!is_stock(&files, "/srv/x.conf"));
    }

    #[test]
    fn argument_lists_come_in_two_shapes() {
        let words = |words: &[&str]| Data::List(words.iter().map(|w| Data::from(*w)).collect());
        assert_eq!(rows(&words(&["a", "b"])), [["a", "b"]]);
        assert_eq!(rows(&Data::List(vec![words(&["a"]), words(&["b", "c"])])), [vec!["a"], vec!["b", "c"]]);
    }
}
