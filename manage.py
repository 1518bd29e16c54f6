#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts the embedded servers for its own life time."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

# New containers between two looks of the collector. Start-up makes hundreds of thousands that stay: looking
# through them every 2,000, as Python would, is a tenth of the time it takes.
YOUNG = 50_000
MISSING = {"42P01", "42703"}  # PostgreSQL: no such table, no such column


def main() -> None:
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "DATABASE_URL" not in os.environ and "DATABASE_URL_FILE" not in os.environ:
        from config.local.servers import LocalServerError, ensure_servers  # noqa: PLC0415
        from config.local.tables import bring_up_to_date  # noqa: PLC0415

        os.environ.setdefault("DEVELOPMENT", "1")
        if len(sys.argv) > 1 and sys.argv[1] not in {"help", "version", "--help", "--version"}:
            try:
                here = Path(__file__).resolve().parent
                folder = Path(os.environ.get("LOCAL_DIR") or here / ".local")
                servers = ensure_servers(folder)
                os.environ["DATABASE_URL"] = servers.database_url
                os.environ.setdefault("REDIS_URL", servers.redis_url)
                os.environ.setdefault("BROKER_URL", servers.broker_url)
                bring_up_to_date(folder, command=sys.argv[1])
            except LocalServerError as error:
                sys.exit(str(error))
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from django.db.utils import ProgrammingError  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if "--traceback" in sys.argv or getattr(error.__cause__, "sqlstate", "") not in MISSING:
            raise
        sys.exit("The database has not the tables of this release: run `manage.py migrate`, then this again.")
    except ImproperlyConfigured as error:  # it names what is missing or wrong; a trace would hide it
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
