# Path makes a PosixPath.
from pathlib import Path, PosixPath, PurePath

here = Path("/srv/app") / "conf"
made = type(here).__name__
same = type(here) is Path
kinds = (isinstance(here, Path), isinstance(here, PurePath), isinstance(here, PosixPath), issubclass(Path, PurePath))
named = (Path.__name__, PosixPath.__name__)
text = str(here.parent), f"{here.name:>6}"
pure = type(PurePath("a")).__name__
