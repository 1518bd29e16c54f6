"""manage.py: what is missing is said in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
