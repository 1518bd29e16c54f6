"""Addresses of published films, below /media/."""

from __future__ import annotations

from django.urls import path, register_converter

from videos.media import film_file


class TokenConverter:
    """A token, a film key or a file name: never a slash, never a dot first."""

    regex = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "media_part")

urlpatterns = [
    path("<media_part:token>/<media_part:film_key>/<media_part:name>", film_file, name="film-file"),
]
