# unknown HOST: x | y
# unknown cpus: 1 | 8
# os.environ takes strings without a NUL, under names without "=".
import os
from multiprocessing import cpu_count

said = []
for name, value in [("A", 1), ("B", None), ("C", "a\0b"), ("D=E", "1"), ("", "1"), (3, "x"), ("F", "ok")]:
    try:
        os.environ[name] = value
        said.append("taken")
    except (TypeError, ValueError) as error:
        said.append(f"{type(error).__name__}: {error}")
    except OSError as error:
        said.append(f"OSError {error.errno}")
try:
    os.environ["G"] = 163 if cpu_count() > 2 else 0
    number = "taken"
except TypeError as error:
    number = str(error)
try:
    os.environ["H"] = os.environ["HOST"] if cpu_count() > 2 else 5
    mixed = os.environ["H"]
except TypeError:
    mixed = "not taken"
