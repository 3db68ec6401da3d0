//! `install`.

use imgscan_model::{Text, path};

use super::copy::{copy_one, destination};
use super::dirs::make_dir;
use super::{Job, Ran, Tally, needs_a_directory, not_followed, octal, tells};
use crate::shell::disk::Found;
use crate::shell::user::Who;
use crate::tool::options::{self, Parsed};

/// `install -d`, `install source target`
pub(in crate::tool) fn install(job: &mut Job<'_>) -> Ran {
    let long = ["directory", "mode=", "owner=", "group="];
    let Some(parsed) = options::parse(job.args, "dDvpC", "mog", &long) else { return not_followed(job) };
    let Some(mode) = octal(parsed.value(&["m", "mode"])) else { return not_followed(job) };
    let mut tally = Tally::default();
    if parsed.has(&["v"]) {
        tells(job);
    }
    let owner = parsed.value(&["o", "owner"]).cloned();
    let group = parsed.value(&["g", "group"]).cloned();
    let mut made: Vec<String> = Vec::new();
    if parsed.has(&["d", "directory"]) {
        for operand in &parsed.operands {
            make_dir(job, operand, true, Some(mode.unwrap_or(0o755)), &mut tally);
            made.extend(operand.known().map(str::to_owned));
        }
    } else {
        let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
            return Ran::Status(1);
        };
        if parsed.has(&["D"])
            && let Some(known) = target.known().filter(|t| !t.ends_with('/'))
        {
            let parent = target.respelled(path::parent(known));
            make_dir(job, &parent, true, None, &mut tally);
        }
        if needs_a_directory(job, sources, target) {
            tally.fail(job, &target.display(), "it is no directory");
            return tally.ran();
        }
        let plain = Parsed::default();
        for source in sources {
            copy_one(job, source, target, &plain, &mut tally);
            let name = path::name(source.raw()).to_owned();
            if let Some((Found::Node(node), _)) = destination(job, target, &name, false) {
                made.push(node.path.to_string());
                job.shell.world.files.set_mode(&node.path, mode.unwrap_or(0o755));
            }
        }
    }
    if owner.is_some() || group.is_some() {
        let user = owner.unwrap_or_else(|| job.new_text("0"));
        let text = match group {
            Some(group) => Text::concat([&user, &job.new_text(":"), &group]),
            None => user,
        };
        let who = Who::of(&text, &job.shell.world.files);
        match (who.uid, who.gid) {
            (Some(uid), Some(gid)) => {
                for path in &made {
                    if let Found::Node(node) = job.shell.find(path, true) {
                        job.shell.world.files.set_owner(&node.path, uid, gid);
                    }
                }
            }
            _ => tally.unsure = true,
        }
    }
    job.shell.files_changed();
    tally.ran()
}
