# expressions
# unknown cpus: 1 | 6
# unknown HOST: h | a.b
# Parts of strings that are not known are expressions that every version reads, also inside of one another.
import os
from pathlib import Path
from multiprocessing import cpu_count

count = cpu_count()
inner = f"{count}+3['true']"
outer = f"<{inner}>"
both = f"{os.environ['HOST']}'\"{outer}"
again = f"[{both}|{os.environ.get('HOST')}]"
hashed = f"{os.environ.get('A#B', 'none')}{os.environ['HOST']}"
either = "x" if count > 2 else "y"
upper = f"{either}".upper()
maybe = 3 if count > 2 else "3"
text = f"{maybe}"
twice = f"{text}" * 2
place = f"{Path(os.environ['HOST'])}"
percent = "%s" % maybe + "!"
