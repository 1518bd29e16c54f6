"""Security events: rows for operators, which name people only by an HMAC (08, section 10).

`subject` is the HMAC of whatever was given: a student's id, or a typed name that nobody has. The same
subject has the same HMAC, so that attempts on one account can be told from attempts on many.
"""

from __future__ import annotations

import logging

from django.utils import timezone
from django.utils.crypto import salted_hmac

from students.models import SecurityEvent

security = logging.getLogger("microlearning.security")


def blur_subject(subject: object) -> str:
    """What stands for a person in security events and logs."""
    return salted_hmac("security-events", str(subject), algorithm="sha256").hexdigest()[:32]


def record_security_event(event: str, subject: object) -> None:
    """Write the event in the caller's transaction, and into the log."""
    who = blur_subject(subject)
    SecurityEvent.objects.create(event=event, subject=who, at=timezone.now())
    security.warning("%s subject=%s", event, who)
