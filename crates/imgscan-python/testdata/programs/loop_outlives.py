# unknown FLAG: a |
# A loop that goes on, or is left, under a condition that is not known, and raises otherwise.
import os

flag = os.environ.get("FLAG", "")
x = 0
try:
    for i in range(3):
        if flag:
            x = x + 5
            continue
        y = 1
        raise ValueError("no")
    done = "ended"
except ValueError:
    done = "raised"
workers = x
found = None
try:
    for i in [1, 2, 3]:
        if flag:
            found = i
            break
        raise KeyError("k")
    else:
        found = "else"
    after = 1
except KeyError:
    after = 2


def f():
    for i in range(2):
        if flag:
            continue
        raise RuntimeError("x")
    return 7


try:
    r = f()
except RuntimeError:
    r = 8
n = 0
try:
    while n < 3:
        n += 1
        if flag:
            continue
        raise ValueError("while")
except ValueError:
    n = n + 100
