"""The embedded database's tables, brought up to this checkout's migrations before a command needs them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from config.local.errors import LocalServerError

PROJECT = Path(__file__).resolve().parent.parent.parent
MARKER = "migrated"
# What has no need of tables, or is about them.
UNCONCERNED = {
    *("check", "migrate", "makemigrations", "showmigrations", "sqlmigrate", "test"),
    *("collectstatic", "compilemessages", "diffsettings", "findstatic", "makemessages", "spectacular"),
}


def bring_up_to_date(folder: Path, *, command: str) -> None:
    """Migrate the database that DATABASE_URL names where this checkout's migrations are others than the last.

    `folder` holds the embedded servers and the marker of what was applied. Commands that start side by side
    wait for each other. Raises LocalServerError where a migration fails; what it says is on stderr.
    """
    if command in UNCONCERNED:
        return
    wanted = fingerprint()
    marker = folder / MARKER
    with (folder / f"{MARKER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if marker.is_file() and marker.read_text() == wanted:
            return
        done = subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), "migrate", "--verbosity", "0"],
            env=os.environ | {"DEVELOPMENT": "1", "STATEMENT_TIMEOUT_MS": "0"},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode != 0:
            raise LocalServerError("The embedded database could not be migrated; the lines above say why.")
        marker.write_text(wanted)


def fingerprint() -> str:
    """Of all migrations: the names of ours, and the lock file, which decides the other packages'."""
    names = sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob("*/migrations/[0-9]*.py"))
    lock = (PROJECT / "requirements.lock").read_bytes()
    return hashlib.sha256("\n".join(names).encode() + lock).hexdigest()
