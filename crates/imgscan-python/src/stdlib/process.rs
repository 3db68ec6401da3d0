//! What the machine and the process are like: processors, host name, platform.

use imgscan_model::Need;

use super::native;
use super::os::symbolic;
use crate::interp::{Args, Interp, Res, Stop};
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
    match forced_count(interp) {
        Some(value) => value,
        None => counted(interp),
    }
}

/// What `PYTHON_CPU_COUNT` says (since 3.13, `Python/initconfig.c`), where it is set when the interpreter starts.
fn forced_count(interp: &Interp<'_>) -> Option<Value> {
    let text = interp.world.env.value("PYTHON_CPU_COUNT").filter(|_| interp.since(3, 13))?;
    if interp.version().is_none() || text.known().is_none() {
        return Some(Value::unknown("`PYTHON_CPU_COUNT` may say how many processors there are"));
    }
    match text.raw() {
        "" | "default" => None,
        said => Some(match said.parse::<u32>() {
            Ok(count) if count > 0 => Value::int(count),
            _ => Value::unknown("`PYTHON_CPU_COUNT` is no number"),
        }),
    }
}

/// The processors that the machine has.
fn counted(interp: &Interp<'_>) -> Value {
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

/// `os.sysconf(name)`: the processors, which is what `os.cpu_count` asks for (`posixmodule.c`), and what hangs on the
/// machine.
pub(super) fn sysconf(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let name = interp.only("sysconf", args)?;
    interp.expect_known(&name)?;
    match name.as_str() {
        Some("SC_NPROCESSORS_ONLN") => Ok(counted(interp)),
        Some(
            known @ ("SC_NPROCESSORS_CONF"
            | "SC_PAGE_SIZE"
            | "SC_PAGESIZE"
            | "SC_PHYS_PAGES"
            | "SC_AVPHYS_PAGES"),
        ) => {
            let text = format!("os.sysconf('{known}')");
            Ok(symbolic(&text, Some(Type::Int), Need::Other("the machine".into())))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown("this limit of the system is not followed")))),
    }
}

/// `os.uname()`: a tuple with names.
pub(super) fn uname(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [] = interp.params("uname", args, [], 0)?;
    let of_host = |field: &str, need| symbolic(&format!("os.uname().{field}"), Some(Type::Str), need);
    let kernel = || Need::Other("the host's kernel".into());
    let fields = [
        ("sysname", Value::str("Linux")),
        ("nodename", of_host("nodename", Need::Hostname)),
        ("release", of_host("release", kernel())),
        ("version", of_host("version", kernel())),
        ("machine", of_host("machine", Need::Other("the machine's architecture".into()))),
    ];
    let names = fields.iter().map(|(name, _)| crate::object::instance::Field::required(name)).collect();
    let class = interp.named_tuple_class(&"uname_result".into(), names, Some("posix".into()))?;
    let items: Vec<Value> = fields.into_iter().map(|(_, value)| value).collect();
    Ok(interp.new_instance(&class, Some(Value::tuple(items))))
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
