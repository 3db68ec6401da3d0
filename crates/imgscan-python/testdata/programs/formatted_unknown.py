# unknown HOST: a | it's
# unknown cpus: 1 | 3 | 12
# A part of a string that is not known is an expression by itself too.
import os
from multiprocessing import cpu_count

rate = -366.5 if cpu_count() > 2 else 2.25
exact = f"{rate:e}"
padded = f"{cpu_count():04d}"
shown = f"{os.environ['HOST']!r}"
wide = f"<{os.environ['HOST']:>6}>"
both = f"{padded}-{exact}"
percent = "%s:%d" % (os.environ["HOST"], cpu_count())
braces = "{:>5}|{!r}".format(cpu_count(), os.environ["HOST"])
