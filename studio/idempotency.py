"""A client-made id makes a repeated call the same call: done once, and a conflict with another body."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from pipeline.steps.base import canonical_json
from studio.models import Creator, RequestKey


class RequestConflict(Exception):
    """The id was used for another call."""

    code = "idempotency-conflict"


def claim_request(creator: Creator, request_id: UUID, *, call: str, body: dict[str, Any]) -> bool:
    """Whether this call is to be carried out now; False: it was already. Raises RequestConflict.

    To be called inside the transaction of the call itself, so that what fails is forgotten. Of two at
    once the second waits for the first.
    """
    try:
        with transaction.atomic():
            RequestKey.objects.create(
                creator=creator, request_id=request_id, fingerprint=_fingerprint(call, body)
            )
    except IntegrityError:
        return not is_done(creator, request_id, call=call, body=body)
    return True


def is_done(creator: Creator, request_id: UUID, *, call: str, body: dict[str, Any]) -> bool:
    """Whether this very call was carried out. Raises RequestConflict if another one had the id."""
    earlier = RequestKey.objects.filter(creator=creator, request_id=request_id).first()
    if earlier is not None and earlier.fingerprint != _fingerprint(call, body):
        raise RequestConflict("This request_id was used for another call. Make a new one.")
    return earlier is not None


def _fingerprint(call: str, body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json([call, body]).encode()).hexdigest()
