# unknown cpus: 1 | 8
from multiprocessing import cpu_count

choice = None if cpu_count() > 2 else {"b": 2}
try:
    merged = {**choice, "c": 3}
    after = 1
except TypeError:
    caught = True
last = 2
