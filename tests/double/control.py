"""The control address, for people and for other processes: `/double/…`, JSON in and out, no key.

GET  /double/calls                              what came, keys left out
POST /double/faults {"route": "/v1/responses", "times": 2, "status": 500}
POST /double/texts  {"texts": ["…"]}            what text models answer next
POST /double/judged {"question id": {"answer": "yes", "quotes": []}}
POST /double/scores {"word": {"violence": 0.9}}
POST /double/reset  {}
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.double.faults import Reply

if TYPE_CHECKING:
    from tests.double.server import Double


def handle_control(double: Double, method: str, path: str, body: bytes) -> Reply:
    """Do what the control address asks; 400 says what is wrong."""
    name = path.removeprefix("/double/")
    if method == "GET" and name == "calls":
        with double.lock:
            return Reply.of([call.summary() for call in double.calls])
    if method != "POST":
        return Reply.of({"error": f"There is no {method} {path}."}, 404)
    try:
        value = json.loads(body or b"{}")
        return _post(double, name, value)
    except (TypeError, ValueError, KeyError) as error:
        return Reply.of({"error": f"This cannot be done: {error!r}"}, 400)


def _post(double: Double, name: str, value: dict[str, Any]) -> Reply:
    if name == "faults":
        given = dict(value)
        route, times = str(given.pop("route")), int(given.pop("times", 1))
        if "raw" in given:
            given["raw"] = str(given["raw"]).encode()
        double.fail(route, times=times, **given)
    elif name == "texts":
        double.say(*value["texts"])
    elif name == "judged":
        double.settings.judged |= value
    elif name == "scores":
        double.settings.scores |= value
    elif name == "reset":
        double.forget()
    else:
        return Reply.of({"error": f"There is no /double/{name}."}, 404)
    return Reply.of({"done": name})
