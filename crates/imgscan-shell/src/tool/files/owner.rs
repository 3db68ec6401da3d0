//! `chown`, `chgrp`.

use imgscan_model::Text;

use super::{Job, Ran, Tally, below, not_followed};
use crate::shell::user::Who;
use crate::tool::options;

/// `chown`, `chgrp`
pub(in crate::tool) fn chown(job: &mut Job<'_>) -> Ran {
    let long = ["recursive", "no-dereference", "from=", "reference=", "silent", "quiet"];
    let Some(parsed) = options::parse(job.args, "RhfLHPvc", "", &long) else { return not_followed(job) };
    let Some((owner, files)) = parsed.operands.split_first().filter(|_| !parsed.has(&["from", "reference"]))
    else {
        return Ran::Unsure;
    };
    if !job.shell.local.who.is_root() {
        // Somebody else may only give away what he owns to a group of his: that is not looked at.
        return Ran::Unsure;
    }
    let by_group = job.name == "chgrp";
    let text = if by_group { Text::concat([&job.new_text("0:"), owner]) } else { owner.clone() };
    let text = if text.raw().contains('.') && !text.raw().contains(':') { return Ran::Unsure } else { text };
    let who = Who::of(&text, &job.shell.world.files);
    let sets_group = text.raw().contains(':');
    let sets_user = !by_group && !text.raw().starts_with(':');
    if sets_user && who.uid.is_none() || sets_group && who.gid.is_none() {
        return Ran::Unsure;
    }
    let mut tally = Tally::default();
    for file in files {
        let follows = !parsed.has(&["h", "no-dereference"]);
        let Some(node) = tally.operand(job, file, follows) else { continue };
        let mut nodes = vec![node];
        if parsed.has(&["R", "recursive"]) {
            below(job, &mut nodes);
        }
        for node in nodes {
            let uid = who.uid.filter(|_| sets_user).unwrap_or(node.uid);
            let gid = who.gid.filter(|_| sets_group).unwrap_or(node.gid);
            if (uid, gid) != (node.uid, node.gid) {
                job.shell.world.files.set_owner(&node.path, uid, gid);
            }
        }
        job.shell.files_changed();
    }
    tally.ran()
}
