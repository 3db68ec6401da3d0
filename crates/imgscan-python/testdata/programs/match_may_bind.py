# unknown cpus: 1 | 2 | 8
# What a pattern binds is bound wherever it matches, before its guard is asked.
from multiprocessing import cpu_count

match sorted([cpu_count(), 1]):
    case []:
        size = "none"
    case [first, *_] if first > 2:
        size = "large"
    case [_, second, *rest]:
        size = "small"

match {"n": cpu_count(), "k": 1}:
    case {"n": int(n), **others} if n > 4:
        kind = "many"
    case {"n": 2 | 8 as exact}:
        kind = "exact"
    case _:
        kind = "other"
