//! What the machine and the process are like: processors, host name, platform.

use imgscan_model::Need;

use super::native;
use super::os::symbolic;
use crate::interp::{Args, Interp, Res};
use crate::object::{Kind, Level, Native, Symbolic, Type, Value};

pub(super) static FUNCTIONS: [Native; 16] = [
    native("multiprocessing", "cpu_count", cpu_count),
    native("psutil", "cpu_count", psutil_cpu_count),
    native("platform", "system", system),
    native("platform", "node", hostname),
    native("platform", "machine", machine),
    native("platform", "processor", machine),
    native("platform", "python_implementation", implementation),
    native("platform", "python_version", python_version),
    native("platform", "python_version_tuple", unsure),
    native("platform", "platform", kernel),
    native("platform", "release", kernel),
    native("platform", "version", kernel),
    native("platform", "uname", unsure),
    native("socket", "gethostname", hostname),
    native("socket", "getfqdn", hostname),
    native("multiprocessing", "set_start_method", nothing),
];

/// The number of processors: as given, else symbolic and at least one.
pub(super) fn cpu_count(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    if !args.positional.is_empty() || !args.keywords.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    Ok(processors(interp))
}

fn processors(interp: &Interp<'_>) -> Value {
    match interp.world.cpus {
        Some(count) => Value::int(count),
        None => Value::symbolic(
            Symbolic::new("cpu_count()", Level::Atom, Some(Type::Int), [Need::CpuCount]).at_least(1),
        ),
    }
}

/// `psutil.cpu_count(logical=True)`
fn psutil_cpu_count(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [logical] = interp.params("cpu_count", args, ["logical"], 0)?;
    match interp.flag(logical.as_ref(), true)? {
        true => Ok(processors(interp)),
        false => {
            let need = Need::Other("the number of processor cores".into());
            Ok(Value::symbolic(Symbolic::new("psutil.cpu_count(logical=False)", Level::Atom, None, [need])))
        }
    }
}

/// `os.sched_getaffinity(pid)`: a set with a number for each processor.
pub(super) fn affinity(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(_)] = interp.params("sched_getaffinity", args, ["$"], 1)? else { return Ok(Value::none()) };
    match interp.world.cpus {
        Some(count) if count <= 4_096 => {
            let items = (0..count).map(Value::int).collect();
            crate::builtins::make_set(interp, items, false)
        }
        _ => Ok(Value::symbolic(Symbolic::new(
            "os.sched_getaffinity(0)",
            Level::Atom,
            Some(Type::Set),
            [Need::CpuCount],
        ))),
    }
}

/// Containers run on Linux.
fn system(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::str("Linux"))
}

fn hostname(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("socket.gethostname()", Some(Type::Str), Need::Hostname))
}

fn machine(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("platform.machine()", Some(Type::Str), Need::Other("the machine's architecture".into())))
}

fn kernel(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("platform.release()", Some(Type::Str), Need::Other("the host's kernel".into())))
}

fn implementation(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic(
        "platform.python_implementation()",
        Some(Type::Str),
        Need::Other("the Python in the image".into()),
    ))
}

fn python_version(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("platform.python_version()", Some(Type::Str), Need::Other("the Python in the image".into())))
}

fn unsure(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::unknown("only the run time knows it"))
}

fn nothing(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::new(Kind::None))
}
