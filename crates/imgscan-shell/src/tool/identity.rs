//! Who and where: `id`, `whoami`, `uname`, `getconf`.

use imgscan_model::{Need, Shape};

use super::options;
use super::{Job, Ran};

fn line(job: &mut Job<'_>, text: &str) -> Ran {
    let text = job.new_text(&format!("{text}\n"));
    job.out(text);
    Ran::Status(0)
}

/// `id -u`, `-g`, `-un`
pub(super) fn id(job: &mut Job<'_>) -> Ran {
    let parsed = options::parse(job.args, "ugnrG", "", &["user", "group", "name", "real"]);
    let Some(parsed) = parsed else { return Ran::Unknown("options of `id` are not followed".into()) };
    let who = match parsed.operands.as_slice() {
        [] => (*job.shell.local.who).clone(),
        [name] => {
            let who = crate::shell::user::Who::of(name, &job.shell.world.files);
            let known = name.known().is_some();
            if known && who.uid.is_none() {
                job.shell.complain();
                return Ran::Status(1);
            }
            who
        }
        _ => return Ran::Unknown("it is called in a way that is not followed".into()),
    };
    let name = parsed.has(&["n", "name"]);
    let user = parsed.has(&["u", "user"]);
    let group = parsed.has(&["g", "group"]);
    let need = || Need::Other("user".into());
    match (user, group, name) {
        (true, false, false) => match who.uid {
            Some(uid) => line(job, &uid.to_string()),
            None => job.symbol(Shape::Number, need()),
        },
        (false, true, false) => match who.gid {
            Some(gid) => line(job, &gid.to_string()),
            None => job.symbol(Shape::Number, need()),
        },
        (true, false, true) => match who.name {
            Some(name) => line(job, &name),
            None => job.symbol(Shape::Word, need()),
        },
        _ => Ran::Unknown("groups are not followed".into()),
    }
}

/// `whoami`
pub(super) fn whoami(job: &mut Job<'_>) -> Ran {
    match (job.shell.local.who.name.clone(), job.shell.local.who.uid) {
        (Some(name), _) => line(job, &name),
        (None, Some(_)) => {
            job.shell.complain();
            Ran::Status(1)
        }
        (None, None) => job.symbol(Shape::Word, Need::Other("user".into())),
    }
}

/// `uname`
pub(super) fn uname(job: &mut Job<'_>) -> Ran {
    match job.args {
        [] => line(job, "Linux"),
        [option] => match option.known() {
            Some("-s") => line(job, "Linux"),
            Some("-o") => job.symbol(Shape::Word, Need::Other("operating system".into())),
            Some("-m" | "-p" | "-i") => job.symbol(Shape::Word, Need::Other("machine".into())),
            Some("-n") => job.symbol(Shape::Word, Need::Hostname),
            Some("-r") => job.symbol(Shape::Word, Need::Other("kernel".into())),
            _ => job.symbol(Shape::Any, Need::Other("kernel".into())),
        },
        _ => job.symbol(Shape::Any, Need::Other("kernel".into())),
    }
}

/// `getconf NAME`
pub(super) fn getconf(job: &mut Job<'_>) -> Ran {
    match job.args {
        [name] => match name.known() {
            Some("_NPROCESSORS_ONLN" | "NPROCESSORS_ONLN" | "_NPROCESSORS_CONF" | "NPROCESSORS_CONF") => {
                match job.shell.cpus {
                    Some(cpus) => line(job, &cpus.to_string()),
                    None => job.symbol(Shape::Number, Need::CpuCount),
                }
            }
            Some("PAGESIZE" | "PAGE_SIZE" | "LONG_BIT") => {
                job.symbol(Shape::Number, Need::Other("machine".into()))
            }
            _ => Ran::Unknown("it is known at run time only".into()),
        },
        _ => Ran::Unknown("it is known at run time only".into()),
    }
}
