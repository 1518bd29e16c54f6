"""PostgreSQL refuses to run as root: how root starts it without making a user or opening a folder.

First choice is a user namespace in which root's files belong to an unprivileged id, so nothing on
disk changes. Containers often forbid namespaces; then the id is really changed, and the one
capability is kept that lets the server reach a checkout below root's home.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.local.errors import LocalServerError

NOBODY = 65534

NAMESPACE = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
OTHER_USER = [
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--pdeathsig=INT",  # changing the user id clears what bound.py asked for
    "--",
]


@dataclass(frozen=True)
class Launch:
    """`prefix` goes before the command; `owner` must own data and socket folders (None: leave them)."""

    prefix: list[str]
    owner: int | None


def choose_launch(*, program: Path, folder: Path) -> Launch:
    """How this user runs `program` with its files in `folder`, tried out, not guessed."""
    root = os.geteuid() == 0
    if not root and _is_named(os.geteuid()):
        return Launch([], None)
    if _works(NAMESPACE, program=program, folder=folder):
        return Launch(NAMESPACE, os.geteuid() if root else None)
    if root and _works(OTHER_USER, program=program, folder=folder):
        return Launch(OTHER_USER, NOBODY)
    raise LocalServerError(
        "PostgreSQL does not run as this user, and neither unshare nor setpriv can start it as another; "
        "use an ordinary user account, or set DATABASE_URL to a running PostgreSQL."
    )


def give_folder(folder: Path, owner: int | None) -> None:
    """Hand `folder` and all below to `owner`. Nothing to do when it is theirs already."""
    if owner is None or folder.stat().st_uid == owner:
        return
    for path, _folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.chown(os.path.join(path, name), owner, owner, follow_symlinks=False)  # noqa: PTH118
        os.chown(path, owner, owner)  # the top comes last: it is the mark that all is done


def _is_named(user: int) -> bool:
    """initdb demands that the user has a name; a container's arbitrary id has none."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _works(prefix: list[str], *, program: Path, folder: Path) -> bool:
    probe = ["sh", "-c", 'test -x "$0" && test -w "$1"', str(program), str(folder)]
    try:
        result = subprocess.run([*prefix, *probe], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
