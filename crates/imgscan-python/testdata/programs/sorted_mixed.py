# unknown HOST: 5 | x
# unknown cpus: 1 | 4
# Sorting raises where two items do not compare, whatever is not known of a third.
import os
from multiprocessing import cpu_count

value = int(os.environ["HOST"]) if os.environ["HOST"].isdigit() else os.environ["HOST"]
try:
    mixed = sorted([1, value, cpu_count()])
except TypeError:
    mixed = "cannot be sorted"
numbers = sorted([3, cpu_count(), 2])
try:
    number = int(value)
except ValueError:
    number = -1
