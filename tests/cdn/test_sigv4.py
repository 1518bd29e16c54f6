"""The verifier agrees with the examples that Amazon publishes, and with nothing that was changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.cdn.sigv4 import SignatureRefused, Signed, check

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth.html
ACCESS = "AKIAIOSFODNN7EXAMPLE"
SECRETS = {ACCESS: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
THEN = datetime(2013, 5, 24, tzinfo=UTC)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
IN_HEADER = Signed(
    "GET",
    "/test.txt",
    "",
    {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={ACCESS}/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
    },
)
IN_ADDRESS = Signed(
    "GET",
    "/test.txt",
    (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={ACCESS}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    ),
    {"host": "examplebucket.s3.amazonaws.com"},
)


def with_header(name: str, value: str) -> Signed:
    return replace(IN_HEADER, headers={**IN_HEADER.headers, name: value})


def with_query(old: str, new: str) -> Signed:
    return replace(IN_ADDRESS, query=IN_ADDRESS.query.replace(old, new))


@pytest.mark.parametrize("request_", [IN_HEADER, IN_ADDRESS], ids=["header", "address"])
def test_the_published_examples_hold(request_: Signed) -> None:
    assert check(request_, SECRETS, now=THEN) == ACCESS


@pytest.mark.parametrize(
    ("request_", "now", "code"),
    [
        (replace(IN_HEADER, path="/other.txt"), THEN, "SignatureDoesNotMatch"),
        (replace(IN_HEADER, method="PUT"), THEN, "SignatureDoesNotMatch"),
        (
            replace(IN_HEADER, headers={**IN_HEADER.headers, "range": "bytes=0-10"}),
            THEN,
            "SignatureDoesNotMatch",
        ),
        (replace(IN_HEADER, headers={**IN_HEADER.headers, "host": "other"}), THEN, "SignatureDoesNotMatch"),
        (replace(IN_HEADER, query="acl"), THEN, "SignatureDoesNotMatch"),
        (IN_HEADER, THEN + timedelta(minutes=16), "RequestTimeTooSkewed"),
        (replace(IN_HEADER, headers={"host": "x"}), THEN, "AccessDenied"),
        (replace(IN_ADDRESS, path="/other.txt"), THEN, "SignatureDoesNotMatch"),
        (
            replace(IN_ADDRESS, query=IN_ADDRESS.query.replace("86400", "90000")),
            THEN,
            "SignatureDoesNotMatch",
        ),
        (IN_ADDRESS, THEN + timedelta(days=1), "AccessDenied"),
        (with_query(ACCESS, "ANOTHER"), THEN, "InvalidAccessKeyId"),
    ],
)
def test_what_was_changed_is_refused(request_: Signed, now: datetime, code: str) -> None:
    with pytest.raises(SignatureRefused) as refused:
        check(request_, SECRETS, now=now)
    assert refused.value.code == code
