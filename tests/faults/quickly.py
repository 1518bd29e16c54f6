"""The quick steps with the prices and leases of the fault tests, for each process that plays a machine."""

from __future__ import annotations

import os

from pipeline.steps.base import Limits
from tests.pipeline import quick_steps

# Seconds: short, so that a test need not wait; the limits are out of reach.
LEASE = int(os.environ.get("LEASE_OF_FAULTS", "3"))
PRICES = {"speech": {"price": "0.05", "worst": "0.10"}}


def install() -> None:
    quick_steps.install(limits=Limits(soft=60, hard=70, lease=LEASE))
    quick_steps.configure_providers(**PRICES)
