"""The quick steps with the prices and leases of the fault tests, for each process that plays a machine."""

from __future__ import annotations

import os

from pipeline.steps.base import Limits
from tests.pipeline import quick_steps

# Seconds: as in production no lease ends while its worker lives, however slow the machine is; who dies
# has its lease ended by the site (`Site.look_after`), or by the test.
LEASE = int(os.environ.get("LEASE_OF_FAULTS", "600"))
PRICES = {"speech": {"price": "0.05", "worst": "0.10"}}


def install() -> None:
    quick_steps.install(limits=Limits(soft=60, hard=70, lease=LEASE))
    quick_steps.configure_providers(**PRICES)
