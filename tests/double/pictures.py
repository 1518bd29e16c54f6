"""`/v1/images/generations`: real PNG files, one of its own for every prompt."""

from __future__ import annotations

import base64
import hashlib
import io

import numpy as np
from PIL import Image, ImageDraw

from tests.double.faults import Reply
from tests.double.server import Call, Double, endpoint, refuse

LARGEST_SIDE = 3840


@endpoint("POST", "/v1/images/generations")
def generate(double: Double, call: Call) -> Reply:
    """One picture; sizes whose sides 16 does not divide are refused, and so are the old options."""
    body = call.json
    if len(body["prompt"]) > 32_000:
        return refuse(400, "string_above_max_length", "The prompt is too long")
    strangers = {"style", "response_format"} & set(body)
    if strangers:
        return refuse(400, "unknown_parameter", f"Unknown parameter: {min(strangers)}")
    width, _, height = str(body.get("size", "1024x1024")).partition("x")
    sides = [int(side) if side.isdigit() else 0 for side in (width, height)]
    if any(side % 16 or not 0 < side <= LARGEST_SIDE for side in sides):
        return refuse(
            400, "invalid_value", f"Invalid size {body.get('size')}: both sides must be divisible by 16"
        )
    content = draw(body["prompt"], sides[0], sides[1])
    tokens = max(1, len(body["prompt"]) // 4)
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"text_tokens": tokens, "image_tokens": 0},
        "output_tokens": 1000,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": 1000},
        "total_tokens": tokens + 1000,
    }
    call.usage = usage
    return Reply.of(
        {
            "created": 1_790_000_000,
            "data": [{"b64_json": base64.b64encode(content).decode()}],
            "background": "opaque",
            "output_format": "png",
            "quality": body.get("quality", "medium"),
            "size": body.get("size"),
            "usage": usage,
        }
    )


def draw(prompt: str, width: int, height: int) -> bytes:
    """A sky, hills and discs whose colours and places come from the prompt."""
    seed = hashlib.sha256(prompt.encode()).digest()
    random = np.random.default_rng(int.from_bytes(seed[:8]))
    top, bottom = random.integers(120, 255, 3), random.integers(40, 200, 3)
    share = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(sky))
    pen = ImageDraw.Draw(picture)
    for _ in range(3):
        radius = int(random.integers(width // 12, width // 4))
        x, y = int(random.integers(0, width)), int(random.integers(height // 8, height // 2))
        colour = tuple(int(value) for value in random.integers(80, 255, 3))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    hill = tuple(int(value) for value in random.integers(30, 150, 3))
    pen.ellipse((-width // 2, height * 2 // 3, width, height * 4 // 3), fill=hill)
    kept = io.BytesIO()
    picture.save(kept, "PNG", compress_level=1)
    return kept.getvalue()
