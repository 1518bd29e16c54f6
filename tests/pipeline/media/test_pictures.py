"""Pictures from outside: told by content, bounded in memory and time, stripped, refused with a code."""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from pipeline.media import pictures
from pipeline.media.ffmpeg import MediaRefused

ROOT = Path(__file__).parents[3]


def refusal(path: Path) -> str:
    before = sorted(path.parent.iterdir())
    with pytest.raises(MediaRefused) as caught:
        pictures.import_picture(path, path.with_name("made.jpg"))
    assert sorted(path.parent.iterdir()) == before
    assert caught.value.message
    return caught.value.code


def write(path: Path, picture: Image.Image, kind: str, **options: object) -> Path:
    picture.save(path, kind, **options)
    return path


def noise(width: int = 240, height: int = 320) -> Image.Image:
    return Image.effect_noise((width, height), 60).convert("RGB")


def huge_png(path: Path, width: int, height: int, mode: int = 2) -> Path:
    """A whole PNG of plain black with these sides: a few hundred kilobytes for 200 megapixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    row = b"\0" * (1 + width * {0: 1, 2: 3, 6: 4}[mode])
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.jpg"), ("JPEG", "a.png"), ("WEBP", "a.txt")])
def test_a_picture_is_known_by_its_content_and_not_by_its_name(tmp_path: Path, kind: str, name: str) -> None:
    opened = pictures.open_picture(write(tmp_path / name, noise(), kind))
    assert (opened.mode, opened.size) == ("RGB", (240, 320))


def test_transparency_is_kept_where_there_is_any(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert pictures.open_picture(write(tmp_path / "a.png", clear, "PNG")).mode == "RGBA"
    solid = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    assert pictures.open_picture(write(tmp_path / "b.png", solid, "PNG")).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_kind_of_colour_becomes_rgb(tmp_path: Path, mode: str) -> None:
    source = Image.new("L", (40, 40), 128)
    picture = Image.new("I;16", (40, 40), 128 * 257) if mode == "I;16" else source.convert(mode)
    path = write(tmp_path / "a", picture, "JPEG" if mode == "CMYK" else "PNG")
    opened = pictures.open_picture(path)
    assert opened.mode == "RGB"
    value = opened.getpixel((20, 20))
    assert isinstance(value, tuple)
    assert all(abs(part - (255 if mode == "1" else 128)) < 4 or mode == "1" for part in value)


def test_a_picture_stands_upright_and_carries_nothing_about_its_sender(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)  # a place
    path = write(tmp_path / "a.jpg", noise(), "JPEG", exif=exif, comment=b"a name")
    assert pictures.open_picture(path).info == {}
    assert pictures.import_picture(path, tmp_path / "made.jpg") == (320, 240)
    made = (tmp_path / "made.jpg").read_bytes()
    assert b"camera" not in made
    assert b"a name" not in made
    with Image.open(tmp_path / "made.jpg") as again:
        assert dict(again.getexif()) == {}


def test_text_inside_a_png_is_dropped(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "a name")
    path = write(tmp_path / "a.png", noise(), "PNG", pnginfo=info)
    pictures.import_picture(path, tmp_path / "made.png")
    assert b"a name" not in (tmp_path / "made.png").read_bytes()


def test_a_profile_is_applied_and_a_wrong_one_ignored(tmp_path: Path) -> None:
    grey = Image.new("RGB", (40, 40), (200, 60, 60))
    right = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (
        right,
        b"no profile at all",
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ):
        path = write(tmp_path / "a.png", grey, "PNG", icc_profile=profile)
        value = pictures.open_picture(path).getpixel((9, 9))
        assert isinstance(value, tuple)
        assert all(abs(a - b) <= 2 for a, b in zip(value, (200, 60, 60), strict=True))


def test_a_large_picture_is_reduced(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", noise(3000, 4000), "JPEG")
    assert pictures.open_picture(path, longest_side=1000).size == (750, 1000)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = write(tmp_path / "a", noise(), kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(30, int(len(whole) * share))])
    assert refusal(path) == "creator:picture-damaged"


def test_damaged_bytes_in_the_middle_are_refused_or_survived(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(), "PNG")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    assert refusal(path) == "creator:picture-damaged"


SVG_SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>fetch("http://127.0.0.1")</script></svg>'
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
SVG_BOMB = f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "boom">{ENTITIES}]><svg>&e8;</svg>'.encode()


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", "creator:picture-empty", "no bytes"),
        (SVG_SCRIPT, "creator:picture-type", "an SVG"),
        (SVG_BOMB, "creator:picture-type", "an SVG"),
        (b"GIF89a" + b"\0" * 60, "creator:picture-type", "a GIF"),
        (b"%PDF-1.7", "creator:picture-type", "a PDF"),
        (b"<!doctype html><p>503", "creator:picture-type", "a web page"),
        (b"\0\0\0\x18ftypheic", "creator:picture-type", "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "creator:picture-type", "something else"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "creator:picture-type", "something else"),
        (b"\xff\xd8\xff\xe0 and nothing more", "creator:picture-damaged", "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name(
    tmp_path: Path, body: bytes, code: str, says: str
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(body)
    assert refusal(path) == code
    with pytest.raises(MediaRefused, match=says):
        pictures.open_picture(path)


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        pictures.open_picture(tmp_path / "none.png")
    assert caught.value.code == "creator:picture-empty"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.truncate(pictures.MOST_BYTES + 1)
    assert refusal(path) == "creator:picture-too-heavy"


def test_a_picture_of_a_few_pixels_is_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.png", noise(8, 200), "PNG")) == "creator:picture-too-small"


@pytest.mark.parametrize(("width", "height"), [(10_000, 4_001), (14_000, 14_300), (60_000, 60_000)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_head(tmp_path: Path, width: int, height: int) -> None:
    path = huge_png(tmp_path / "a.png", width, 4)  # the body is never reached
    body = bytearray(path.read_bytes())
    body[20:24] = struct.pack(">I", height)
    body[29:33] = struct.pack(">I", zlib.crc32(bytes(body[12:29])))
    path.write_bytes(body)
    assert refusal(path) == "creator:picture-too-large"


def in_a_child(path: Path) -> dict[str, float | str]:
    """What opening a picture costs a process of its own: {"code", "rss": MB over the imports, "cpu"}."""
    code = (
        "import json, re, resource, sys; from pathlib import Path;"
        "from pipeline.media import pictures; from pipeline.media.ffmpeg import MediaRefused;"
        "status = Path('/proc/self/status');"  # a process's own peak; getrusage counts its parent's too
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) / 1024;"
        "before, code = peak(), '';\n"
        "try: pictures.open_picture(Path(sys.argv[1]))\n"
        "except MediaRefused as error: code = error.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF);"
        "print(json.dumps({'code': code, 'rss': peak() - before, 'cpu': used.ru_utime + used.ru_stime}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=ROOT,
        timeout=60,
    )  # fmt: skip
    answer: dict[str, float | str] = json.loads(done.stdout)
    return answer


def test_two_hundred_megapixels_cost_neither_memory_nor_time(tmp_path: Path) -> None:
    cost = in_a_child(huge_png(tmp_path / "a.png", 14_000, 14_300))
    assert cost["code"] == "creator:picture-too-large"
    assert float(cost["rss"]) < 20


def test_the_largest_picture_that_is_taken_stays_within_its_memory(tmp_path: Path) -> None:
    """Forty megapixels with transparency: 160 MB decoded, and fewer than three such copies at once."""
    cost = in_a_child(huge_png(tmp_path / "a.png", 8_000, 5_000, mode=6))
    assert cost["code"] == ""
    assert float(cost["rss"]) < 460


def test_a_large_photograph_is_decoded_at_a_fraction(tmp_path: Path) -> None:
    source = Image.new("RGB", (7_000, 5_600), (90, 140, 60))
    full = in_a_child(write(tmp_path / "a.jpg", source, "JPEG", quality=70))
    assert full["code"] == ""
    assert float(full["rss"]) < 300


def test_a_bomb_in_a_text_chunk_is_refused(tmp_path: Path) -> None:
    path = huge_png(tmp_path / "a.png", 64, 64)
    whole = path.read_bytes()
    body = b"bomb\0\0" + zlib.compress(b"\0" * 80_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    path.write_bytes(whole[:33] + chunk + whole[33:])
    cost = in_a_child(path)
    assert cost["code"] == "creator:picture-damaged"
    assert float(cost["rss"]) < 30
