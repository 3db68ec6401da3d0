# unknown cpus: 1 | 4
# A generator that a call has which is not followed may have been walked over.
import contextlib

trail = []


@contextlib.contextmanager
def noted(value):
    trail.append("in")
    try:
        yield value
    finally:
        trail.append("out")


with noted(1) as a, noted("x") as b:
    pass
with noted(2):
    trail.append("within")
