# unknown HOST: a1 | b
# Functions that libraries call, and objects that they write to.
import collections
import io
import os
import re
import shlex

upper = re.sub(r"(\w)(\d)", lambda m: m[2] + m.group(1).upper(), "a1-b2 c", count=1)
calls = []


def note(match):
    calls.append(match.start())
    return "<" + match[0] + ">"


marked = re.compile("[a-z]").sub(note, "1a2b")
waiting = re.sub("[a-z]", lambda m: os.environ["HOST"], "xy")
out = io.StringIO()
print("a", 1, sep="-", file=out)
written = out.getvalue()

quoted = [shlex.quote(0), shlex.join(["a b", None, ""])]
try:
    shlex.quote(3)
except TypeError as error:
    refused = type(error).__name__

Pair = collections.namedtuple("Pair", "a b")
is_tuple = [isinstance(Pair(1, 2), tuple), isinstance(Pair(1, 2), list), issubclass(Pair, tuple)]

empty = dict(collections.Counter(None))
