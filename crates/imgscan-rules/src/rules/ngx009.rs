use imgscan_model::{Finding, Scope, Server, path};

use crate::Facts;
use crate::nginx::{is_stock, nginxes, rows};

rule! {
    /// ## What it finds
    ///
    /// The packaged `default.conf` is still active and answers for every request whose host name is not the one of your
    /// server.
    ///
    /// ## Why it matters
    ///
    /// Without `default_server` the first server of an address is its default, and files are read in the order of their
    /// names: `default.conf` before `web.conf`. A request by IP address, by another name, or of a health check gets
    /// "Welcome to nginx!", and the limits read before the server is chosen are those of the stock file.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM nginx
    /// COPY web.conf /etc/nginx/conf.d/
    /// ```
    ///
    /// ## How to fix
    ///
    /// `RUN rm /etc/nginx/conf.d/default.conf`, or overwrite it with your own.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx#422, nginx/docker-nginx#580
    DefaultServerActive = "NGX009", "default-server-active", Medium, "The packaged default server answers beside yours"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    nginxes(facts).filter_map(|server| finding(facts, server)).collect()
}

fn finding(facts: &Facts<'_>, nginx: &Server) -> Option<Finding> {
    let is_server =
        |s: &&Scope| s.location.is_none() && s.path.last().is_some_and(|p| p.starts_with("server"));
    let servers: Vec<&Scope> = nginx.scopes.iter().filter(is_server).collect();
    let of_package = |s: &&&Scope| s.origin.path().is_some_and(|path| is_stock(facts.files, path));
    let (stock, stock_at) = servers.iter().zip(0..).find(|(s, _)| of_package(s))?;
    // One that would be the default of an address which the stock server has instead.
    let robbed = servers.iter().zip(0..).find(|(own, own_at)| {
        !of_package(own)
            && shared(stock, own)
                .is_some_and(|address| answers_first(stock, own, address, stock_at < *own_at))
    });
    let (own, _) = robbed?;
    let address = shared(stock, own)?;
    let path = stock.origin.path()?;
    let draft = DefaultServerActive::META
        .finds(format!(
            "the packaged server of `{path}` answers every request to `{address}` that does not name `{}`",
            own.server_names.first().map_or("your server", String::as_str)
        ))
        .about(nginx)
        .at(&stock.origin, "answers by default")
        .see(&own.origin, "your server")
        .help(format!("delete it: RUN rm {}", included_as(facts, nginx, path)));
    Some(draft.into())
}

/// The name under which a file is included: Debian links `sites-enabled/default` to `sites-available/default`.
fn included_as(facts: &Facts<'_>, nginx: &Server, path: &str) -> String {
    let globs = nginx.config_files.iter().filter(|f| &*f.path == path).filter_map(|f| f.asked.as_deref());
    let links = globs.map(|glob| path::join("/", &format!("{}/{}", path::parent(glob), path::name(path))));
    let is_link = |link: &String| facts.files.resolve(link).is_ok_and(|node| &*node.path == path);
    links.into_iter().find(is_link).unwrap_or_else(|| path.to_owned())
}

/// An address that both listen on.
fn shared<'a>(a: &'a Scope, b: &Scope) -> Option<&'a str> {
    let of_b = |address: &str| b.listen.iter().any(|l| l.address == address);
    a.listen.iter().map(|l| l.address.as_str()).find(|address| of_b(address))
}

/// Whether the stock server is the default of an address and not the other: by `default_server`, else by its order.
fn answers_first(stock: &Scope, own: &Scope, address: &str, is_before: bool) -> bool {
    if is_default(own, address) { false } else { is_default(stock, address) || is_before }
}

/// Whether a `listen` of this port says `default_server`.
fn is_default(scope: &Scope, address: &str) -> bool {
    let port = address.rsplit(':').next().unwrap_or(address);
    let lines = scope.settings.get("listen").and_then(|s| s.value().known()).map(rows).unwrap_or_default();
    lines.iter().any(|words| {
        let names_it = words.first().is_some_and(|w| w.rsplit(':').next() == Some(port));
        names_it && words.iter().any(|w| *w == "default_server" || *w == "default")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file, location, ngx};
    use imgscan_model::testing::MemoryFiles;
    use imgscan_model::{ConfigFileStatus, Data, Setting};

    fn server(path: &str, name: &str, listen: &[&str]) -> Scope {
        let mut scope = location("/", &[]);
        scope.id = format!("http/server:{}", name.len());
        scope.path.pop();
        scope.location = None;
        scope.server_names = vec![name.into()];
        scope.origin = in_file(path, Some(1));
        let words = Data::List(vec![Data::List(listen.iter().map(|w| Data::from(*w)).collect())]);
        scope.settings.insert("listen".into(), Setting::new(ngx(words, 2), vec![]));
        scope
    }

    fn image(servers: Vec<Scope>) -> Image {
        let mut image = Image::nginx().with(|i| i.servers[0].scopes = servers);
        image.files = MemoryFiles::new()
            .layer(1, "RUN apt-get install nginx")
            .file("/etc/nginx/mime.types", "")
            .file("/etc/nginx/conf.d/default.conf", "")
            .layer(4, "COPY web.conf /etc/nginx/conf.d/")
            .file("/etc/nginx/conf.d/web.conf", "")
            .file("/etc/nginx/conf.d/app.conf", "");
        image
    }

    const STOCK: &str = "/etc/nginx/conf.d/default.conf";

    #[test]
    fn a_stock_server_before_ones_own_speaks() {
        let servers = vec![
            server(STOCK, "localhost", &["80"]),
            server("/etc/nginx/conf.d/web.conf", "example.com", &["80"]),
        ];
        assert_eq!(
            image(servers).says(&DefaultServerActive),
            [
                "the packaged server of `/etc/nginx/conf.d/default.conf` answers every request to `0.0.0.0:80` that does not \
              name `example.com`"
            ]
        );
    }

    #[test]
    fn of_a_linked_site_the_link_is_to_go() {
        const SITE: &str = "/etc/nginx/sites-available/default";
        let servers =
            vec![server(SITE, "_", &["80"]), server("/etc/nginx/conf.d/web.conf", "example.com", &["80"])];
        let mut image =
            image(servers).config_file(SITE, ConfigFileStatus::Loaded, Some("/etc/nginx/sites-enabled/*"));
        image.files = image
            .files
            .layer(1, "RUN apt-get install nginx")
            .file(SITE, "")
            .link("/etc/nginx/sites-enabled/default", SITE);
        let findings = image.findings(&DefaultServerActive);
        assert_eq!(findings[0].help.as_deref(), Some("delete it: RUN rm /etc/nginx/sites-enabled/default"));
    }

    #[test]
    fn ones_own_default_server_and_the_stock_server_alone_stay_silent() {
        let own = |words: &[&str]| server("/etc/nginx/conf.d/web.conf", "example.com", words);
        let stock = || server(STOCK, "localhost", &["80"]);
        assert_eq!(
            image(vec![stock(), own(&["80", "default_server"])]).says(&DefaultServerActive),
            [] as [&str; 0]
        );
        assert_eq!(image(vec![own(&["80"]), stock()]).says(&DefaultServerActive), [] as [&str; 0]);
        assert_eq!(image(vec![stock()]).says(&DefaultServerActive), [] as [&str; 0]);
        let mut elsewhere = own(&["8080"]);
        elsewhere.listen[0].address = "0.0.0.0:8080".into();
        assert_eq!(image(vec![stock(), elsewhere]).says(&DefaultServerActive), [] as [&str; 0]);
    }
}
