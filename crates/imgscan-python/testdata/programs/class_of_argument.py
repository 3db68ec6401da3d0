# unknown cpus: 1 | 4
# unknown HOST: a | b1
# A builtin that dislikes the class of its argument says nothing where that class is not known.
import os
import re
from multiprocessing import cpu_count

digits = "%d" % abs(cpu_count())
rounded = "%05d|%x" % (round(cpu_count() * 0.5), abs(-cpu_count()))
pair = (1, "2") if os.environ["HOST"] == "a" else ("x1", 5)
left, right = pair
try:
    first = re.sub("[0-9]+", "#", left)
    second = left + first[::-1]
except TypeError as error:
    second = type(error).__name__
try:
    smaller = frozenset() < right
except TypeError:
    smaller = None
try:
    longest = len(right) + left.count("x")
except (TypeError, AttributeError):
    longest = -1
