"""How long our public names' certificates last: asked from outside, as a browser would (09, section 7).

The worker that may reach the outside asks every few hours and leaves the answers in the cache, where beat
finds them. Names are those of `CSRF_TRUSTED_ORIGINS` and of the CDNs.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings

from students.caching import fast_cache

logger = logging.getLogger(__name__)
KEY = "certificates"
LIFETIME = 86_400  # seconds; what nobody has asked for a day is not shown
TIMEOUT = 5.0
DAY = 86_400


def find_hosts() -> list[str]:
    """`host` or `host:port` of every HTTPS origin that this deployment names."""
    origins = (urlsplit(origin) for origin in (*settings.CSRF_TRUSTED_ORIGINS, *settings.MEDIA_HOSTS))
    return sorted({one.netloc for one in origins if one.scheme == "https" and "*" not in one.netloc})


def probe(hosts: list[str]) -> dict[str, float]:
    """Host → when its certificate ends (epoch seconds); hosts that do not answer are left out and logged."""
    found = {}
    for host in hosts:
        try:
            found[host] = read_end(host)
        except OSError as error:  # ssl's errors too
            logger.warning("The certificate of %s could not be read: %s", host, type(error).__name__)
    return found


def read_end(host: str) -> float:
    """When the certificate that a host shows ends, valid or not. Raises OSError."""
    name, _, port = host.partition(":")
    context = ssl.create_default_context()
    # It is looked at, not trusted: one that has ended must be readable, and nothing is sent.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        closing(socket.create_connection((name, int(port or 443)), timeout=TIMEOUT)) as plain,
        context.wrap_socket(plain, server_hostname=name) as link,
    ):
        shown = link.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown or b"").not_valid_after_utc.timestamp()


def note(ends: Mapping[str, float]) -> None:
    fast_cache().set(KEY, json.dumps(ends).encode(), LIFETIME)


def days_left() -> dict[str, float]:
    """Host → days until its certificate ends, as last seen; negative where it has ended."""
    (found,) = fast_cache().read([KEY])
    ends: dict[str, float] = json.loads(found) if found else {}
    return {host: (end - time.time()) / DAY for host, end in ends.items()}
