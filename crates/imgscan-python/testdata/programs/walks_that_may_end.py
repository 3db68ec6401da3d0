# unknown cpus: 1 | 2 | 8
# unknown HOST: | h
# Where the truth of an element is not known, any and all may go on or not; what is taken away may not be there.
import os
from multiprocessing import cpu_count

found = any((last := x) > 2 for x in [cpu_count(), 274])
every = all((least := x) < 4 for x in [cpu_count(), 3, 1])
try:
    either = any(1 // (x - 2) > 0 for x in [cpu_count() + 2, 2])
except ZeroDivisionError:
    either = None
os.environ |= {"MERGED": "1"}
try:
    del os.environ["NOT_THERE"]
except KeyError as error:
    taken = repr(error)


def count(*args):
    return len(args)


try:
    count(1, *5)
except TypeError as error:
    message = str(error)
try:
    count(*5)
except TypeError as error:
    other = str(error).split(" ", 1)[1]
