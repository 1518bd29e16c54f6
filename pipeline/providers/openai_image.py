"""OpenAI's pictures: one drawing a scene, cropped to the film's upright format."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures
from PIL import PngImagePlugin

from pipeline.media.ffmpeg import MediaRefused
from pipeline.media.pictures import open_picture
from pipeline.providers import caller, pricing, prompts, tokens
from pipeline.providers.base import Drawing, DrawRequest
from pipeline.providers.cards import describe
from pipeline.providers.errors import OutputInvalid, Unsupported, Usage
from pipeline.providers.openai_client import (
    DEFAULT_URL,
    Access,
    Clients,
    call_vendor,
    request_id_of,
)
from pipeline.providers.openai_text import usage_of
from pipeline.providers.results import JSON, Result

QUALITIES = ("low", "medium", "high", "auto")
SAFE_SIZES = ("1024x1536", "1024x1024", "1536x1024")
SMALLEST = 256  # pixels of the shorter side
MOST_TOKENS = {"low": 500, "medium": 2000, "high": 7000, "auto": 7000}  # of one picture, generously
PICTURE = "picture.png"
WORDED = frozenset({"moment", "recap"})  # roles that show words
PICTURED = frozenset({"hero", "statement"})  # layouts whose room is free for a picture


class Image:
    """Pictures by a model of OpenAI's; lettering, layout and captions stay ours.

    `OPTIONS`: model, key; base_url, organization, project; size ("1024x1536"; free sizes have sides
    divisible by 16), quality ("medium"), moderation ("auto"), style (words for the prompt); seconds of a
    call: connect (5), read (120), wall (180).
    """

    def __init__(
        self,
        *,
        model: str,
        key: str,
        base_url: str = DEFAULT_URL,
        organization: str = "",
        project: str = "",
        size: str = SAFE_SIZES[0],
        quality: str = "medium",
        moderation: str = "auto",
        style: str = "",
        connect: float = 5.0,
        read: float = 120.0,
        wall: float = 180.0,
    ) -> None:
        access = Access(key, base_url, organization, project, connect, read, wall)
        self.name, self.model, self.host = access.provider, model, access.host
        if quality not in QUALITIES:
            raise Unsupported(f"The option quality has no value {quality!r}.", provider=self.name)
        if moderation not in ("auto", "low"):
            raise Unsupported(f"The option moderation has no value {moderation!r}.", provider=self.name)
        self._size, self._width, self._height = size, *_sides(size, provider=self.name)
        self._quality, self._moderation, self._style = quality, moderation, style
        self._clients = Clients(access)

    def identity(self) -> Mapping[str, JSON]:
        named: dict[str, JSON] = {**prompts.identity("picture")}
        return {
            "provider": self.name,
            "api": "images",
            "model": self.model,
            "size": self._size,
            "quality": self._quality,
            "moderation": self._moderation,
            "style": self._style,
            "host": self.host,
            "prompts": named,
            "ignores": ["narration"],  # a picture shows its description; another sentence pays for no other
        }

    def draw(self, request: DrawRequest, workdir: Path) -> Result[Drawing]:
        """Writes `picture.png` (RGB, exactly `width` x `height`) into
        `workdir`; `spec` is the scene's layout with the picture named in it. Raises ProviderError.

        Scenes that show words, figures or rows get no picture and cost nothing.
        """
        spec = describe(request)
        if not is_pictured(request, spec):
            return Result(Drawing(spec=spec), provider=self.name, model=self.model)
        began = time.monotonic()
        client, asked = self._clients.get(), self._request(request)
        perhaps = self._priced(
            Usage(
                requests=1,
                pictures=1,
                input_tokens=tokens.typical(len(asked["prompt"])),
                output_tokens=MOST_TOKENS[self._quality],
                estimated=True,
            )
        )
        reply: Any = call_vendor(lambda: client.images.generate(**asked), provider=self.name, perhaps=perhaps)
        used = usage_of(reply)
        told = Usage(requests=1, pictures=1) if used is None else used + Usage(pictures=1)
        usage = self._priced(told)
        content = call_vendor(lambda: _content(reply), provider=self.name, perhaps=usage)
        path = workdir / PICTURE
        try:
            fit_picture(content, path, width=request.width, height=request.height)
        except ValueError as error:
            failure = OutputInvalid(
                f"The provider's picture cannot be used: {error}.",
                provider=self.name,
                status=200,
                usage=usage,
            )
        else:
            spec["picture"] = PICTURE
            spec["fallbacks"] = []
            return Result(
                Drawing(spec=spec, files=(path,)),
                usage,
                self.name,
                self.model,
                request_id_of(reply),
                time.monotonic() - began,
            )
        raise failure

    def _request(self, request: DrawRequest) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": self.model,
            "prompt": picture_prompt(request, self._style),
            "size": self._size,
            "quality": self._quality,
            "moderation": self._moderation,
            "output_format": "png",
            "n": 1,
        }
        if caller.pseudonym():
            asked["safety_identifier"] = caller.pseudonym()
        return asked

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        """US dollars of one picture; a scene that needs none costs nothing."""
        if inputs.get("role") in WORDED:
            return Decimal(0)
        characters = len(str(inputs.get("description", ""))) + len(prompts.load("picture").text)
        return self._priced(
            Usage(
                requests=1,
                pictures=1,
                input_tokens=tokens.worst(characters),
                output_tokens=MOST_TOKENS[self._quality],
            )
        ).cost

    def typical_cost(self) -> Decimal | None:
        usage = Usage(requests=1, pictures=1, input_tokens=400, output_tokens=MOST_TOKENS[self._quality])
        return self._priced(usage).cost


def is_pictured(request: DrawRequest, spec: Mapping[str, Any]) -> bool:
    """Whether the scene has room for a picture."""
    return request.role not in WORDED and spec.get("layout") in PICTURED


def _sides(size: str, *, provider: str) -> tuple[int, int]:
    """Width and height of "WxH". Raises Unsupported for a size that the vendor refuses."""
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()) or int(width) % 16 or int(height) % 16:
        raise Unsupported(
            f"The size {size} is not possible: both sides must be divisible by 16.", provider=provider
        )
    return int(width), int(height)


def picture_prompt(request: DrawRequest, style: str) -> str:
    """The prompt of a scene. Another take says so, because the vendor takes no seed."""
    shown = prompts.fence(request.description.strip() or request.narration.strip())
    wished = f"Style: {style.strip()}\n\n" if style.strip() else ""
    text = prompts.load("picture").text.format(age_group=request.age_group, style=wished, material=shown)
    return text if not request.seed else f"{text}\nTake {request.seed + 1}: another composition.\n"


def _content(reply: Any) -> bytes:
    encoded = reply.data[0].b64_json
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("no base64") from error


def fit_picture(content: bytes, path: Path, *, width: int, height: int) -> None:
    """Decode, measure, crop in the middle to the wanted shape, scale, and write as PNG.

    Raises ValueError with what is wrong. Metadata is dropped and two marks are written: that a model made
    the picture (IPTC's term), and the digest of what the vendor sent, by which its provenance can be found.
    """
    sent = path.with_name(f"{path.name}.sent")
    sent.write_bytes(content)
    try:
        picture = open_picture(sent).convert("RGB")
    except MediaRefused as error:
        raise ValueError(error.code) from error
    finally:
        sent.unlink(missing_ok=True)
    if min(picture.size) < SMALLEST:
        raise ValueError(f"it has only {picture.width} x {picture.height} pixels")
    if all(low == high for low, high in _extremes(picture)):
        raise ValueError("it is of one colour")
    shape = width / height
    cut_width = min(picture.width, math.floor(picture.height * shape))
    cut_height = min(picture.height, math.floor(picture.width / shape))
    left, top = (picture.width - cut_width) // 2, (picture.height - cut_height) // 2
    box = (left, top, left + cut_width, top + cut_height)
    marks = PngImagePlugin.PngInfo()
    marks.add_text("DigitalSourceType", "trainedAlgorithmicMedia")
    marks.add_text("OriginalSHA256", hashlib.sha256(content).hexdigest())
    fitted = picture.resize((width, height), Pictures.Resampling.LANCZOS, box=box)
    fitted.save(path, format="PNG", pnginfo=marks, compress_level=3)


def _extremes(picture: Pictures.Image) -> list[tuple[int, int]]:
    """Darkest and brightest value of each channel."""
    values = np.asarray(picture)
    return [(int(values[..., one].min()), int(values[..., one].max())) for one in range(3)]
