# unknown cpus: 1 | 8
# unknown HOST: h | a b
# Libraries of which the values are determined.
import dataclasses
import os
import signal
import ssl
import textwrap
from string import Template

cert_reqs = ssl.CERT_REQUIRED
ssl_version = ssl.PROTOCOL_TLS_SERVER
numbers = [int(ssl.CERT_OPTIONAL), ssl.CERT_NONE == 0, signal.SIGTERM.value, signal.SIGHUP + 1, not ssl.CERT_NONE]
chosen = "strict" if ssl.CERT_REQUIRED else "lax"
private = hasattr(ssl, "_nothing_of_this_name")
kinds = [hasattr(os, "sysconf"), hasattr(os, "no_such_function"), callable(ssl.CERT_NONE)]

url = Template("http://$host:${port}/$$x?$Q_1").substitute({"Q_1": True, "port": 1}, port=80, host="h")
kept = Template("$a ${b} $ ${c").safe_substitute(a=1)
try:
    Template("ok\n  $é").substitute()
except ValueError as error:
    invalid = str(error)
try:
    Template("$missing $5").substitute({})
except KeyError as error:
    missing = repr(error)
waiting = Template("<$host>").substitute(host=os.environ["HOST"])

text = textwrap.dedent("""
      first
        second

      third\t
   """)
tabs = textwrap.dedent("\t a\n\t  b\n\tc")


@dataclasses.dataclass
class Limits:
    requests: int = 5
    hosts: list = dataclasses.field(default_factory=lambda: [("a", [1])])


@dataclasses.dataclass
class Settings:
    name: str
    limits: Limits = dataclasses.field(default_factory=Limits)
    by_name: dict = dataclasses.field(default_factory=dict)


made = Settings("web", by_name={"x": Limits(7)})
as_dict = dataclasses.asdict(made)
made.limits.hosts[0][1].append(2)
try:
    dataclasses.asdict((1, 2))
except TypeError as error:
    refused = str(error)

processors = os.sysconf("SC_NPROCESSORS_ONLN") * 2 + 1
system = (os.uname().sysname, os.uname()[0], len(os.uname()))


class Registry:
    found = {}

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Registry.found[cls.__name__] = cls


class One(Registry):
    pass


registered = sorted(Registry.found)
