"""Text that the database cannot read: AES-256-GCM with a ring of keys (08, section 7).

A value is `0x01 | key id (1 byte) | nonce (12) | ciphertext and tag`, written as URL-safe Base64 into a text
column, with `app.model.field` as associated data, so that a value moved to another column is refused.
Empty text stays empty: that a note is empty is no secret, and constraints can tell.

Two rows' values of one column can be swapped unnoticed; `dumpdata` writes plain text; losing the keys
loses the texts.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import Exact, IsNull

FORMAT = 1
NONCE_BYTES = 12


class Unreadable(Exception):
    """A stored value that no key of ours opens; the message names its column, never its content."""

    code = "encryption:unreadable"


@cache
def _cipher(key: str) -> AESGCM:
    return AESGCM(base64.b64decode(key, validate=True))


def encrypt(text: str, *, column: str) -> str:
    """What is stored of `text` in `column` (`app.model.field`): another value each time."""
    key_id = settings.FIELD_KEY_ID
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(settings.FIELD_KEYS[key_id]).encrypt(nonce, text.encode(), column.encode())
    return base64.urlsafe_b64encode(bytes((FORMAT, key_id)) + nonce + sealed).decode()


def decrypt(stored: str, *, column: str) -> str:
    """The text behind a stored value. Raises Unreadable."""
    try:
        raw = base64.b64decode(stored, altchars=b"-_", validate=True)
        if raw[0] != FORMAT:
            raise Unreadable(f"A value in {column} is not of a known format.")
        key = settings.FIELD_KEYS[raw[1]]
        nonce, sealed = raw[2 : 2 + NONCE_BYTES], raw[2 + NONCE_BYTES :]
        return _cipher(key).decrypt(nonce, sealed, column.encode()).decode()
    except KeyError as error:
        raise Unreadable(
            f"A value in {column} needs key {error.args[0]}, which is not among ours."
        ) from error
    except (InvalidTag, ValueError, IndexError) as error:
        raise Unreadable(f"A value in {column} is damaged, or was moved there.") from error


def key_id_of(stored: str) -> int | None:
    """The id of the key that a stored value was made with; None for what was never encrypted."""
    try:
        raw = base64.b64decode(stored, altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw[1] if len(raw) > 2 + NONCE_BYTES and raw[0] == FORMAT else None


def blind_index(text: str, *, column: str) -> str:
    """What equality can be looked up by, where that is needed: an HMAC with a key of its own."""
    return hmac.new(settings.FIELD_INDEX_KEY.encode(), f"{column}\n{text}".encode(), "sha256").hexdigest()


if TYPE_CHECKING:
    BaseField = models.TextField[str, str]
else:
    BaseField = models.TextField


class EncryptedTextField(BaseField):
    """A text column whose content only this application can read. It cannot be searched or ordered by."""

    @property
    def column_name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"  # noqa: SLF001 - Django's documented way

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text, column=self.column_name) if text else text

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value, column=self.column_name) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        if lookup_name == "exact":
            return IsEmpty
        raise FieldError(f"{self.name} is encrypted: it cannot be looked up by “{lookup_name}”.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: “{lookup_name}” cannot be computed from it.")


class IsEmpty(Exact):
    """`field=""`, the one comparison that an encrypted column allows."""

    def get_prep_lookup(self) -> Any:
        if self.rhs != "":
            raise FieldError("An encrypted field can only be compared with the empty text.")
        return super().get_prep_lookup()


# --------------------------------------------------------------------------- within JSON


def column_within(column: str, name: str) -> str:
    """What one sealed entry of a JSON column is sealed with, so that it cannot be moved to another."""
    return f"{column}.{name}"


class SealedJSONField(models.JSONField):
    """JSON of which the entries named by `sealed` (of the outermost object) only this application can read.

    The others stay as they are and can be looked up. A sealed entry is stored as the text that `encrypt`
    gives of its JSON; one that is empty or missing stays so. Whoever asks for a sealed entry by a lookup
    (`inputs__notes`) gets what is stored.
    """

    def __init__(self, *arguments: Any, sealed: Iterable[str] = (), **options: Any) -> None:
        self.sealed = tuple(sealed)
        super().__init__(*arguments, **options)

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | {"sealed": self.sealed}

    @property
    def column_name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"  # noqa: SLF001 - Django's documented way

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(
            self._change(value, lambda entry, column: encrypt(json.dumps(entry), column=column)), connection
        )

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        if isinstance(expression, KeyTransform):
            return found
        return self._change(found, lambda entry, column: json.loads(decrypt(entry, column=column)))

    def _change(self, value: Any, change: Callable[[Any, str], Any]) -> Any:
        if not isinstance(value, dict):
            return value
        changed = {
            name: change(value[name], column_within(self.column_name, name))
            for name in self.sealed
            if value.get(name)
        }
        return {**value, **changed} if changed else value
