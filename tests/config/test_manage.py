"""manage.py: what is missing is said in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.local.servers import ensure_servers, release_servers

PROJECT = Path(__file__).resolve().parent.parent.parent


def test_a_missing_secret_ends_a_start_with_one_sentence_that_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://app:password@db:5432/microlearning"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "SECRET_KEY is not set. Give it, or the path of a file that holds it as SECRET_KEY_FILE.\n"
    )


def run_manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_URL_FILE"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=kept | {"DEVELOPMENT": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_the_first_command_on_a_new_machine_finds_its_tables(tmp_path: Path) -> None:
    first = run_manage("check_schema", LOCAL_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    applied = (tmp_path / "migrated").stat().st_mtime_ns
    again = run_manage("check_schema", LOCAL_DIR=str(tmp_path))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "migrated").stat().st_mtime_ns == applied


def test_a_database_without_tables_is_said_in_one_sentence(tmp_path: Path) -> None:
    empty = ensure_servers(tmp_path)
    try:
        done = run_manage("fit_memory", "--json", DATABASE_URL=empty.database_url, REDIS_URL=empty.redis_url)
    finally:
        release_servers(tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "The database has not the tables of this release: run `manage.py migrate`, then this again.\n"
    )
