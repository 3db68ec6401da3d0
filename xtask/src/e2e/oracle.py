"""Asks the real gunicorn for the settings it would start with, without starting it.

usage: oracle.py WORKDIR ARGV-AS-JSON

Prints {"settings": {name: value}} or {"error": what it said}. Runs inside the image's root file system.
"""

import contextlib
import inspect
import io
import json
import os
import sys

workdir, argv = sys.argv[1], json.loads(sys.argv[2])
os.chdir(workdir)
os.environ["PWD"] = workdir

from gunicorn.app import base, wsgiapp  # noqa: E402


class Loaded(BaseException):
    """Raised in place of starting."""


def plain(value):
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return {"object": "class" if inspect.isclass(value) else "function"}


def loaded(app):
    raise Loaded({name: plain(setting.get()) for name, setting in app.cfg.settings.items()})


base.Application.run = loaded
is_module = argv[1:3] == ["-m", "gunicorn"]
sys.argv = argv[2:] if is_module else argv
said = io.StringIO()
try:
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        wsgiapp.run()
    answer = {"error": said.getvalue()}
except Loaded as done:
    answer = {"settings": done.args[0]}
except SystemExit as end:
    answer = {"error": said.getvalue(), "status": end.code}
print(json.dumps(answer))
