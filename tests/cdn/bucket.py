"""An S3 on this machine: moto keeps the objects, our verifier stands in front and checks every signature.

moto itself answers 200 to a tampered signature and to an expired address; behind this front both are 403.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from config.s3 import ObjectStorage
from tests.cdn.sigv4 import SignatureRefused, Signed, check

ACCESS, SECRET = "AKDOUBLE0123456789AB", "secret/of+the+double/0123456789abcdefghij"
REFUSED = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>Refused.</Message></Error>'

type Start = Callable[..., Any]


class Bucket:
    """The server on a free port, with one bucket; a context manager. `calls` are (method, path, status)."""

    def __init__(self, name: str = "films-of-the-test") -> None:
        self.name = name
        self.calls: list[tuple[str, str, int]] = []
        self.ranges: list[str] = []
        self.fault = ""  # "refuse": 503 to everything, "partial": half of each body
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.client().create_bucket(Bucket=self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client().delete_objects(
            Bucket=self.name,
            Delete={"Objects": [{"Key": key} for key in self.names()] or [{"Key": "none"}]},
        )
        self.client().delete_bucket(Bucket=self.name)
        self._server.shutdown()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            config=Config(signature_version="s3v4"),
        )

    def names(self) -> list[str]:
        found = self.client().list_objects_v2(Bucket=self.name)
        return sorted(one["Key"] for one in found.get("Contents", []))

    def options(self, **others: Any) -> dict[str, Any]:
        """`OPTIONS` of the storage; its settings are those of config.settings."""
        return {
            "bucket_name": self.name,
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "access_key": ACCESS,
            "secret_key": SECRET,
            "default_acl": None,
            "file_overwrite": True,
        } | others

    def storage(self, **others: Any) -> ObjectStorage:
        return ObjectStorage(**self.options(**others))

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        raw = environ["RAW_URI"]
        path, _, query = raw.partition("?")
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        request = Signed(environ["REQUEST_METHOD"], path, query, headers)
        try:
            check(request, {ACCESS: SECRET}, now=self.now())
        except SignatureRefused as error:
            return self._refuse(environ, start, 403, error.code)
        if self.fault == "refuse":
            return self._refuse(environ, start, 503, "SlowDown")
        if "range" in headers:
            self.ranges.append(headers["range"])

        def record(status: str, *rest: Any) -> Any:
            self.calls.append((request.method, path, int(status.split(maxsplit=1)[0])))
            return start(status, *rest)

        answer: Iterable[bytes] = self._moto(environ, record)
        if self.fault == "partial" and request.method == "GET":
            whole = b"".join(answer)
            return [whole[: len(whole) // 2]]
        return answer

    def _refuse(self, environ: dict[str, Any], start: Start, status: int, code: str) -> list[bytes]:
        self.calls.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], status))
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = REFUSED.format(code).encode()
        start(f"{status} Refused", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]
