"""What beat asks of the project as a whole."""

from __future__ import annotations

from celery import shared_task

from config import certificates


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def probe_certificates() -> list[str]:
    """Every six hours: when the certificates of our public names end; the names that answered."""
    ends = certificates.probe(certificates.find_hosts())
    certificates.note(ends)
    return sorted(ends)
