"""Runs programs given as JSON lines and answers what their names hold, as the tests show it.

{"source", "env", "cpus", "texts", "root"} -> {"names": [[name, shown]], "error": line or null, "exit": status or null,
"texts": {expression: shown}} where "texts" are expressions to evaluate in the end, and
"root" is the directory of the program.
"""

import contextlib
import decimal
import enum
import io
import json
import math
import multiprocessing
import os
import re
import shlex
import signal
import sys
import traceback
import types


def number(x):
    if x != x:
        return "nan"
    if x in (float("inf"), float("-inf")):
        return "inf" if x > 0 else "-inf"
    sign, digits, exponent = decimal.Decimal(repr(x)).as_tuple()
    digits = list(digits)
    while len(digits) > 1 and digits[-1] == 0:
        digits.pop()
        exponent += 1
    while len(digits) > 1 and digits[0] == 0:
        digits.pop(0)
    if digits == [0]:
        return "-0e0" if sign else "0e0"
    exponent += len(digits) - 1
    rest = "".join(map(str, digits[1:]))
    return "%s%d%s%se%d" % ("-" if sign else "", digits[0], "." if rest else "", rest, exponent)


def quoted(text):
    out = ["'"]
    for c in text:
        if c == "\\":
            out.append("\\\\")
        elif c == "'":
            out.append("\\'")
        elif " " <= c <= "~":
            out.append(c)
        else:
            out.append("\\u{%x}" % ord(c))
    return "".join(out) + "'"


def show(value, depth=0):
    if depth > 50:
        return "deep"
    kind = type(value)
    if value is None or kind is bool:
        return str(value)
    if kind is int:
        return str(value)
    if kind is float:
        return number(value)
    if kind is str:
        return quoted(value)
    if isinstance(value, enum.Enum) and isinstance(value, int) and kind.__module__ in ("ssl", "signal"):
        return str(int(value))
    if kind is bytes:
        return "bytes:" + value.hex()
    if kind is list:
        return "[%s]" % ", ".join(show(v, depth + 1) for v in value)
    if isinstance(value, tuple):
        shown = ", ".join(show(v, depth + 1) for v in value)
        return "(%s,)" % shown if len(value) == 1 else "(%s)" % shown
    if kind in (set, frozenset):
        return "set(%s)" % ", ".join(sorted(show(v, depth + 1) for v in value))
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (show(k, depth + 1), show(v, depth + 1)) for k, v in value.items())
    if isinstance(value, type):
        return "<class %s>" % value.__qualname__
    if isinstance(value, types.ModuleType):
        return "<module %s>" % {"posixpath": "os.path"}.get(value.__name__, value.__name__)
    if kind.__name__ == "_lru_cache_wrapper":
        return "<function %s>" % value.__qualname__
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return "<function %s>" % value.__qualname__
    return "<%s>" % kind.__name__


SYSCONF = os.sysconf
STANDARD_PATH = [p for p in sys.path[1:] if p]


class TooSlow(BaseException):
    pass


def ring(*_):
    raise TooSlow()


def run(task):
    cpus = task.get("cpus") or 4

    def cpu_count():
        return cpus

    cpu_count.__qualname__ = "cpu_count"
    os.cpu_count = multiprocessing.cpu_count = cpu_count
    os.sched_getaffinity = lambda pid: set(range(cpus))
    os.sysconf = lambda name: cpus if name == "SC_NPROCESSORS_ONLN" else SYSCONF(name)
    os.environ.clear()
    os.environ.update(task.get("env") or {})
    module = types.ModuleType("__config__")
    sys.modules["__config__"] = module
    sys.argv = ["gunicorn"]
    root = task.get("root") or "/app"
    os.chdir(task.get("root") or "/")
    sys.path[:] = [root] + STANDARD_PATH
    for name in [n for n, m in sys.modules.items() if str(getattr(m, "__file__", None)).startswith(root + "/")]:
        del sys.modules[name]
    file = root + "/gunicorn.conf.py"
    module.__file__ = file
    answer = {"names": [], "error": None, "exit": None, "texts": {}}
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(task["source"], file, "exec", dont_inherit=True), vars(module))
        own = {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__", "__file__", "__annotations__",
               "__warningregistry__"}
        names = [(k, v) for k, v in vars(module).items() if k not in own]
        answer["names"] = [[k, show(v)] for k, v in names]
    except TooSlow:
        answer["error"] = "slow"
    except SystemExit as error:
        code = error.code
        answer["exit"] = 0 if code is None else code & 255 if isinstance(code, int) else 1
    except BaseException as error:
        answer["error"] = traceback.format_exception_only(type(error), error)[-1].strip("\n")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    space = {"os": os, "cpu_count": os.cpu_count, "json": json, "math": math, "re": re, "shlex": shlex}
    for text in task.get("texts") or []:
        try:
            answer["texts"][text] = show(eval(text, dict(space)))
        except BaseException as error:
            answer["texts"][text] = "error: %s" % error
    return answer


def main():
    signal.signal(signal.SIGALRM, ring)
    sys.setrecursionlimit(1000)
    out = sys.stdout
    for line in sys.stdin:
        out.write(json.dumps(run(json.loads(line))) + "\n")
        out.flush()


main()
