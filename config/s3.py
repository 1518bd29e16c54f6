"""Object storage on any S3: django-storages' backend, with the limits and errors that our callers count on.

Every failure of the service is `StorageAway`, an OSError, as a failing disk would be: steps are tried again,
a publication says that it was not made. Ranges are asked of the service, so that a phone's few seconds of a
film do not cost the whole film.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

CONNECT_SECONDS = 3
READ_SECONDS = 20
ATTEMPTS = 3


class StorageAway(OSError):
    """The object storage refused, did not answer, or answered partly. The cause says which."""

    def __init__(self, what: str, code: str) -> None:
        super().__init__(
            f"The object storage could not {what} ({code}). Try again; see docs/runbooks/storage.md."
        )
        self.code = code


@contextmanager
def translated(what: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in {"404", "NoSuchKey"}:
            raise FileNotFoundError(f"The object storage has no such file; it was to {what}.") from error
        raise StorageAway(what, code) from error
    except BotoCoreError as error:
        raise StorageAway(what, type(error).__name__) from error


class ObjectStorage(S3Storage):  # type: ignore[misc] # django-storages has no types
    """`STORAGES` backend; see the options in config.settings."""

    def __init__(self, **options: Any) -> None:
        style = options.pop("addressing_style", None)
        options["client_config"] = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            s3={"addressing_style": style} if style else None,
            signature_version="s3v4",
        )
        super().__init__(**options)

    def _save(self, name: str, content: Any) -> str:
        with translated("keep a file"):
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with translated("open a file"):
            return super()._open(name, mode)

    def exists(self, name: str) -> bool:
        with translated("look for a file"):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with translated("measure a file"):
            return int(super().size(name))

    def delete(self, name: str) -> None:
        with translated("delete a file"):
            super().delete(name)

    def open_stream(self, name: str) -> ObjectStream:
        """The file for reading from anywhere, without fetching it first. Raises FileNotFoundError, late
        where it is first read, and StorageAway."""
        key = self._normalize_name(name)
        return ObjectStream(self.bucket.Object(key))


class ObjectStream:
    """A stored object as a file that is only read: `seek`, `expect` and `read` until it is closed."""

    def __init__(self, stored: Any) -> None:
        self._object = stored
        self._start = 0
        self._length: int | None = None
        self._body: Any = None

    def seek(self, start: int) -> None:
        self._start = start

    def expect(self, length: int) -> None:
        """No more than this will be read."""
        self._length = length

    def read(self, size: int = -1) -> bytes:
        with translated("read a file"):
            if self._body is None:
                if self._length == 0:
                    return b""
                last = "" if self._length is None else str(self._start + self._length - 1)
                self._body = self._object.get(Range=f"bytes={self._start}-{last}")["Body"]
            return bytes(self._body.read(size) if size >= 0 else self._body.read())

    def close(self) -> None:
        if self._body is not None:
            self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()
