"""How fast an interface may be used (08, section 4). A view names its scope; the table names the limits."""

from __future__ import annotations

import contextlib
import ipaddress
import math
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from students import class_codes, counters
from students.caching import fast_cache

if TYPE_CHECKING:  # so that the class may be named among the defaults, which DRF loads with its views
    from rest_framework.views import APIView

By = Literal["address", "principal", "name", "username", "session", "class"]


@dataclass(frozen=True)
class Limit:
    """`count` requests in `seconds` by one of `By`: `name` is a typed name with its address.

    Without the shared cache a `closed` limit is half its count in each process; others let through. Closed
    is what anybody may call without being signed in and that costs a hash, or makes a row. What takes a
    password or a code from somebody who is signed in is held by the lock-out, which counts in each process
    then: nobody shall wait a day to be erased because a cache was away.
    """

    count: int
    seconds: int
    by: By
    closed: bool = False


MINUTE, HOUR, DAY = 60, 3600, 86_400
REST = "rest"
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "sign-in": (Limit(5, MINUTE, "name", closed=True), Limit(60, MINUTE, "address", closed=True)),
    "register": (Limit(10, HOUR, "address", closed=True),),
    "register-class": (Limit(60, HOUR, "address", closed=True), Limit(60, HOUR, "class", closed=True)),
    "recovery": (Limit(3, HOUR, "username", closed=True), Limit(10, HOUR, "address", closed=True)),
    "account": (Limit(10, HOUR, "principal"),),
    "export": (Limit(2, DAY, "principal"),),
    "erase": (Limit(3, DAY, "principal"),),
    "refresh": (Limit(10, MINUTE, "session"), Limit(300, MINUTE, "address")),
    "sign-out": (Limit(30, MINUTE, "address"),),
    "anonymous": (Limit(30, MINUTE, "address"),),
    "guardian": (Limit(10, HOUR, "principal"),),
    "feed": (Limit(60, MINUTE, "principal"),),
    "quiz": (Limit(60, MINUTE, "principal"),),
    "progress": (Limit(60, MINUTE, "principal"),),
    "watch": (Limit(120, MINUTE, "principal"),),
    "video": (Limit(60, MINUTE, "principal"),),
    "feedback": (Limit(60, MINUTE, "principal"),),
    "report": (Limit(20, HOUR, "principal"),),
    "offline": (Limit(10, MINUTE, "principal"),),
    "generate": (Limit(10, HOUR, "principal"),),
    "regenerate": (Limit(60, HOUR, "principal"),),
    "upload": (Limit(20, HOUR, "principal"),),
    "creator": (Limit(120, MINUTE, "principal"),),
    REST: (Limit(30, MINUTE, "principal"),),
}


class Throttle(BaseThrottle):
    """Sliding windows over `view.throttle_scope`; a view without a scope is among the rest.

    One whose scope depends on the request has `choose_scope(request)`.
    """

    waiting = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        choose: Callable[[Request], str] | None = getattr(view, "choose_scope", None)
        scope = choose(request) if choose is not None else getattr(view, "throttle_scope", REST)
        now = time.time()
        for limit in LIMITS[scope]:
            name = self.identify(limit.by, request, view)
            if name is not None:
                self.waiting = max(self.waiting, use(f"throttle:{scope}:{limit.by}:{name}", limit, now))
        return self.waiting <= 0

    def wait(self) -> float | None:
        return self.waiting

    def identify(self, by: By, request: Request, view: APIView) -> str | None:
        """What a limit counts by; None where the request has no such thing."""
        address = address_of(request)
        if by == "address":
            return address
        if by == "session":
            session: str | None = view.session_ident(request)  # type: ignore[attr-defined] # views of this limit have it
            return session
        if by == "username":
            return blur(typed_name(request))
        if by == "class":
            return blur(class_codes.name_of(typed_text(request, "class_code")))
        if by == "name":
            return f"{blur(typed_name(request))}:{address}"
        principal = getattr(request.user, "pk", None)
        return str(principal) if principal is not None else address


def admit(scope: str, principal: str, wanted: Sequence[str] = ()) -> tuple[float, list[bytes | None]]:
    """Count a request of a signed-in person in a scope whose limits are by principal.

    Returns the seconds to wait, 0 when it may pass, and what the cache keeps under the keys that are wanted:
    None for each that it does not keep. One round trip for both.
    """
    now = time.time()
    waits: list[float] = []
    found: list[bytes | None] = [None] * len(wanted)
    for limit in LIMITS[scope]:
        wait, found = use_and_read(f"throttle:{scope}:principal:{principal}", limit, now, wanted)
        waits.append(wait)
    return max(waits), found


def use(key: str, limit: Limit, now: float) -> float:
    """Count one request; returns the seconds to wait, 0 when it is allowed. A refused one is not counted.

    Two counters of clock windows: the former one counts by the share of it that still lies within the period.
    """
    return use_and_read(key, limit, now, ())[0]


def use_and_read(
    key: str, limit: Limit, now: float, wanted: Sequence[str]
) -> tuple[float, list[bytes | None]]:
    """`use`, and what the cache keeps under the keys that are wanted, in the same round trip."""
    window, into = divmod(now, limit.seconds)
    present, former = f"{key}:{int(window)}", f"{key}:{int(window) - 1}"
    counted = fast_cache().count_and_read([present, former], wanted, 2 * limit.seconds)
    if counted is None:
        wait = _use_local(present, limit, into, now) if limit.closed else 0.0
        return wait, [None] * len(wanted)
    (count, before), found = counted
    share = into / limit.seconds
    if before * (1 - share) + count <= limit.count:
        return 0.0, found
    with contextlib.suppress(ValueError):  # the window may end between the two calls
        fast_cache().decr(present)
    return seconds_to_wait(count - 1, before, into, limit), found


def _use_local(present: str, limit: Limit, into: float, now: float) -> float:
    allowed = max(limit.count // 2, 1)
    count = counters.local.add(present, limit.seconds, now)
    return 0.0 if count <= allowed else max(limit.seconds - into, 1.0)


def seconds_to_wait(count: int, before: int, into: float, limit: Limit) -> float:
    """Until one more request fits, if nothing else comes: at least a second, so that waiting helps."""
    if count >= limit.count:  # not before the next window, and there only when enough of this one has passed
        return max(limit.seconds - into + limit.seconds * (count - limit.count + 1) / count, 1.0)
    needed = 1 - (limit.count - count - 1) / max(before, 1)
    return max(needed * limit.seconds - into, 1.0)


def address_of(request: Request) -> str:
    """The client's address behind the configured number of proxies; an IPv6 customer is a /64."""
    written = BaseThrottle().get_ident(request) or "unknown"
    try:
        address = ipaddress.ip_address(written.split(",")[-1].strip())
    except ValueError:
        return blur(written)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def typed_name(request: Request) -> str:
    """The user name or e-mail address in the body, as text, however broken the body is."""
    data: Any = request.data
    name = data.get("username", data.get("email", "")) if isinstance(data, dict) else ""
    return unicodedata.normalize("NFKC", str(name)[:254]).strip().casefold()  # as it is looked up


def typed_text(request: Request, name: str) -> str:
    """A field of the body as text, however broken the body is."""
    data: Any = request.data
    return str(data.get(name, ""))[:100] if isinstance(data, dict) else ""


def blur(name: str) -> str:
    """Names stay out of the cache: an HMAC stands for them."""
    return salted_hmac("students.throttles", name, algorithm="sha256").hexdigest()[:32]


def retry_after(wait: float) -> str:
    return str(math.ceil(wait))
