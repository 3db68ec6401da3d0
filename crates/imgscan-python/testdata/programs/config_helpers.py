# env PORT=9000
# env WEB_DEBUG=yes
# env GUNICORN_TIMEOUT=45
# env GUNICORN_LOGLEVEL=debug
# unknown GUNICORN_WORKERS: 3 | auto
# unknown cpus: 1 | 4
"""Helpers as configurations have them."""
import multiprocessing
import os


def env_int(name: str, default: int, *, minimum: int = 1) -> int:
    raw = os.getenv(name, "").strip()
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        return default
    return value if value >= minimum else default


def env_bool(name, default=False):
    value = os.environ.get(name)
    if value is None:
        return default
    return value.strip().lower() in {"1", "true", "yes", "on"}


bind = [f"0.0.0.0:{env_int('PORT', 8000)}"]
workers = env_int("GUNICORN_WORKERS", multiprocessing.cpu_count() * 2 + 1)
threads = max(2, min(multiprocessing.cpu_count(), 4))
reload = env_bool("WEB_DEBUG")
preload_app = not reload
for key, value in os.environ.items():
    if key.startswith("GUNICORN_T") or key == "GUNICORN_LOGLEVEL":
        locals()[key.split("_", 1)[1].lower()] = value
raw_env = [f"{name}={os.environ[name]}" for name in ("PORT", "HOST") if name in os.environ]
