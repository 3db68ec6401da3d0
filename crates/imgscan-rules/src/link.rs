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
