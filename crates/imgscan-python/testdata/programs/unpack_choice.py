# unknown APP_ENV: production | dev
# unknown cpus: 2 | 6
# One of two tuples is unpacked item by item.
import os
from multiprocessing import cpu_count

production = os.environ["APP_ENV"] == "production"
workers, timeout = (cpu_count() * 2, 30) if production else (1, 0)
host, (port, scheme) = ("0.0.0.0", (80, "http")) if production else ("127.0.0.1", (8000, "http"))
bind = "%s:%d" % (host, port)
try:
    a, b = (1, 2) if production else (1, 2, 3)
except ValueError as error:
    a = str(error)
