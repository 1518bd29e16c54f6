"""Which addresses a provider may be reached at (privacy and security, section 8).

An address comes from the settings, never from people or from a reply. It is `https`, or plain for this
machine and for hosts that the settings call private; its host stands on the list; and what its name
resolves to is a public address, unless the host is called private.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipeline.providers.errors import Unsupported

VENDOR_HOSTS = frozenset({"api.openai.com", "eu.api.openai.com", "api.elevenlabs.io"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_allowed: set[str] = set()
_private: set[str] = set()


def allow(*, hosts: Iterable[str], private: Iterable[str]) -> None:
    """The hosts of the settings, besides the vendors' own; `private` ones may be plain and not public."""
    _allowed.clear()
    _private.clear()
    _allowed.update(host.lower() for host in hosts)
    _private.update(host.lower() for host in private)


def find_fault(address: str) -> str:
    """Why an address is not allowed, "" if it is. The sentence names the setting to change."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return "The address cannot be read."
    if not host:
        return "The address has no host."
    if parts.username or parts.password:
        return "The address holds a name or a password; a key goes into its own setting."
    is_near = host in LOOPBACK or host in _private
    if parts.scheme != "https" and not (parts.scheme == "http" and is_near):
        return (
            f"The address of {host} must begin with https://; name the host in PROVIDER_PRIVATE_HOSTS if not."
        )
    if host not in VENDOR_HOSTS | _allowed and not is_near:
        return f"The host {host} is not allowed; name it in PROVIDER_HOSTS if it is meant."
    return "" if port is None or 0 < port < 65536 else "The address has no valid port."


def check(address: str, *, provider: str) -> str:
    """The address itself. Raises Unsupported where it is not allowed."""
    fault = find_fault(address)
    if fault:
        raise Unsupported(fault, provider=provider)
    return address


def may_reach(host: str, reached: str) -> bool:
    """Whether a connection to `host` that ended at the IP address `reached` may be used."""
    host = host.lower()
    if host in _private:
        return True
    address = ip_address(reached.partition("%")[0])
    if host in LOOPBACK:
        return address.is_loopback
    return address.is_global


def host_of(address: str) -> str:
    """The host alone: what of an address decides a result."""
    return (urlsplit(address).hostname or "").lower()
