"""Asks an installed gunicorn for its table of settings and prints it as JSON.

Run by `cargo xtask gunicorn-settings`, once per version: argv[1] is the directory the version is installed in. Every
answer comes from gunicorn's own objects. Which defaults hang on the environment is found by trying: each variable
that the import of `gunicorn.config` asks for is set, and what then differs hangs on it.
"""

import json
import os
import subprocess
import sys
import warnings

# What a probe sets, by variable: a value that the default's own conversion accepts.
PROBES = {"WEB_CONCURRENCY": "7", "PORT": "7", "FORWARDED_ALLOW_IPS": "7.7.7.7", "XDG_RUNTIME_DIR": "/", "HOME": "/7"}


def plain(value):
    """A value as JSON; an object that is only a name becomes `{"python": name}`."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if callable(value):
        return {"python": value.__qualname__}
    return {"python": str(value), "type": type(value).__name__}


def validator(setting):
    """The validator's name, with the arity that a callable is checked for."""
    check = setting.validator
    cells = check.__closure__ or ()
    arity = [c.cell_contents for c in cells if isinstance(c.cell_contents, int)]
    return check.__name__.lstrip("_") + ("(%d)" % arity[0] if arity else "")


def table(directory):
    sys.path.insert(0, directory)
    asked = []
    environ = type(os.environ)
    ask = environ.__getitem__
    import gunicorn.util  # what the rest of the import asks for is no default's business

    def listen(self, key):
        asked.append(key)
        return ask(self, key)

    environ.__getitem__ = listen
    from gunicorn import config

    environ.__getitem__ = ask
    made = config.make_settings()
    parser = config.Config("usage", prog="gunicorn").parser()
    order = [a.dest for a in parser._actions if a.dest in made]
    order += [s.name for s in config.KNOWN_SETTINGS if s.name not in order]
    rows = []
    for name in order:
        setting = made[name]
        kind = setting.type.__name__ if setting.type and setting.cli else None
        rows.append({
            "name": name, "flags": list(setting.cli or ()), "metavar": setting.meta,
            "action": setting.action or "store", "nargs": setting.nargs, "const": setting.const, "type": kind,
            "validator": validator(setting), "default": plain(setting.default), "stored": plain(setting.value),
        })
    return rows, sorted(set(asked))


def answer(directory, env):
    done = subprocess.run([sys.executable, "-W", "ignore", __file__, directory, "--once"], env=env, cwd="/",
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main():
    warnings.simplefilter("ignore")
    if "--once" in sys.argv:
        json.dump(table(sys.argv[1]), sys.stdout)
        return
    bare = {"HOME": "/root", "PATH": os.environ.get("PATH", "")}
    rows, asked = answer(sys.argv[1], bare)
    unknown = [name for name in asked if name not in PROBES and name not in ("PATH", "PWD")]
    if unknown:
        sys.exit("gunicorn asks for variables that this script does not know: %s" % ", ".join(unknown))
    hangs_on = {}
    for name in sorted(set(asked) & set(PROBES)):
        probed, _ = answer(sys.argv[1], dict(bare, **{name: PROBES[name]}))
        for row, other in zip(rows, probed):
            if row["stored"] != other["stored"]:
                hangs_on.setdefault(row["name"], []).append(name)
    for row in rows:
        row["from"] = hangs_on.get(row["name"], [])
    json.dump(rows, sys.stdout)


main()
