# unknown cpus: 1 | 2 | 8
# unknown HOST: h | 7
# An operator in place changes the object that a name may hold, which other names hold too.
import contextlib
import os
from multiprocessing import cpu_count

hosts = ["a"]
with contextlib.suppress(ValueError):
    int(os.environ["HOST"])
    hosts = workers = [2, 3]
hosts += hosts

kept = [1]
chosen = kept if cpu_count() > 1 else "text"
other = chosen
try:
    other += os.environ["HOST"]
except TypeError:
    pass

first = {1}
second = first if cpu_count() > 2 else frozenset({1})
second |= {2}

pair = (1, 2)
many = pair if cpu_count() > 1 else (0,)
many += (3,)
many *= 1
