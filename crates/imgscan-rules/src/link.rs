//! nginx and the application server of the same image that it passes to.

use imgscan_model::Server;

use crate::Facts;
use crate::address::{Address, listeners};
use crate::draft::{refuses, serving};
use crate::nginx::{Pass, nginxes, passes};

/// A pass and the server of the image that it reaches.
pub(crate) struct Link<'a> {
    pub(crate) pass: Pass<'a>,
    pub(crate) app: &'a Server,
    /// The address on which they meet.
    pub(crate) address: Address,
}

/// Links of which several say the same: the first of each key, with the number of the others. Links without a key are
/// left out.
pub(crate) fn grouped<'a, K: PartialEq>(
    links: Vec<Link<'a>>,
    key: impl Fn(&Link<'a>) -> Option<K>,
) -> Vec<(Link<'a>, usize)> {
    let mut groups: Vec<(K, Link<'a>, usize)> = Vec::new();
    for link in links {
        let Some(key) = key(&link) else { continue };
        match groups.iter_mut().find(|(k, _, _)| *k == key) {
            Some((_, _, more)) => *more += 1,
            None => groups.push((key, link, 0)),
        }
    }
    groups.into_iter().map(|(_, link, more)| (link, more)).collect()
}

/// The place of a link for people, with the number of others.
pub(crate) fn places(link: &Link<'_>, more: usize) -> String {
    match more {
        0 => link.pass.place(),
        1 => format!("{} (and 1 more place)", link.pass.place()),
        n => format!("{} (and {n} more places)", link.pass.place()),
    }
}

/// All passes that reach an application server of the image.
pub(crate) fn links<'a>(facts: &Facts<'a>) -> Vec<Link<'a>> {
    let apps: Vec<(&Server, Vec<Address>)> = serving(facts)
        .filter(|s| s.name != "nginx" && !refuses(s))
        .filter_map(|server| Some((server, listeners(server)?)))
        .collect();
    let mut links = Vec::new();
    for nginx in nginxes(facts) {
        for pass in passes(nginx) {
            let met = pass.addresses().iter().find_map(|to| {
                let (app, _) = apps.iter().find(|(_, on)| on.iter().any(|on| to.reaches(on)))?;
                Some((*app, to.clone()))
            });
            if let Some((app, address)) = met {
                links.push(Link { pass, app, address });
            }
        }
    }
    links
}
