"""Frames and sprites in NV12 (BT.709, limited range), and how one is laid on the other.

NV12 keeps brightness at full size and colour at half, 1.5 bytes a pixel: it is what the encoder eats,
so nothing is converted per frame. A sprite is stored premultiplied; laying it down is
`frame · keep + sprite`, which is linear, so a sprite may as well be baked into a background once.
Positions are even pixels; what moves slowly uses copies shifted by quarters of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media import palettes, sizes

WIDTH, HEIGHT, FPS = sizes.WIDTH, sizes.HEIGHT, sizes.FPS
Pixels = NDArray[np.uint8]

cv2.setNumThreads(1)

# premultiplied R, G, B, A (0-255) → Y, Cb, Cr; the last column is the offset, scaled by alpha
_TO_YUV = np.array(
    [
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16 / 255],
        [-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128 / 255],
        [0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128 / 255],
    ],
    dtype=np.float32,
)
# Y, Cb, Cr → R, G, B (ITU-R BT.709); the last column is the offset
_FROM_YUV = np.array([[1.0, 0.0, 1.5748], [1.0, -0.1873, -0.4681], [1.0, 1.8556, 0.0]], np.float64) @ np.diag(
    [255 / 219, 255 / 224, 255 / 224]
)
_TO_RGB = np.column_stack([_FROM_YUV, _FROM_YUV @ [-16.0, -128.0, -128.0]]).astype(np.float32)
_TO_Y, _TO_UV = np.ascontiguousarray(_TO_YUV[:1]), np.ascontiguousarray(_TO_YUV[1:])


class Frame:
    """One NV12 frame: `y` (height, width), `uv` (height/2, width/2, 2), sharing `buffer`."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.buffer: Pixels = np.empty((height * 3 // 2, width), np.uint8)
        self.y: Pixels = self.buffer[:height]
        self.uv: Pixels = self.buffer[height:].reshape(height // 2, width // 2, 2)

    def copy_from(self, other: Frame) -> None:
        np.copyto(self.buffer, other.buffer)

    def copy(self) -> Frame:
        made = Frame(self.buffer.shape[1], self.y.shape[0])
        made.copy_from(self)
        return made

    def mix(self, first: Frame, second: Frame, share: float) -> None:
        """Becomes `first` and `second` mixed; `share` 0-1 is that of the second."""
        if share <= 0.0:
            self.copy_from(first)
        else:
            cv2.addWeighted(first.buffer, 1.0 - share, second.buffer, share, 0.0, dst=self.buffer)

    def to_rgb(self) -> Pixels:
        """(height, width, 3), for stills and measurements."""
        colour = cv2.resize(self.uv, (self.y.shape[1], self.y.shape[0]), interpolation=cv2.INTER_LINEAR)
        return yuv_to_rgb(self.y, np.asarray(colour, np.uint8))


def yuv_to_rgb(y: Pixels, uv: Pixels) -> Pixels:
    """Limited BT.709 to RGB; both of one size."""
    return np.asarray(cv2.transform(cv2.merge([y, uv[..., 0], uv[..., 1]]), _TO_RGB), np.uint8)


def rgb_to_yuv(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Opaque RGB (height, width, 3), 0-255 with fractions, to limited BT.709 at full size."""
    opaque = np.full((*picture.shape[:2], 1), 255.0, np.float32)
    return np.asarray(cv2.transform(np.concatenate([picture, opaque], axis=2), _TO_YUV), np.float32)


@dataclass(frozen=True)
class Sprite:
    """Premultiplied NV12 and what it leaves of the ground (255 - alpha) at both sizes."""

    y: Pixels
    y_keep: Pixels
    uv: Pixels
    uv_keep: Pixels  # two equal channels, so that it multiplies `uv`


def premultiply(straight: Pixels) -> Pixels:
    """RGBA with straight alpha → with colours multiplied by it."""
    alpha = np.ascontiguousarray(straight[..., 3])
    factors = cv2.merge([alpha, alpha, alpha, np.full_like(alpha, 255)])
    return np.asarray(cv2.multiply(straight, factors, scale=1 / 255), np.uint8)


def make_sprite(premultiplied: Pixels) -> Sprite:
    """From premultiplied RGBA (height, width, 4) of even size."""
    height, width = premultiplied.shape[:2]
    half = np.asarray(
        cv2.resize(premultiplied, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8
    )
    keep = np.asarray(cv2.bitwise_not(half[..., 3]), np.uint8)
    return Sprite(
        y=np.asarray(cv2.transform(premultiplied, _TO_Y), np.uint8),
        y_keep=np.asarray(cv2.bitwise_not(premultiplied[..., 3]), np.uint8),
        uv=np.asarray(cv2.transform(half, _TO_UV), np.uint8),
        uv_keep=np.asarray(cv2.merge([keep, keep]), np.uint8),
    )


def _lay(ground: Any, sprite: Any, keep: Any, opacity: float) -> None:
    if opacity < 1.0:
        sprite = cv2.convertScaleAbs(sprite, alpha=opacity)
        keep = cv2.convertScaleAbs(keep, alpha=opacity, beta=255.0 * (1.0 - opacity))
    cv2.multiply(ground, keep, dst=ground, scale=1.0 / 255.0)
    cv2.add(ground, sprite, dst=ground)


def lay(frame: Frame, sprite: Sprite, x: int, y: int, opacity: float = 1.0) -> None:
    """Lays a sprite down at even `x`, `y`; what is outside the frame is cut off."""
    height, width = sprite.y.shape
    left, top = max(0, x), max(0, y)
    right, bottom = min(frame.y.shape[1], x + width), min(frame.y.shape[0], y + height)
    if left >= right or top >= bottom or opacity <= 0.0:
        return
    rows, columns = slice(top - y, bottom - y), slice(left - x, right - x)
    _lay(frame.y[top:bottom, left:right], sprite.y[rows, columns], sprite.y_keep[rows, columns], opacity)
    rows = slice((top - y) // 2, (bottom - y) // 2)
    columns = slice((left - x) // 2, (right - x) // 2)
    ground = frame.uv[top // 2 : bottom // 2, left // 2 : right // 2]
    _lay(ground, sprite.uv[rows, columns], sprite.uv_keep[rows, columns], opacity)


MARGIN = 4  # empty pixels around a stamp, room for shifts below two pixels


class Stamp:
    """A picture that can be laid down anywhere: shifted copies are made when first wanted and kept."""

    def __init__(self, picture: Image.Image) -> None:
        """`picture` is RGBA with straight alpha."""
        array = np.asarray(picture.convert("RGBA"), np.uint8)
        height, width = array.shape[:2]
        self.width, self.height = width, height
        padded = np.zeros((height + height % 2 + 2 * MARGIN, width + width % 2 + 2 * MARGIN, 4), np.uint8)
        padded[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = premultiply(array)
        self._picture: Pixels = padded
        self._shifted: dict[tuple[int, int], Sprite] = {}

    def forget(self) -> None:
        """Drops the shifted copies; they are made again when wanted."""
        self._shifted.clear()

    def lay(self, frame: Frame, x: float, y: float, opacity: float = 1.0) -> None:
        """Lays the picture with its top left corner at (x, y), to a quarter of a pixel."""
        sprite, left, top = self.at(x, y)
        lay(frame, sprite, left, top, opacity)

    def at(self, x: float, y: float) -> tuple[Sprite, int, int]:
        """The copy for this place and the even corner at which it is laid down."""
        quarter_x, quarter_y = round((x - MARGIN) * 4), round((y - MARGIN) * 4)
        shift = (quarter_x % 8, quarter_y % 8)
        sprite = self._shifted.get(shift)
        if sprite is None:
            sprite = self._shift(shift[0] / 4, shift[1] / 4)
            self._shifted[shift] = sprite
        return sprite, quarter_x // 8 * 2, quarter_y // 8 * 2

    def _shift(self, x: float, y: float) -> Sprite:
        if x == 0 and y == 0:
            return make_sprite(self._picture)
        height, width = self._picture.shape[:2]
        matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved = cv2.warpAffine(self._picture, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return make_sprite(np.asarray(moved, np.uint8))

    def lay_scaled(self, frame: Frame, x: float, y: float, scale: float, opacity: float = 1.0) -> None:
        """As `lay`, scaled about the picture's centre. Not kept: for the few frames of an entrance."""
        width, height = max(2.0, self.width * scale), max(2.0, self.height * scale)
        left, top = x + (self.width - width) / 2, y + (self.height - height) / 2
        corner_x, corner_y = int(left // 2 * 2) - 2, int(top // 2 * 2) - 2
        out = (int(width / 2 + 4) * 2, int(height / 2 + 4) * 2)
        matrix = np.array(
            [[scale, 0, left - corner_x - MARGIN * scale], [0, scale, top - corner_y - MARGIN * scale]],
            np.float32,
        )
        moved = cv2.warpAffine(self._picture, matrix, out, flags=cv2.INTER_LINEAR)
        lay(frame, make_sprite(np.asarray(moved, np.uint8)), corner_x, corner_y, opacity)


def measure_contrast(frame: Frame, box: tuple[int, int, int, int], colour: str) -> float:
    """The lowest contrast of `colour` on the pixels of (left, top, right, bottom), averaged by 8×8."""
    height, width = frame.y.shape
    left, top = max(0, box[0]) // 2 * 2, max(0, box[1]) // 2 * 2
    right, bottom = min(width, box[2]), min(height, box[3])
    if right - left < 2 or bottom - top < 2:
        return 21.0
    size = (max(1, (right - left) // 8), max(1, (bottom - top) // 8))
    y = cv2.resize(frame.y[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    colours = frame.uv[top // 2 : bottom // 2, left // 2 : right // 2]
    uv = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    picture = yuv_to_rgb(
        np.asarray(y, np.uint8).reshape(size[1], size[0]),
        np.asarray(uv, np.uint8).reshape(size[1], size[0], 2),
    )
    values = picture.astype(np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = linear @ np.array([0.2126, 0.7152, 0.0722])
    text = palettes.luminance(palettes.rgb(colour))
    return min(palettes.contrast(text, float(light.max())), palettes.contrast(text, float(light.min())))
