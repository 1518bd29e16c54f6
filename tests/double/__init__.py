"""A wire-level double of every vendor: real HTTP, real files, strict rules, faults on demand.

    with Double() as double:
        double.fail("/v1/responses", status=429, body={"error": {"code": "rate_limit_exceeded"}})
        …
        assert [call.path for call in double.calls] == ["/v1/responses"]

`make double` starts it alone and prints the environment to set.
"""

from __future__ import annotations

from tests.double.faults import Fault
from tests.double.server import ELEVENLABS_KEY, OPENAI_KEY, Call, Double, Settings

__all__ = ["ELEVENLABS_KEY", "OPENAI_KEY", "Call", "Double", "Fault", "Settings"]
