"""Where files lie: folders of this machine, or buckets of any S3 where they are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import env


def read_storages(media_root: Path) -> dict[str, dict[str, Any]]:
    """The two storages of `STORAGES`: a step's results, and what is published."""
    return {
        # Named by checksum, never public.
        "default": _storage(media_root / "work", bucket=env.text("S3_WORK_BUCKET")),
        # films/<film key>/…, behind signed addresses.
        "published": _storage(media_root / "published", bucket=env.text("S3_MEDIA_BUCKET")),
    }


def _storage(folder: Path, *, bucket: str) -> dict[str, Any]:
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder)},
        }
    return {
        "BACKEND": "config.s3.ObjectStorage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.text("S3_ENDPOINT_URL") or None,
            "region_name": env.text("S3_REGION") or None,
            "access_key": env.text("S3_ACCESS_KEY") or None,
            "secret_key": env.text("S3_SECRET_KEY") or None,
            "addressing_style": env.text("S3_ADDRESSING_STYLE") or None,
            "default_acl": None,
            "file_overwrite": True,  # names are checksums or film keys: writing again writes the same
        },
    }
